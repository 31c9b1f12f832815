"""The auditor's bench: a sample, a finding and its follow-up, cases that deserve a second look."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.absences import arrange_absence
from engine.commands.audits import Sample, answer_finding, close_finding, correct_finding, keep_sample, raise_finding
from engine.commands.interventions import intervene
from engine.commands.site import Site
from engine.commands.user_tasks import complete
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.history import check
from engine.history.export import verify_export
from engine.interpreter import Skip, TaskKey
from engine.queries.audits import closure_doubts, finding_by_id, separation_doubts
from engine.queries.cases import case_by_number
from engine.worker import handlers
from tests.support.auditors import an_auditor
from tests.support.cafe import ANSWERS, COMPLAINT, a_complaint, a_round, changed_procedure, do, task_id, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import company_events, events_of


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    site = a_site(tmp_path, clock=clock)
    an_auditor(site)
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_a_sample_is_drawn_shown_and_taken_home_whole(site: Site, app: Flask, tmp_path: Path) -> None:
    for kind in ("taste", "taste", "service"):
        a_complaint(site, kind=kind)
    auditor = staff(app, "shen.ji")
    auditor.open("/audit")
    given = {"since": "2026-01-01", "until": "2026-12-31", "seed": "03 09 17", "size": "2", "stratum": "data:kind"}
    page = auditor.submit("/audit/samples", title="Spring", **given)

    package = auditor.client.get(f"{page.path}/package").data

    assert "2 of 3" in page.words
    files = check.unpacked(package)
    sample = json.loads(files["sample.json"])
    assert {values[0] for number, values in sample["population"] if number in sample["drawn"]} == {"taste", "service"}
    verdict = verify_export(package)
    assert verdict.problems == []
    assert "2 of 3 cases drawn with the seed '03 09 17'" in verdict.facts
    assert files["index.pdf"].startswith(b"%PDF")
    (drawn,) = [event for event in company_events(site) if event.action == "draw_sample"]
    assert (drawn.actor, drawn.content["seed"], drawn.content["drawn"]) == ("shen.ji", "03 09 17", sample["drawn"])
    (tmp_path / "sample.zip").write_bytes(package)
    assert check.main([str(tmp_path / "sample.zip")]) == 0


def test_another_draw_or_a_changed_case_in_the_packages_is_found(site: Site, app: Flask) -> None:
    numbers = [a_complaint(site).number for _ in range(2)]
    there = tuple((number, ()) for number in numbers)
    with site.acting(actor_of(site, "shen.ji")) as context:
        now = site.clock()
        sample_id = keep_sample(context, Sample("x", "7", 1, (), (), now, now, there, check.draw(there, "7", 1)))
    package = staff(app, "shen.ji").client.get(f"/audit/samples/{sample_id}/package").data
    files = check.unpacked(package)
    (drawn,) = json.loads(files["sample.json"])["drawn"]

    said = json.loads(files["sample.json"])
    other = files | {"sample.json": json.dumps({**said, "seed": "8" if check.draw(there, "8", 1) != [drawn] else "9"})}
    edited = dict(files)
    name = f"cases/{drawn}/history.jsonl"
    edited[name] = edited[name].replace(b"fang.lan", b"gu.qiang", 1)

    if check.draw(there, json.loads(other["sample.json"])["seed"], 1) != [drawn]:
        assert "sample" in {problem.reason for problem in check.check_sample(other).problems}
    assert [(p.seq, p.reason, p.message.split(":")[0]) for p in check.check_sample(edited).problems] == [
        (1, "hash", drawn)
    ]


def test_a_sample_without_a_seed_or_of_no_case_is_refused_in_words(site: Site, app: Flask) -> None:
    auditor = staff(app, "shen.ji")
    auditor.open("/audit")
    given = {"since": "2026-01-01", "until": "2026-12-31", "size": "2"}

    assert auditor.submit("/audit/samples", **given, seed=" ").status == 422
    assert "No case was received then." in auditor.submit("/audit/samples", **given, seed="1").words


def test_a_finding_lands_with_whoever_has_to_answer_and_goes_on_until_it_is_closed(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    auditor, owner = staff(app, "shen.ji"), staff(app, "fang.lan")

    auditor.open(f"/audit/findings/new?case={case.number}&clause=1&event=1")
    said = {"text": "The cup was not kept", "clause": "1", "event": "1", "severity": "major"}
    page = auditor.submit("/audit/findings", case=case.number, owner="fang.lan", due_on="2026-04-01", **said)
    assert "waits for an answer" in page.words

    inbox = owner.open("/")
    assert "The cup was not kept" in inbox.words
    owner.open(page.path)
    assert "has an answer" in owner.submit(f"{page.path}/answer", text="We keep cups now").words
    assert "The cup was not kept" not in owner.open("/").words

    auditor.open(page.path)
    auditor.submit(f"{page.path}/return", text="Since when?")
    assert "Since when?" in owner.open(page.path).words
    owner.submit(f"{page.path}/answer", text="Since today")
    auditor.open(page.path)
    closed = auditor.submit(f"{page.path}/closure", text="")

    assert "closed" in closed.words
    done = [event.action for event in events_of(site, case.case_id) if "finding" in event.action]
    assert done == [
        "raise_finding", "answer_finding", "return_finding", "answer_finding", "close_finding",
    ]  # fmt: skip


def test_a_finding_becomes_a_corrective_action_and_gets_its_result_back(site: Site, app: Flask) -> None:
    with_rules(site, '[corrective]\ndone = ["fix"]\ncheck = ["confirm"]')
    changed_procedure(site, ("public = true\n", ""))
    case = a_complaint(site)
    finding = a_finding(site, case.case_id, text="Cups are not kept")
    owner, auditor = staff(app, "fang.lan"), staff(app, "shen.ji")

    page = owner.open(f"/audit/findings/{finding}")
    (offer,) = page.tree.xpath("//a[contains(@href, 'finding=')]/@href")
    owner.open(offer)
    begun = owner.submit(f"/register/{CAFE}/complaint", **{f"f_{name}": value for name, value in COMPLAINT.items()})
    assert "corrective action under way" in begun.words
    assert "Cups are not kept" not in owner.open("/").words
    assert auditor.open(f"/audit/findings/{finding}").tree.xpath("//form[contains(@action, 'closure')]") == []
    with site.database.reading(CAFE) as connection:
        mended = finding_by_id(connection, actor_of(site, "shen.ji"), finding).correction
        correction = case_by_number(connection, site.deployments, CAFE, mended or "")
    assert "Cups are not kept" in owner.open(f"/cases/{mended}").words

    a_round(site, correction.id, satisfied="yes")
    site.jobs.do(handlers(site))

    judged = auditor.open(f"/audit/findings/{finding}")
    assert "corrective action finished" in judged.words
    assert mended in judged.words
    closed = auditor.submit(f"/audit/findings/{finding}/closure", text="Effect seen")
    assert "closed" in closed.words
    done = [event.action for event in events_of(site, case.case_id) if "finding" in event.action]
    assert done == ["raise_finding", "correct_finding", "close_finding"]
    assert [e.action for e in events_of(site, correction.id) if "finding" in e.action] == ["take_finding"]


def test_who_does_not_answer_for_a_finding_begins_nothing_because_of_it(site: Site) -> None:
    case, other = a_complaint(site), a_complaint(site)
    finding = a_finding(site, case.case_id)

    with pytest.raises(NotPermitted), site.acting(actor_of(site, "gu.qiang")) as context:
        correct_finding(context, finding, other.case_id)
    with pytest.raises(AnswersInvalid), site.acting(actor_of(site, "fang.lan")) as context:
        correct_finding(context, finding, case.case_id)
    for _ in range(2):
        with site.acting(actor_of(site, "fang.lan")) as context:
            correct_finding(context, finding, other.case_id)
    assert [e.action for e in events_of(site, other.case_id)].count("take_finding") == 1
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "shen.ji")) as context:
        close_finding(context, finding)


def a_finding(site: Site, case_id: int, **said: object) -> int:
    given = {"text": "x", "clause": "", "event": 0, "severity": "minor", "owner": "fang.lan", "due_on": "2026-12-31"}
    with site.acting(actor_of(site, "shen.ji")) as context:
        return raise_finding(context, case_id, **{**given, **said})  # type: ignore[arg-type]


def test_only_auditors_raise_and_close_and_only_its_owner_answers(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    finding = a_finding(site, case.case_id)

    for login in ("gu.qiang", ADMINISTRATOR):
        with pytest.raises(NotPermitted), site.acting(actor_of(site, login)) as context:
            answer_finding(context, finding, answer="not mine")
    for login in ("fang.lan", ADMINISTRATOR):
        with pytest.raises(NotPermitted), site.acting(actor_of(site, login)) as context:
            close_finding(context, finding)
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "shen.ji")) as context:
        close_finding(context, finding)
    assert staff(app, "gu.qiang").open("/audit").status == 403


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": " "}, "text"),
        ({"severity": "huge"}, "severity"),
        ({"owner": "shen.ji"}, "owner"),
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"due_on": "soon"}, "due_on"),
        ({"event": 99}, "event"),
    ],
)
def test_what_is_wrong_with_a_finding_is_named(site: Site, said: dict[str, object], field: str) -> None:
    case = a_complaint(site)

    with pytest.raises(AnswersInvalid) as caught:
        a_finding(site, case.case_id, **said)

    assert [error.field for error in caught.value.errors] == [field]


def doubts(site: Site, report: object) -> list[tuple[str, str, tuple[str, ...]]]:
    auditor = actor_of(site, "shen.ji")
    span = {"since": site.clock() - timedelta(days=300), "until": site.clock() + timedelta(days=1)}
    with site.database.reading(CAFE) as connection:
        found = report(connection, site.deployments, auditor, **span)  # type: ignore[operator]
    return [(each.number, each.kind, each.people) for each in found]


def test_the_separation_report_sees_through_substitution_and_accuses_nobody_else(
    site: Site, clock: StandingClock, app: Flask
) -> None:
    plain = a_complaint(site)
    a_round(site, plain.case_id, satisfied="yes")
    other = a_complaint(site)
    clock.move(days=1)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        arrange_absence(
            context, login="gu.qiang", substitute="fang.lan", begins_at=site.clock(),
            ends_at=site.clock() + timedelta(days=3), reason="holiday",
        )  # fmt: skip
    do(site, other.case_id, "assess")
    task = task_id(site, other.case_id, "fix")
    with site.acting(actor_of(site, "fang.lan")) as context:
        complete(context, task, ANSWERS["fix"])
    a_complaint(site)  # open: nothing to say yet

    site.jobs.do(handlers(site))
    found = doubts(site, separation_doubts)

    assert found == [
        (plain.number, "same-person", ("fang.lan",)),
        (other.number, "through-substitution", ("fang.lan", "gu.qiang")),
    ]
    page = staff(app, "shen.ji").open("/audit/reports/separation?since=2026-01-01&until=2026-12-31")
    assert other.number in page.words
    assert "None of them says that anybody did wrong" in page.words


def test_the_report_of_doubtful_closures_opens_their_cases(site: Site, clock: StandingClock, app: Flask) -> None:
    hasty = a_complaint(site, customer_name="Wu")
    do(site, hasty.case_id, "assess", founded="no")
    good = a_complaint(site, customer_name="Zhao")
    clock.move(hours=3)
    a_round(site, good.case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    again = a_complaint(site, customer_name="Chen")
    clock.move(hours=3)
    do(site, again.case_id, "assess")
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        intervene(context, again.case_id, Skip(TaskKey("fix#1"), reason="obvious"))
    do(site, again.case_id, "reply")
    do(site, again.case_id, "confirm", satisfied="yes")
    site.jobs.do(handlers(site))
    clock.move(days=2)
    back = a_complaint(site, customer_name="Chen")

    found = doubts(site, closure_doubts)

    assert [(number, kind) for number, kind, _ in found] == [
        (hasty.number, "in-haste"),
        (again.number, "came-again"),
        (again.number, "by-hand"),
    ]
    page = staff(app, ADMINISTRATOR).open("/audit/reports/closures?since=2026-01-01&until=2026-12-31")
    assert page.tree.xpath(f"//a[@href='/cases/{hasty.number}']")
    assert page.tree.xpath(f"//a[@href='/cases/{back.number}']")
