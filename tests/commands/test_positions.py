"""Who leads a department is asked of the case and of the people there are: through changes, absence and recusal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from engine.commands import cases, hand_overs, user_tasks
from engine.commands.absences import arrange_absence
from engine.commands.deployments import deploy
from engine.commands.errands import Addressee
from engine.commands.people import StillHasWork, add_person, change_person, leave
from engine.commands.people_list import Known, bring_people, first_passwords, plan_people
from engine.commands.positions import PositionVacant
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.errors import NotPermitted
from engine.procedures import Company, PackageRef, collect_files
from engine.queries.people import colleagues
from engine.tables import history_events
from engine.tables import user_tasks as tasks
from tests.support.cafe import ANSWERS, COMPLAINT, do, task_id
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of

POSITIONS = """
[groups.office]
name = { zh-Hans = "办公室", zh-Hant = "辦公室", en = "Office" }
[positions.head]
name = { zh-Hans = "负责人", zh-Hant = "負責人", en = "head" }
of = ["kitchen", "front"]
instead = "office"
"""
LANES = 'lane_kitchen = { group = \'=if kind = "service" then "front" else "kitchen"\', position = "head" }'


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The café whose complaints are mended by the head of the kitchen or the front desk, as the case's kind says."""
    made = a_site(tmp_path)
    with_positions(made, POSITIONS)
    for login, groups in {"head.kitchen": ["kitchen.head"], "head.front": ["front.head"], "boss": ["office"]}.items():
        with made.acting(Actor(CAFE, SYSTEM)) as context:
            add_person(context, login=login, name={"zh-Hans": login, "en": login}, groups=groups)
    return made


def test_the_case_says_the_department_and_its_head_gets_the_task(site: Site) -> None:
    taste, service = assessed(site), assessed(site, kind="service")

    assert (group_of(site, taste), group_of(site, service)) == ("kitchen.head", "front.head")
    assert refusal(site, "gu.qiang", taste) == "not-in-group"  # works there and does not lead it
    assert refusal(site, "head.front", taste) == "not-in-group"
    assert refusal(site, "head.kitchen", taste) == ""
    assert refusal(site, "head.front", service) == ""


def test_who_leads_a_department_belongs_to_it_and_is_called_so(site: Site) -> None:
    assert actor_of(site, "head.kitchen").groups == {"kitchen", "kitchen.head"}
    assert company(site).groups["kitchen.head"].name == {
        "zh-Hans": "后厨负责人", "zh-Hant": "後廚負責人", "en": "Kitchen, head",
    }  # fmt: skip


def test_a_waiting_task_follows_the_change_of_position(site: Site) -> None:
    case_id = assessed(site)

    give(site, "gu.qiang", "kitchen.head")
    give(site, "head.kitchen", "kitchen")

    assert refusal(site, "head.kitchen", case_id) == "not-in-group"
    assert refusal(site, "gu.qiang", case_id) == ""


def test_the_last_one_who_leads_cannot_go_while_tasks_wait(site: Site) -> None:
    case_id = assessed(site)

    with pytest.raises(PositionVacant) as refused:
        give(site, "head.kitchen", "kitchen")
    assert (refused.value.group, refused.value.tasks) == ("kitchen.head", 1)
    with pytest.raises(PositionVacant), site.acting(administrator(site)) as context:
        leave(context, id_of(site, "head.kitchen"))
    assert refusal(site, "head.kitchen", case_id) == ""  # nothing was done


def test_whoever_gives_up_a_position_hands_over_what_they_claimed_by_it(site: Site) -> None:
    case_id = assessed(site)
    give(site, "gu.qiang", "kitchen.head")
    fix = task_id(site, case_id, "fix")
    with site.acting(actor_of(site, "head.kitchen")) as context:
        user_tasks.claim(context, fix)

    with pytest.raises(StillHasWork) as refused:
        give(site, "head.kitchen", "kitchen")
    assert refused.value.tasks == 1
    with site.acting(actor_of(site, "head.kitchen")) as context:
        hand_overs.hand_over(context, fix, Addressee("gu.qiang"), reason="moves to another house")
    give(site, "head.kitchen", "kitchen")
    assert refusal(site, "gu.qiang", case_id) == ""


def test_a_substitute_acts_for_the_head_who_is_away(site: Site) -> None:
    away(site, "head.kitchen", substitute="fang.lan")
    case_id = assessed(site, by="wei.min")

    assert group_of(site, case_id) == "kitchen.head"
    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.complete(context, task_id(site, case_id, "fix"), ANSWERS["fix"])
    assert events(site, case_id, "complete_task")[-1] == ("fang.lan", "head.kitchen")


def test_where_nobody_leads_a_department_the_office_acts_and_the_history_says_why(site: Site) -> None:
    give(site, "head.kitchen", "kitchen")

    case_id = assessed(site)

    assert group_of(site, case_id) == "office"
    assert refusal(site, "boss", case_id) == ""
    assert passed_on(site, case_id) == [("system", {"was": "kitchen.head", "to": "office", "why": "vacant"})]


def test_the_head_whom_the_case_is_about_keeps_out_and_the_office_acts(site: Site) -> None:
    with_positions(site, POSITIONS, rules='[work]\nrespondent = ["summary"]')

    case_id = assessed(site, summary="head.kitchen was rude")

    assert group_of(site, case_id) == "office"
    assert passed_on(site, case_id)[0][1]["why"] == "barred"
    assert group_of(site, assessed(site, summary="cold soup")) == "kitchen.head"


def test_the_head_who_did_the_step_before_keeps_out_and_the_office_acts(site: Site) -> None:
    with_positions(site, POSITIONS, rules='[steps.fix]\nseparate_from = ["assess"]')
    give(site, "head.kitchen", "kitchen.head", "front")

    assert group_of(site, assessed(site, by="head.kitchen")) == "office"
    assert group_of(site, assessed(site, by="fang.lan")) == "kitchen.head"


def test_a_substitute_who_has_to_keep_out_represents_nobody(site: Site) -> None:
    with_positions(site, POSITIONS, rules='[steps.fix]\nseparate_from = ["assess"]')
    away(site, "head.kitchen", substitute="fang.lan")

    case_id = assessed(site, by="fang.lan")

    assert group_of(site, case_id) == "office"
    assert passed_on(site, case_id)[0][1]["why"] == "away"


def test_a_department_without_that_position_gives_the_task_to_whoever_acts_instead(site: Site) -> None:
    with_positions(site, POSITIONS.replace(', "front"', ""))

    assert group_of(site, assessed(site, kind="service")) == "office"


def test_a_department_without_that_position_stops_the_case_where_nobody_acts_instead(site: Site) -> None:
    with_positions(site, POSITIONS.replace(', "front"', "").replace('instead = "office"', ""))
    case_id = started(site, kind="service")

    fault = do(site, case_id, "assess").fault

    assert "to name who holds a position of the company, found 'front.head'" in fault


def test_a_table_of_people_gives_and_takes_positions_together(site: Site) -> None:
    assessed(site)  # waits for the head of the kitchen
    rows = [
        ["login", "姓名", "部门", "职务"],
        ["head.kitchen", "head.kitchen", "后厨", "厨师"],
        ["gu.qiang", "顾强", "后厨", "负责人"],
    ]

    assert bring(site, rows) == (0, 2)

    assert actor_of(site, "head.kitchen").groups == {"kitchen"}
    assert actor_of(site, "gu.qiang").groups == {"kitchen", "kitchen.head"}
    with pytest.raises(PositionVacant):
        bring(site, [rows[0], ["gu.qiang", "顾强", "后厨", "厨师"]])


# -- the café ------------------------------------------------------------------------------------------------------


def with_positions(site: Site, positions: str, *, rules: str = "") -> None:
    files = dict(collect_files(site.settings.processes, site.settings.forms, PackageRef(CAFE, "complaint")))
    company_toml = files["company.toml"].decode().replace("[[people]]", f"{positions}\n[[people]]", 1)
    procedure = files["procedure.toml"].decode().replace('lane_kitchen = "kitchen"', LANES)
    files["company.toml"] = company_toml.encode()
    files["procedure.toml"] = f"{procedure}\n{rules}\n".encode()
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, files)


def started(site: Site, *, by: str = "fang.lan", **answers: Any) -> int:
    with site.acting(actor_of(site, "fang.lan")) as context:
        return cases.start(context, "complaint", {**COMPLAINT, **answers}).case_id


def assessed(site: Site, *, by: str = "fang.lan", **answers: Any) -> int:
    """A case whose first step *by* has done, so that it waits for whoever mends it."""
    case_id = started(site, **answers)
    with site.acting(actor_of(site, by)) as context:
        user_tasks.complete(context, task_id(site, case_id, "assess"), ANSWERS["assess"])
    return case_id


def group_of(site: Site, case_id: int) -> str:
    where = (tasks.c.case_id == case_id, tasks.c.element == "fix", tasks.c.status == "open")
    with site.database.reading(CAFE) as connection:
        return str(connection.execute(sa.select(tasks.c.group_id).where(*where)).scalar_one())


def refusal(site: Site, login: str, case_id: int) -> str:
    """Why that person may not save a draft of the task, "" = may; nothing is kept."""
    try:
        with site.acting(actor_of(site, login)) as context:
            user_tasks.save_draft(context, task_id(site, case_id, "fix"), {})
            context.connection.rollback()
    except NotPermitted as refused:
        return refused.reason
    return ""


def administrator(site: Site) -> Actor:
    return Actor(CAFE, ADMINISTRATOR, id_of(site, ADMINISTRATOR), administrator=True)


def id_of(site: Site, login: str) -> int:
    with site.database.reading(CAFE) as connection:
        return next(each.id for each in colleagues(connection, CAFE) if each.login == login)


def give(site: Site, login: str, *groups: str) -> None:
    """Let that person work in exactly those groups."""
    with site.acting(administrator(site)) as context:
        name = {"zh-Hans": login, "en": login}
        change_person(context, id_of(site, login), name=name, groups=groups, administrator=False, owner=False)


def away(site: Site, login: str, *, substitute: str) -> None:
    with site.acting(administrator(site)) as context:
        begins, ends = context.now - timedelta(hours=1), context.now + timedelta(days=3)
        arrange_absence(context, login=login, substitute=substitute, begins_at=begins, ends_at=ends, reason="ill")


def bring(site: Site, rows: list[list[str]]) -> tuple[int, int]:
    with site.database.reading(CAFE) as connection:
        known = {
            each.login: Known(each.id, each.name, each.groups, each.administrator, each.owner, each.active)
            for each in colleagues(connection, CAFE)
        }
    lines = plan_people(rows, company(site), known)
    with site.acting(administrator(site)) as context:
        return bring_people(context, lines, first_passwords(lines), language="zh-Hans")


def company(site: Site) -> Company:
    with site.database.reading(CAFE) as connection:
        return site.deployments.company(connection, CAFE)


def events(site: Site, case_id: int, action: str) -> list[tuple[str, str]]:
    e = history_events.c
    with site.database.reading(CAFE) as connection:
        rows = connection.execute(
            sa.select(e.actor, e.on_behalf_of).where(e.stream == case_id, e.action == action).order_by(e.seq)
        )
        return [(row.actor, row.on_behalf_of) for row in rows]


def passed_on(site: Site, case_id: int) -> list[tuple[str, dict[str, str]]]:
    e = history_events.c
    with site.database.reading(CAFE) as connection:
        rows = connection.execute(sa.select(e.actor, e.body).where(e.stream == case_id, e.action == "act_instead"))
        return [(row.actor, {key: orjson.loads(row.body)[key] for key in ("was", "to", "why")}) for row in rows]
