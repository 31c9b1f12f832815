"""Says what the browser and paper tests need before they fail, and installs it where it may (Debian, Ubuntu, as root)."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys

PACKAGES = ("chromium", "fonts-noto-cjk", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


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


def sets_type() -> bool:
    """Whether PDF files can be made."""
    return all(ctypes.util.find_library(name) for name in ("pango-1.0", "pangoft2-1.0"))


def complete() -> bool:
    return bool(chromium()) and has_chinese_font() and sets_type()


def main() -> int:
    if complete():
        return 0
    install = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES, "fontconfig"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(PACKAGES)} for the tests …", flush=True)
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(
            install, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    if complete():
        return 0
    print("The tests need Chromium, a Chinese font and Pango. On Debian or Ubuntu:", file=sys.stderr)
    print(f"    sudo {' '.join(install)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
