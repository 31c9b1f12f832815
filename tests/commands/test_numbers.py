"""How cases are numbered: by the package, by administrators, by department; and never twice the same."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from engine.commands.numbers import preview_number, set_numbers
from engine.commands.site import Site
from engine.errors import AnswersInvalid, NotFound, NotPermitted
from engine.queries.settings_log import settings_log
from tests.support.cafe import a_complaint
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Site:
    return a_site(tmp_path)


def set_to(site: Site, pattern: str, *, procedure: str = "complaint", by: str = ADMINISTRATOR, **codes: str) -> None:
    with site.acting(actor_of(site, by)) as context:
        set_numbers(context, procedure, pattern, codes)


def test_new_cases_are_numbered_by_year_and_department_and_old_ones_keep_theirs(site: Site) -> None:
    first = a_complaint(site).number

    set_to(site, "", procedure="", front="FD", kitchen="KT")
    set_to(site, "TS-{year}-{department}-{seq:03}")

    assert [first, *(a_complaint(site).number for _ in range(2))] == [
        "HC-2026-00001",
        "TS-2026-FD-001",
        "TS-2026-FD-002",
    ]
    set_to(site, "")
    assert a_complaint(site).number == "HC-2026-00002"


def test_the_procedures_own_pattern_goes_before_the_companys(site: Site) -> None:
    set_to(site, "ALL-{seq}", procedure="")
    assert a_complaint(site).number == "ALL-1"

    set_to(site, "OWN-{seq}")
    assert a_complaint(site).number == "OWN-1"


def test_what_two_patterns_would_both_give_is_given_once(site: Site) -> None:
    set_to(site, "A{seq:02}")
    assert [a_complaint(site).number for _ in range(2)] == ["A01", "A02"]

    set_to(site, "A0{seq}")

    assert a_complaint(site).number == "A03"


def test_cases_registered_at_the_same_time_get_different_numbers_while_the_pattern_changes(site: Site) -> None:
    numbers: list[str] = []

    def register() -> None:
        numbers.extend(a_complaint(site).number for _ in range(4))

    threads = [Thread(target=register) for _ in range(4)]
    for each in threads:
        each.start()
    set_to(site, "N{seq:02}")
    for each in threads:
        each.join()

    assert (len(numbers), len(set(numbers))) == (16, 16)


def test_a_preview_says_the_next_number_and_counts_nothing(site: Site) -> None:
    a_complaint(site)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        deployment = context.deployments.current(context.connection, CAFE, "complaint")
        said = [
            preview_number(context, deployment, pattern, {"front": "FD"})
            for pattern in ("HC-{year}-{seq:05}", "HC-{year}-{seq:05}", "{department}{month}/{seq}")
        ]

    assert said == ["HC-2026-00002", "HC-2026-00002", "FD03/1"]


def test_a_pattern_has_to_count_and_only_administrators_set_it(site: Site) -> None:
    for wrong in ("NO-COUNTER", "{seq}{seq}", "空{seq}", "{person}-{seq}", "a b{seq}", "x" * 41 + "{seq}"):
        with pytest.raises(AnswersInvalid):
            set_to(site, wrong)
    with pytest.raises(AnswersInvalid):
        set_to(site, "", procedure="", front="two words")
    with pytest.raises(NotFound):
        set_to(site, "", procedure="", nobody="X")
    with pytest.raises(NotFound):
        set_to(site, "X{seq}", procedure="nothing")
    with pytest.raises(NotPermitted):
        set_to(site, "X{seq}", by="fang.lan")
    set_to(site, "X{seq}")
    with site.database.reading(CAFE) as connection:
        (change,) = (each for each in settings_log(connection, CAFE) if each.action == "set_numbers")
    assert (change.subject, change.after["pattern"]) == ("complaint", "X{seq}")
