"""Says what the browser tests need before they fail, and installs it where it may (Debian or Ubuntu, as root)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = ("chromium", "fonts-noto-cjk")


def chromium() -> str | None:
    """Path of the browser."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


def has_chinese_font() -> bool:
    """Whether some installed font has Chinese characters: without one every page is boxes and no test fails."""
    if not shutil.which("fc-list"):
        return False
    found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def main() -> int:
    if chromium() and has_chinese_font():
        return 0
    install = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES, "fontconfig"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(PACKAGES)} for the browser tests …", flush=True)
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(
            install, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    if chromium() and has_chinese_font():
        return 0
    print("The browser tests need Chromium and a Chinese font. On Debian or Ubuntu:", file=sys.stderr)
    print(f"    sudo {' '.join(install)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
