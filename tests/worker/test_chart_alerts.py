"""A point of a chart that is no chance reaches whoever decides, once, and stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.alerts import accept_alert, dismiss_alert
from engine.commands.site import Site
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.queries.alerts import KeptAlert, alerts_to_decide, latest_alerts, open_alerts, points_since
from engine.queries.cases import case_by_number
from engine.tables import alerts, cases
from engine.worker import handlers, tick
from tests.support.cafe import a_complaint, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import company_events

CHART = """
[triggers.many]
title = { zh-Hans = "投诉异常增多", zh-Hant = "投訴異常增多", en = "Unusually many" }
count = "true"
every = "week"
to = "front"
"""
#: Monday, ten in the morning in Shanghai.
BEGAN = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    """Five weeks with one complaint each, a sixth with six of them; it is the Monday behind it."""
    site = a_site(tmp_path, clock=clock)
    clock.at = BEGAN
    with_rules(site, CHART)
    for week, count in enumerate((1, 1, 1, 1, 1, 6)):
        clock.at = BEGAN + timedelta(weeks=week)
        for _ in range(count):
            a_complaint(site)
    clock.at = BEGAN + timedelta(weeks=6)
    go_on(site)
    return site


def go_on(site: Site) -> None:
    while tick(site) + site.jobs.do(handlers(site)):
        continue


def kept(site: Site) -> tuple[KeptAlert, ...]:
    with site.database.reading(CAFE) as connection:
        return latest_alerts(connection, site.deployments, CAFE)


def waiting(site: Site, login: str) -> int:
    with site.database.reading(CAFE) as connection:
        return len(alerts_to_decide(connection, site.deployments, actor_of(site, login)))


def how_many_cases(site: Site) -> int:
    with site.database.reading(CAFE) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one()


def test_the_week_lies_before_the_group_and_nothing_has_begun(site: Site) -> None:
    (alert,) = kept(site)

    assert (len(alert.numbers), alert.started, alert.waits) == (6, "", True)
    assert alert.chart is not None
    assert [(point.period, point.value) for point in alert.chart.points[-2:]] == [("2026-W14", 1), ("2026-W15", 6)]
    assert round(alert.chart.limits.upper, 3) == 4.493  # mean 11/6, moving range 1
    assert (waiting(site, "fang.lan"), waiting(site, "gu.qiang")) == (1, 0)
    assert how_many_cases(site) == 11
    with site.database.reading(CAFE) as connection:
        assert open_alerts(connection, CAFE) == 1
    assert [each.action for each in company_events(site) if "alert" in each.action] == ["raise_alert"]


def test_it_is_raised_once_and_what_is_corrected_later_leaves_it_as_it_was(site: Site, clock: StandingClock) -> None:
    before = kept(site)
    with site.database.transaction(CAFE) as connection:  # five of the six were of another week
        late = sa.select(cases.c.id).order_by(cases.c.id.desc()).limit(5)
        values = {"received_at": BEGAN, "started_at": BEGAN}
        connection.execute(sa.update(cases).where(cases.c.id.in_(late.scalar_subquery())).values(values))
    for _ in range(3):
        clock.move(days=1)
        go_on(site)

    assert kept(site) == before
    assert [each.action for each in company_events(site) if "alert" in each.action] == ["raise_alert"]


def test_a_job_done_twice_raises_one_alert(site: Site, clock: StandingClock) -> None:
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.delete(alerts))
    clock.move(days=1)
    tick(site)
    (job,) = site.jobs.unfinished(None)  # type: ignore[arg-type]
    for _ in range(2):
        handlers(site)[job.kind](job.argument)

    assert len(kept(site)) == 1


def test_somebody_begins_its_process_which_knows_the_cases(site: Site) -> None:
    (alert,) = kept(site)
    with site.acting(actor_of(site, "fang.lan")) as context:
        started = accept_alert(context, alert.id)

    with site.database.reading(CAFE) as connection:
        case = case_by_number(connection, site.deployments, CAFE, started.number)
    assert case.title == "投诉异常增多"
    assert case.data["alert_cases"] == list(alert.numbers)
    assert case.data["alert_counts"] == ["2026-W15: 6"]
    assert waiting(site, "fang.lan") == 0
    assert kept(site)[0].started == started.number
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "wei.min")) as context:
        accept_alert(context, alert.id)


def test_dismissing_takes_a_reason_and_may_be_thought_over(site: Site) -> None:
    (alert,) = kept(site)
    for reason in ("", "  "):
        with pytest.raises(AnswersInvalid), site.acting(actor_of(site, "fang.lan")) as context:
            dismiss_alert(context, alert.id, reason=reason)
    with site.acting(actor_of(site, "fang.lan")) as context:
        dismiss_alert(context, alert.id, reason="a wedding party of six")

    (dismissed,) = kept(site)
    assert (dismissed.reason, dismissed.decided_by["en"], dismissed.started) == (
        "a wedding party of six",
        "fang.lan",
        "",
    )
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "wei.min")) as context:
        dismiss_alert(context, alert.id, reason="again")
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        accept_alert(context, alert.id)
    assert [each.action for each in company_events(site) if "alert" in each.action] == [
        "raise_alert",
        "dismiss_alert",
        "accept_alert",
    ]


def test_nobody_else_decides(site: Site) -> None:
    (alert,) = kept(site)
    for command in (accept_alert, lambda context, alert_id: dismiss_alert(context, alert_id, reason="no")):
        with pytest.raises(NotPermitted), site.acting(actor_of(site, "gu.qiang")) as context:
            command(context, alert.id)

    assert kept(site)[0].waits


def test_how_its_chart_went_on(site: Site, clock: StandingClock) -> None:
    (alert,) = kept(site)
    with site.acting(actor_of(site, "fang.lan")) as context:
        dismiss_alert(context, alert.id, reason="a wedding party of six")
    for week in (7, 8):
        clock.at = BEGAN + timedelta(weeks=week)
        a_complaint(site)
    clock.at = BEGAN + timedelta(weeks=9)

    with site.database.reading(CAFE) as connection:
        actor = actor_of(site, "fang.lan")
        points = points_since(connection, site.deployments, actor, kept(site)[0], now=clock.at)
    assert [(point.period, point.value) for point in points] == [("2026-W16", 0), ("2026-W17", 1), ("2026-W18", 1)]
    page = staff(an_app(site), "gu.qiang").open(f"/alerts/{alert.id}")
    assert "Mean of the 2 periods since it was settled" in page.words
    assert "within the limits, still on the same side of that mean" not in page.words
    assert "within the limits, on both sides of that mean again" in page.words


def test_it_is_decided_from_the_inbox_on_its_page(site: Site) -> None:
    (alert,) = kept(site)
    desk = staff(an_app(site), "fang.lan")

    inbox = desk.open("/")
    assert "Unusually many" in inbox.words
    assert "6, beyond the limits 0.0 to 4.5" in inbox.words
    page = desk.open(f"/alerts/{alert.id}")
    assert page.tree.xpath("//tbody//a/@href") == [f"/cases/{number}" for number in alert.numbers]
    assert "/cases/" not in desk.open("/alerts").text.split("<tbody>")[1].split("</tbody>")[0]
    missing = desk.submit(f"/alerts/{alert.id}/decision", page=page, decision="dismiss", reason="")
    assert (missing.status, "Please give a reason." in missing.words) == (422, True)
    desk.submit(f"/alerts/{alert.id}/decision", page=page, decision="dismiss", reason="a wedding party")
    assert "a wedding party" in desk.open(f"/alerts/{alert.id}").words
    assert "Unusually many" not in desk.open("/").words
    assert "dismissed" in desk.open("/review").words
    begun = desk.submit(f"/alerts/{alert.id}/decision", page=desk.open(f"/alerts/{alert.id}"), decision="accept")
    assert kept(site)[0].started in begun.words
