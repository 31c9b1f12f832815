"""Claiming, completing, and everything that may go wrong while two people work at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands import cases, user_tasks
from engine.commands.idempotency import RequestKey
from engine.errors import AlreadyDone, AnswersInvalid, NotFound, NotPermitted
from engine.tables import history_events
from engine.tables import user_tasks as user_tasks_table
from tests.support.cafe import COMPLAINT, a_complaint, a_round, do, open_steps, task_id, the_case
from tests.support.clock import StandingClock
from tests.support.site import a_site, actor_of
from tests.support.statements import driver_statements


def test_completing_a_task_opens_the_next_ones(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)

    done = do(site, case.case_id, "assess")

    assert [task.element for task in done.opened] == ["reply", "fix"]
    assert open_steps(site, case.case_id) == ["fix", "reply"]


def test_parallel_work_joins_once_in_every_round(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)

    for _ in range(5):
        a_round(site, case.case_id, satisfied="no")

    assert open_steps(site, case.case_id) == ["assess"]
    assert len(the_case(site, case.case_id).tasks) == 5 * 4 + 1


def test_completing_a_task_twice_is_refused_with_who_and_when(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")
    do(site, case.case_id, "assess")

    with pytest.raises(AlreadyDone) as refused, site.acting(actor_of(site, "wei.min")) as context:
        user_tasks.complete(context, found, {"founded": "no", "remark": "late"})

    assert refused.value.by == "fang.lan"
    assert refused.value.at == "2026-03-02T01:00:00+00:00"
    assert the_case(site, case.case_id).data["founded"] == "yes"


def test_a_resent_request_gets_the_same_answer_and_does_nothing(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")
    with site.acting(actor_of(site, "fang.lan")) as context:
        first = user_tasks.complete(context, found, {"founded": "yes", "remark": "a"}, idempotency_key=RequestKey("k1"))
    events = _events(site, case.case_id)

    with site.acting(actor_of(site, "fang.lan")) as context:
        second = user_tasks.complete(
            context, found, {"founded": "yes", "remark": "a"}, idempotency_key=RequestKey("k1")
        )

    assert first == second
    assert _events(site, case.case_id) == events


def test_every_wrong_field_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    events = _events(site, case.case_id)

    with pytest.raises(AnswersInvalid) as refused:
        do(site, case.case_id, "assess", founded="perhaps", remark="")

    assert [(error.field, error.rule) for error in refused.value.errors] == [
        ("founded", "option"),
        ("remark", "required"),
    ]
    assert open_steps(site, case.case_id) == ["assess"]
    assert _events(site, case.case_id) == events


def test_a_field_that_the_form_does_not_have_is_refused(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)

    with pytest.raises(AnswersInvalid) as refused:
        do(site, case.case_id, "assess", satisfied="yes")

    assert [(error.field, error.rule) for error in refused.value.errors] == [("satisfied", "unknown_field")]


def test_a_person_of_another_group_may_not_complete(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")

    with pytest.raises(NotPermitted) as refused, site.acting(actor_of(site, "gu.qiang")) as context:
        user_tasks.complete(context, found, {"founded": "yes", "remark": "x"})

    assert refused.value.reason == "not-in-group"


def test_a_claimed_task_is_kept_from_colleagues_until_released(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")
    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.claim(context, found)

    with pytest.raises(NotPermitted) as refused, site.acting(actor_of(site, "wei.min")) as context:
        user_tasks.complete(context, found, {"founded": "yes", "remark": "x"})

    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "wei.min")) as context:
        user_tasks.claim(context, found)
    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.release(context, found)
    with site.acting(actor_of(site, "wei.min")) as context:
        user_tasks.claim(context, found)

    assert (refused.value.reason, refused.value.by) == ("claimed", "fang.lan")
    assert "claimed by fang.lan" in str(refused.value)


def test_a_task_of_another_company_is_not_found(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")
    stranger = actor_of(site, "fang.lan")
    stranger = type(stranger)("another-company", stranger.name, stranger.person_id, stranger.groups)

    with pytest.raises(NotFound), site.acting(stranger) as context:
        user_tasks.claim(context, found)


def test_a_draft_is_kept_with_the_task_and_gone_when_it_is_done(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")

    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.save_draft(context, found, {"remark": "half a sen"})

    assert _draft(site, found) == {"remark": "half a sen"}
    do(site, case.case_id, "assess")
    assert _draft(site, found) is None


def test_one_completion_takes_one_commit_ten_statements_and_one_for_each_sealed_value(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    found = task_id(site, case.case_id, "assess")
    actor = actor_of(site, "fang.lan")
    commits: list[object] = []
    statements = driver_statements(site.database)
    sa.event.listen(site.database.engine, "commit", commits.append)

    with site.acting(actor) as context:
        user_tasks.complete(context, found, {"founded": "yes", "remark": "x"}, idempotency_key=RequestKey("k"))

    written = [text for text, _ in statements if not text.startswith("BEGIN")]
    assert len(commits) == 1
    sealed = [text for text in written if "INTO history_values" in text]
    assert len(sealed) == 1
    assert len(written) - len(sealed) <= 10, "\n".join(written)


def test_one_start_takes_one_commit_eleven_statements_and_one_for_each_sealed_value(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    actor = actor_of(site, "fang.lan")
    for _ in range(2):  # a company that has cases is asked once whether it is a sandbox
        a_complaint(site)
    commits: list[object] = []
    statements = driver_statements(site.database)
    sa.event.listen(site.database.engine, "commit", commits.append)

    with site.acting(actor) as context:
        cases.start(context, "complaint", COMPLAINT, idempotency_key=RequestKey("k"))

    written = [text for text, _ in statements if not text.startswith("BEGIN")]
    assert len(commits) == 1
    sealed = [text for text in written if "INTO history_values" in text]
    assert len(sealed) == 2
    assert len(written) - len(sealed) <= 11, "\n".join(written)


def test_forty_rounds_cost_the_same_state(tmp_path: Path) -> None:
    site = a_site(tmp_path, clock=StandingClock())
    case = a_complaint(site)
    sizes = []

    for _ in range(40):
        a_round(site, case.case_id, satisfied="no")
        sizes.append(_state_size(site, case.case_id))

    assert open_steps(site, case.case_id) == ["assess"]
    assert max(sizes) - sizes[0] < 60, sizes


def _events(site, case_id: int) -> int:
    with site.database.reading_every_company() as connection:
        return connection.execute(
            sa.select(sa.func.count()).select_from(history_events).where(history_events.c.stream == case_id)
        ).scalar_one()


def _draft(site, found: int):
    with site.database.reading_every_company() as connection:
        return connection.execute(sa.select(user_tasks_table.c.draft).where(user_tasks_table.c.id == found)).scalar()


def _state_size(site, case_id: int) -> int:
    from engine.tables import cases

    with site.database.reading_every_company() as connection:
        return len(connection.execute(sa.select(cases.c.state).where(cases.c.id == case_id)).scalar_one())
