"""The short form of the exhaustive comparison; ``python -m tests.calendars.exhaustive`` is the full one."""

from __future__ import annotations

from tests.calendars.exhaustive import SHORT, Difference, differences, rules


def test_one_date_in_many_is_what_a_clerk_counts() -> None:
    found = list(differences(every=SHORT, receipts=3))

    assert [each for each in found if isinstance(each, Difference)] == []
    assert sum(each for each in found if isinstance(each, int)) > 80_000


def test_the_short_form_looks_at_every_rule() -> None:
    tried = len(rules())
    looked_at = {rule for number in range(SHORT) for rule in range(number * 7 % SHORT, tried, SHORT)}

    assert looked_at == set(range(tried))
