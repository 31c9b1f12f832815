#!/bin/sh
# As /usr/local/bin/shouwen: any command for the installation that systemd runs, with its settings and as its user.
# A file that is named without a folder lies in /var/lib/shouwen.
exec systemd-run --quiet --collect --wait --pipe --uid=shouwen --working-directory=/var/lib/shouwen \
    --property=EnvironmentFile=/etc/shouwen/settings.env --property=StateDirectory=shouwen \
    --property=StateDirectoryMode=0700 --property=UMask=0077 -- /opt/shouwen/bin/shouwen "$@"
