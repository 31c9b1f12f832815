"""What docs/security.md promises stands in tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_of_safety_names_is_there() -> None:
    page = (ROOT / "docs/security.md").read_text("utf-8")

    named = re.findall(r"`((?:tests|docs)/[\w/.-]+)`", page)

    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
