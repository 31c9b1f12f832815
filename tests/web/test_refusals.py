"""What is refused, what the reader is told, and what stays in the history of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from engine.commands import user_tasks
from engine.commands.cases import Started
from engine.commands.site import Site
from engine.database import DatabaseAway
from tests.support.cafe import a_complaint, do, task_id
from tests.support.site import a_site, actor_of, take_away
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.neighbour import add_neighbour
from tests.web.pictures import PNG
from tests.web.records import assert_history_verifies, company_events, events_of
from webapp import access


@pytest.fixture(scope="module")
def neighbour(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Started:
    return add_neighbour(site, tmp_path_factory.mktemp("neighbour"))


def test_completing_what_a_colleague_has_done_says_who_and_when(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    late = staff(app, "wei.min")
    task = f"/tasks/{task_id(site, case.case_id, 'assess')}"
    page = late.open(task)
    do(site, case.case_id, "assess")

    refused = late.submit(f"{task}/completion", page=page, f_founded="no", f_remark="too late")

    assert refused.status == 409
    assert "This has been done already" in refused.words
    assert "Done by fang.lan: 2026-03-02 09:00" in refused.words
    assert _refusals(site)[-1] == ("wei.min", f"{task}/completion", {"action": "complete", "reason": "already-done"})


def test_a_task_claimed_by_a_colleague_is_shown_but_cannot_be_filled_in(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    number = task_id(site, case.case_id, "assess")
    colleague = staff(app, "wei.min")
    before = colleague.open(f"/tasks/{number}")
    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.claim(context, number)

    page = colleague.open(f"/tasks/{number}")
    assert "This task is being done by fang.lan. You see its form only." in page.words
    assert page.tree.xpath("//form[@data-form]//fieldset[@disabled]")
    claimed = colleague.submit(f"/tasks/{number}/claim", page=before)
    assert claimed.status == 409
    assert "A colleague has this taskAssigned to fang.lan" in claimed.words
    completed = colleague.submit(f"/tasks/{number}/completion", page=before, f_founded="no", f_remark="x")
    assert completed.status == 403
    assert "A colleague has this taskAssigned to fang.lan" in completed.words
    assert [
        content["action"] for _, subject, content in _refusals(site) if subject.startswith(f"/tasks/{number}/")
    ] == [
        "claim",
        "complete",
    ]


def test_a_person_of_another_group_sees_but_cannot_act(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    number = task_id(site, case.case_id, "assess")
    kitchen = staff(app, "gu.qiang")
    page = kitchen.open(f"/tasks/{number}")
    assert page.status == 200
    events = len(events_of(site, case.case_id))
    refused = len(_refusals(site))

    page = kitchen.send(
        f"/tasks/{number}/completion", {"csrf_token": kitchen.csrf(), "f-founded": "no", "f-remark": "x"}
    )

    assert page.status == 403
    assert "You may not do this" in page.words
    assert len(events_of(site, case.case_id)) == events
    assert _refusals(site)[refused:] == [
        ("gu.qiang", f"/tasks/{number}/completion", {"action": "complete", "reason": "not-in-group"})
    ]


def test_registering_without_the_group_is_refused_and_recorded(site: Site, app: Flask) -> None:
    kitchen = staff(app, "gu.qiang")
    refused = len(_refusals(site))

    assert kitchen.open("/register/harbour-cafe/complaint").status == 403

    assert _refusals(site)[refused:] == [
        ("gu.qiang", "/register/harbour-cafe/complaint", {"action": "start_case", "reason": "not-in-group"})
    ]
    assert "harbour-cafe/complaint" not in kitchen.open("/register").words


def test_what_belongs_to_another_company_looks_like_what_does_not_exist(
    site: Site, app: Flask, neighbour: Started
) -> None:
    front = staff(app, "fang.lan")
    foreign_task, nobody = neighbour.opened[0].id, 987654

    pairs = [
        (f"/tasks/{foreign_task}", f"/tasks/{nobody}"),
        ("/register/hill-cafe/complaint", "/register/nowhere/complaint"),
        ("/attachments/foreign", "/attachments/unknown"),
    ]
    for foreign, unknown in pairs:
        found, missing = front.open(foreign), front.open(unknown)
        assert (found.status, missing.status) == (404, 404)
        assert _same(found.text, foreign) == _same(missing.text, unknown)
    token = front.open("/").hidden("/session/end")
    for verb in ("claim", "release", "draft", "completion"):
        found = front.send(f"/tasks/{foreign_task}/{verb}", token)
        missing = front.send(f"/tasks/{nobody}/{verb}", token)
        assert (found.status, missing.status) == (404, 404)
        assert _same(found.text, f"/{foreign_task}/") == _same(missing.text, f"/{nobody}/")
    assert [event.action for event in _neighbours_events(site, neighbour)] == ["start_case"]


def test_a_case_number_of_two_companies_shows_each_its_own(site: Site, app: Flask, neighbour: Started) -> None:
    front = staff(app, "fang.lan")
    assert neighbour.number == "HC-2026-00001"

    page = front.open(f"/cases/{neighbour.number}")

    assert "secret of the neighbour" not in page.text


def test_every_error_page_knows_who_reads_it(app: Flask) -> None:
    front = staff(app, "fang.lan")

    for path in ("/nothing/here", "/tasks/0", "/tasks/-1", "/cases/%00"):
        page = front.open(path)
        assert page.status == 404
        assert "My tasks" in page.words, path


def test_a_wrong_method_is_no_fault_of_ours(app: Flask) -> None:
    front = staff(app, "fang.lan")

    response = front.client.put("/tasks/1", headers={"Accept-Language": "en"})

    assert response.status_code == 405
    assert "This request could not be understood" in response.text


def test_a_database_that_does_not_answer_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = a_site(tmp_path)
    app = an_app(site)
    front = staff(app, "fang.lan")

    def away(*_: object, **__: object) -> None:
        raise DatabaseAway("expected the database to answer, found: nothing")

    monkeypatch.setattr(access, "person_of_session", away)
    page = front.open("/")

    assert page.status == 503
    assert page.response.headers["Retry-After"] == "5"
    assert "The service is busy or being updated" in page.words


def test_a_database_that_goes_away_while_a_page_is_made_is_said_plainly(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    app = an_app(site)
    front = staff(app, "fang.lan")
    plain = app.view_functions["cases.index"]

    @access.for_staff
    def failing() -> str:
        take_away(site)
        return plain()

    app.view_functions["cases.index"] = failing
    page = front.open("/cases")

    assert page.status == 503
    assert "The service is busy or being updated" in page.words


class TestReadsAreRecorded:
    def test_each_page_of_a_case_leaves_one_event(self, site: Site, app: Flask) -> None:
        case = a_complaint(site)
        front = staff(app, "fang.lan")
        number = task_id(site, case.case_id, "assess")

        front.open(f"/tasks/{number}")
        front.open(f"/cases/{case.number}")
        front.open(f"/cases/{case.number}/replay")
        front.open(f"/cases/{case.number}/replay/steps")
        front.open(f"/cases/{case.number}/diagram")
        front.open(f"/public/track/{case.tracking_code}")

        assert [(event.actor, event.action, event.subject) for event in events_of(site, case.case_id)[1:]] == [
            ("fang.lan", "read_case", "task assess#1"),
            ("fang.lan", "read_case", "case"),
            ("fang.lan", "read_case", "replay"),
            ("customer", "read_case", "tracking"),
        ]

    def test_opening_an_attachment_leaves_one_event(self, site: Site, app: Flask) -> None:
        from engine.commands.attachments import receive, store

        with site.acting(actor_of(site, "fang.lan")) as context:
            file = store(context, receive(site.storage, context.actor.company_id, name="a.png", content=PNG))
        case = a_complaint(site, photos=[file.id])
        front = staff(app, "gu.qiang")

        with front.client.get(f"/attachments/{file.id}") as response:
            assert response.status_code == 200

        assert [(event.actor, event.action, event.subject) for event in events_of(site, case.case_id)[1:]] == [
            ("gu.qiang", "read_case", f"attachment {file.id}")
        ]

    def test_everything_above_left_a_history_that_verifies(self, site: Site) -> None:
        assert assert_history_verifies(site) > 10


def _refusals(site: Site) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (event.actor, event.subject, dict(event.content)) for event in company_events(site) if event.action == "refused"
    ]


def _neighbours_events(site: Site, neighbour: Started):
    from engine.history import Stream, read_events

    with site.database.reading_every_company() as connection:
        return read_events(connection, Stream("hill-cafe", neighbour.case_id, neighbour.number))


def _same(text: str, path: str) -> str:
    """A page without what always differs: where one is."""
    return re.sub(r'name="next" value="[^"]*"', "", text).replace(path, "")
