"""Corrective actions: begun because of complaints, named by the version they led to, judged by what came since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.commands import user_tasks
from engine.commands.deployments import deploy
from engine.commands.drafts import save_file
from engine.commands.people import add_person
from engine.commands.publications import approve_publication, ask_publication
from engine.commands.relations import Relation, start_related
from engine.commands.site import Site
from engine.commands.steps import LinkKind
from engine.complaints import SYSTEM, Actor
from engine.deployments import files_to_edit
from engine.errors import AnswersInvalid
from engine.history import Stream, read_events
from engine.procedures import PackageRef, collect_files
from engine.queries.corrective import causes_of, changes_of, effect_of_case, open_corrective
from engine.queries.effects import Effect, verdict
from tests.support.cafe import ANSWERS, COMPLAINT, WHO, a_complaint, task_id, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import assert_history_verifies


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (5, 0, "fewer"),  # one in thirty-two by chance
        (4, 0, "too_few"),  # one in sixteen
        (5, 1, "perhaps"),
        (8, 1, "fewer"),
        (12, 7, "perhaps"),
        (12, 3, "fewer"),
        (0, 0, "too_few"),
        (3, 3, "not_fewer"),
        (2, 9, "not_fewer"),
    ],
)
def test_fewer_is_said_only_where_chance_hardly_explains_it(before: int, after: int, said: str) -> None:
    assert str(verdict(before, after)) == said


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    """The café knows causes, and has a procedure whose cases are corrective actions."""
    site = a_site(tmp_path, clock=clock)
    complaint = dict(collect_files(site.settings.processes, site.settings.forms, PackageRef(CAFE, "complaint")))
    toml = complaint["procedure.toml"].decode()
    knows = toml.replace('title = "summary"', 'title = "summary"\ncause = "kind"')
    corrective = toml.replace('id = "complaint"', 'id = "improvement"').replace("Customer complaint", "Improvement")
    corrective = corrective.replace("public = true\n", "")
    corrective += '\n[corrective]\ndone = ["assess"]\ncheck = ["fix"]\n'
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, {**complaint, "procedure.toml": knows.encode()})
        deploy(context, {**complaint, "procedure.toml": corrective.encode()})
        add_person(context, login="qin.yu", name={"zh-Hans": "秦羽", "en": "Qin Yu"}, groups=(), owner=True)
    return site


def do(site: Site, login: str, command: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with site.acting(actor_of(site, login)) as context:
        return command(context, *given, **named)


def begun(site: Site, number: str) -> int:
    relation = Relation(LinkKind.RELATED, number, "too many of them")
    action = {**COMPLAINT, "summary": "warm the cups"}
    return int(do(site, "fang.lan", start_related, "improvement", action, relation).case_id)


def done(site: Site, case_id: int, element: str) -> None:
    found = task_id(site, case_id, element)
    do(site, WHO[element], user_tasks.complete, found, ANSWERS[element])


def effect(site: Site, case_id: int, clock: StandingClock) -> Effect | None:
    case = the_case(site, case_id)
    with site.database.reading(CAFE) as connection:
        return effect_of_case(connection, site.deployments, actor_of(site, "fang.lan"), case, now=clock())


def test_cases_of_the_same_cause_before_and_since_are_counted(site: Site, clock: StandingClock) -> None:
    too_early = a_complaint(site)
    clock.move(days=21)
    before = []
    for _ in range(6):
        before.append(a_complaint(site).number)
        a_complaint(site, kind="service")
        clock.move(days=1)
    action = begun(site, before[-1])
    assert effect(site, action, clock) is None, "nothing is in place yet"
    clock.move(days=5)
    done(site, action, "assess")
    assert effect(site, action, clock) is None, "the day is not over"
    clock.move(days=10)
    after = a_complaint(site).number
    clock.move(days=4)

    found = effect(site, action, clock)

    assert found is not None
    assert (found.days, found.before, found.after, str(found.verdict)) == (14, tuple(before), (after,), "perhaps")
    clock.move(days=20)
    found = effect(site, action, clock)
    assert found is not None
    assert (found.days, found.before) == (34, (too_early.number, *before))


def test_the_version_it_led_to_is_written_into_its_history_and_counts_as_the_measure(
    site: Site, clock: StandingClock
) -> None:
    complaint = a_complaint(site)
    action = begun(site, complaint.number)
    number = the_case(site, action).number
    done(site, action, "assess")
    clock.move(days=10)
    with site.database.reading(CAFE) as connection:
        assert [each.number for each in open_corrective(connection, site.deployments, actor_of(site, "fang.lan"))] == [
            number
        ]
        edited = files_to_edit(connection, site.deployments, CAFE, "complaint")
    changed = edited.files["procedure.toml"].replace(b"amount = 2", b"amount = 1")
    do(site, "qin.yu", save_file, "complaint", "procedure.toml", changed, expected=edited.revision)
    named: dict[str, Any] = {"reason": "faster", "effective_at": None, "expected": edited.revision + 1}
    with pytest.raises(AnswersInvalid) as refused:
        do(site, "qin.yu", ask_publication, "complaint", **named, causes=["HC-1999-1"])
    assert [(error.field, error.rule) for error in refused.value.errors] == [("causes", "no_such_case")]

    asked = do(site, "qin.yu", ask_publication, "complaint", **named, causes=[number, complaint.number.lower()])
    do(site, ADMINISTRATOR, approve_publication, asked, answer="agreed")

    with site.database.reading(CAFE) as connection:
        (change,) = changes_of(connection, site.deployments, CAFE, action)
        causes = causes_of(connection, site.deployments, actor_of(site, "fang.lan"), [asked])
        latest = read_events(connection, Stream(CAFE, action, number))[-1]
    assert (change.procedure, change.version, change.status, change.at) == ("complaint", 3, "in_service", clock())
    assert [each.number for each in causes[asked]] == [complaint.number, number]
    assert (latest.action, latest.subject, latest.content["reason"]) == ("change_procedure", "complaint 3", "faster")
    clock.move(days=7)
    found = effect(site, action, clock)
    assert found is not None
    assert (found.days, found.since) == (7, change.at), "since the version came into service, which is later"
    assert_history_verifies(site)


def test_one_is_begun_from_a_complaint_and_each_leads_to_the_other(site: Site, clock: StandingClock) -> None:
    complaint = a_complaint(site)
    clock.move(hours=1)
    front = staff(an_app(site), "fang.lan")
    page = front.open(f"/cases/{complaint.number}")
    link = f"/register/{CAFE}/improvement?because={complaint.number}"
    assert link in page.text

    page = front.open(link)
    assert "is begun because of" in page.words
    said = {f"f_{name}": value for name, value in COMPLAINT.items()}
    front.submit(f"/register/{CAFE}/improvement", **{**said, "f_summary": "warm the cups"})

    page = front.open(f"/cases/{complaint.number}")
    assert "led to the corrective action warm the cups" in page.words
    action = next(case for case in (the_case(site, id_) for id_ in (2, 1)) if case.procedure == "improvement")
    assert "was begun because of coffee too cold" in front.open(f"/cases/{action.number}").words
    done(site, action.id, "assess")
    clock.move(days=7)
    kitchen = staff(an_app(site), "gu.qiang")
    fixing = kitchen.open(f"/tasks/{task_id(site, action.id, 'fix')}")
    assert (
        "Effect of the measure In the 7 days before it began: 1 In the 7 days since it is in place: 0" in fixing.words
    )
    assert "too few cases before to say" in fixing.words
    page = kitchen.open(f"/cases/{action.number}/effect")
    assert complaint.number in page.words
