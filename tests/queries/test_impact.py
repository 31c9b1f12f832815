"""Which open cases a change would be about: where they stand, what they fill in, which limits run."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from engine.commands.site import Site
from engine.queries.impact import touched_cases
from tests.support.cafe import a_complaint, do
from tests.support.site import CAFE, a_site


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Site:
    return a_site(tmp_path)


def test_open_cases_are_counted_by_step_form_and_running_limit_once_each(site: Site) -> None:
    a_complaint(site)
    do(site, a_complaint(site).case_id, "assess")
    do(site, a_complaint(site).case_id, "assess", founded="no")  # this one has ended

    def touched(elements: Collection[str] = (), forms: Collection[str] = (), deadlines: Collection[str] = ()) -> int:
        with site.database.reading(CAFE) as connection:
            return touched_cases(connection, CAFE, "complaint", elements=elements, forms=forms, deadlines=deadlines)

    assert touched() == 0
    assert touched(elements={"assess"}) == 1
    assert touched(forms={"fix"}) == 1
    assert touched(deadlines={"reply"}) == 2
    assert touched(elements={"assess", "fix"}, forms={"reply"}, deadlines={"reply"}) == 2
