"""The second fence: were every condition on the company forgotten, PostgreSQL would still show nobody foreign rows."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.tables import cases, user_tasks
from tests.support.cafe import a_complaint
from tests.support.site import CAFE, a_site
from tests.support.unfiltered import without_company_conditions
from tests.web.api.program import Program
from tests.web.application import an_app
from tests.web.neighbour import NEIGHBOUR, add_neighbour

#: What the neighbour's complaint says, and nothing of the café's.
SECRET = "secret of the neighbour"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two companies with a case each; the café's has the number that the neighbour's has too."""
    made = a_site(tmp_path)
    a_complaint(made)
    add_neighbour(made, tmp_path / "neighbour")
    return made


def program_of(site: Site) -> Program:
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        return Program(an_app(site), create_token(context, login="fang.lan", name="tests"))


def places_of_the_neighbour(site: Site) -> list[str]:
    with site.database.reading(NEIGHBOUR) as connection:
        (task,) = connection.execute(sa.select(user_tasks.c.id).where(user_tasks.c.company_id == NEIGHBOUR)).scalars()
        (number,) = connection.execute(sa.select(cases.c.number).where(cases.c.company_id == NEIGHBOUR)).scalars()
    return [f"/tasks/{task}", f"/cases/{number}", f"/cases/{number}/history"]


def test_without_a_condition_the_places_of_another_company_are_not_there(site: Site, database_kind: str) -> None:
    program, places = program_of(site), places_of_the_neighbour(site)

    with without_company_conditions(site.database) as removed:
        answers = {path: program.get(path) for path in (*places, "/tasks", "/procedures")}

    assert len(removed) > 5
    shown = [path for path, answer in answers.items() if SECRET in answer.text or NEIGHBOUR in answer.text]
    if database_kind == "postgresql":
        assert shown == []
        assert [answer.status_code for answer in answers.values()] == [404, 200, 200, 200, 200]
    else:
        assert places[0] in shown, "SQLite has the first fence only: this shows that it was taken away"


def test_without_a_condition_a_task_of_another_company_cannot_be_completed(site: Site, database_kind: str) -> None:
    program, (task, *_) = program_of(site), places_of_the_neighbour(site)

    with without_company_conditions(site.database):
        answer = program.post(f"{task}/complete", {"data": {"founded": "yes", "remark": "seen"}})

    with site.database.reading(NEIGHBOUR) as connection:
        status = connection.execute(
            sa.select(user_tasks.c.status).where(user_tasks.c.company_id == NEIGHBOUR).order_by(user_tasks.c.id)
        ).scalars()
        assert next(iter(status)) == ("open" if database_kind == "postgresql" else "completed")
    assert answer.status_code == (404 if database_kind == "postgresql" else 200)
