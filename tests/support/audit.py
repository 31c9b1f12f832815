"""Known weaknesses of what Shouwen runs on, asked of the services that pip-audit knows. ``make check`` runs it.

A weakness that is known fails. Without a network nobody can be asked: that is said, and fails nothing, because a
build without a network would never pass. Weaknesses that do not concern us stand in ``EXCUSED`` with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from tests.support.supply import LOCK

#: Id of a weakness -> why it does not concern us.
EXCUSED: Final[Mapping[str, str]] = {}
_SECONDS: Final = 90
_COMMAND: Final = ("-m", "pip_audit", "--requirement", str(LOCK), "--disable-pip", "--format", "json",
                   "--progress-spinner", "off", "--timeout", "10")  # fmt: skip


def asked() -> list[Mapping[str, Any]] | None:
    """What the services say of each package; None when none of them could be asked."""
    try:
        done = subprocess.run([sys.executable, *_COMMAND], capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    try:
        found: list[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    return found


def weaknesses(said: list[Mapping[str, Any]]) -> list[str]:
    """One line for each that is not excused."""
    return [
        f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version yet'}"
        for each in said
        for one in each.get("vulns", ())
        if one["id"] not in EXCUSED
    ]


def main() -> int:
    answers = asked() or []
    # "Not found" is what a service answers that is none: such a package was not asked about.
    said = [each for each in answers if "skip_reason" not in each]
    if not said:
        sys.stderr.write("known weaknesses: NOT ASKED, no vulnerability service could be reached from here\n")
        return 0
    if left_out := [str(each["name"]) for each in answers if "skip_reason" in each]:
        sys.stderr.write(f"known weaknesses: NOT ASKED about {', '.join(left_out)}\n")
    found = weaknesses(said)
    sys.stdout.write(("\n".join(found) or f"known weaknesses: none in {len(said)} packages") + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
