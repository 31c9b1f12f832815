"""The short form of the exhaustive comparison; ``python -m tests.calendars.exhaustive`` is the full one."""

from __future__ import annotations

from tests.calendars.exhaustive import MINUTES, SHORT, Difference, differences, first_rule, rules, starts


def test_one_date_in_many_is_what_a_clerk_counts() -> None:
    found = list(differences(every=SHORT, receipts=3))

    assert [each for each in found if isinstance(each, Difference)] == []
    assert sum(each for each in found if isinstance(each, int)) > 80_000


def test_the_short_form_looks_at_every_rule_at_every_minute() -> None:
    tried = len(rules())
    looked_at = {
        (number % len(MINUTES), rule)
        for number, _ in starts()
        for rule in range(first_rule(number, SHORT), tried, SHORT)
    }

    assert looked_at == {(minute, rule) for minute in range(10) for rule in range(564)}
