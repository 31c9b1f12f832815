"""What an installation must not be served with. Each sentence names the setting and what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from engine.commands.site import Site
from engine.settings import Settings
from webapp.demonstration import is_demonstration


def unsafe_of(site: Site) -> Iterator[str]:
    """Why nobody but this machine should reach the installation as it is."""
    yield from unsafe_settings(site.settings)
    if is_open(site.settings.host) and is_demonstration(site):
        yield (
            "SHOUWEN_HOST: expected 127.0.0.1 for an installation with demonstration people, whose password everybody "
            f"knows, found {site.settings.host!r}; begin in an empty SHOUWEN_VAR"
        )
    yield from _readable(site.settings.keys)


def unsafe_settings(settings: Settings) -> Iterator[str]:
    """What the settings alone say."""
    if settings.secure_cookies:
        return
    if settings.base_url.startswith("https:"):
        yield "SHOUWEN_SECURE_COOKIES: expected yes where SHOUWEN_BASE_URL is https, found no"
    elif is_open(settings.host):
        yield (
            f"SHOUWEN_SECURE_COOKIES: expected yes where SHOUWEN_HOST is open to the network ({settings.host}), found "
            "no; put HTTPS in front"
        )


def is_open(host: str) -> bool:
    """Whether others than this machine reach what listens there."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _readable(keys: Path) -> Iterator[str]:
    for path in sorted(keys.glob("*.key")):
        if path.stat().st_mode & 0o077:
            mode = f"{path.stat().st_mode & 0o777:o}"
            yield f"{path}: expected a key that only its owner may read, found mode {mode}; chmod 600"
