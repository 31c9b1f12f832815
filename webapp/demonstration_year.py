"""A year behind the demonstration: what ``demonstration_year.toml`` says, lived through by the commands themselves.

Only on an installation whose demonstration companies have no cases yet. The words are made up; the histories, clocks
and dates are what the engine made of them, and they verify like any others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import is_working_day
from engine.commands.deployments import check_first, deploy
from engine.commands.schedules import next_time
from engine.commands.site import Site
from engine.complaints import Actor
from engine.database import Database
from engine.procedures import PackageRef, collect_files
from engine.tables import cases, schedules
from webapp.demonstration import create_demonstration
from webapp.story import Follow, Play, Story, VirtualClock, scenarios_of

PLAN: Final = Path(__file__).with_name("demonstration_year.toml")
_MONTH: Final = timedelta(days=30)
_MONTHS: Final = 12
#: Nothing begins so shortly before now that its first steps could not have been done.
_QUIET: Final = timedelta(hours=20)
#: Duties have come round for so long.
_DUTIES: Final = timedelta(days=31)
#: What was noticed so lately still waits for whoever decides.
_STILL_WAITS: Final = timedelta(days=30)
_CUSTOMERS: Final = (
    "陈静", "王建国", "李秀兰", "张伟", "刘洋", "黄志明", "周晓燕", "吴刚", "徐丽", "孙鹏", "马春梅", "朱海涛", "胡雪",
    "郭永强", "何芳", "林志远", "高敏", "罗文杰", "郑玉梅", "梁思远", "谢婷", "宋国庆", "唐慧", "韩冰",
    "冯小波", "董洁",
)  # fmt: skip


def live_through_the_year(site: Site, refs: Sequence[PackageRef], *, now: datetime, share: float = 1) -> int:
    """How many cases came of it. *refs* are all packages; *share* of the plan is played, at least one of each."""
    plan = tomllib.loads(PLAN.read_text(encoding="utf-8"))["company"]
    quick = _without_waiting_for_the_disk(site)
    try:
        return sum(_live(quick, each, refs, now=now, share=share) for each in plan if not _has_cases(site, each["id"]))
    finally:
        quick.database.close()


def _live(site: Site, plan: Mapping[str, Any], refs: Sequence[PackageRef], *, now: datetime, share: float) -> int:
    own = [ref for ref in refs if ref.company == plan["id"]]
    if not own:
        return 0
    begins = now - _MONTHS * _MONTH - timedelta(days=1)
    then = replace(site, clock=VirtualClock(begins))
    for ref in own:
        files = collect_files(site.settings.processes, site.settings.forms, ref)
        check_first(then, ref.company, [files])
        with then.acting(Actor.system(ref.company)) as context:
            deploy(context, files)
    create_demonstration(then, only=plan["id"])
    _begin_duties_lately(then, plan["id"], now - _DUTIES)
    story = Story(site, plan["id"], begins=begins)
    for play in _plays(story, plan, now=now, share=share):
        story.add(play)
    for follow in _follows(story, plan):
        story.follow(follow)
    story.decide(plan.get("decisions", ()), until=now - _STILL_WAITS)
    story.tell(until=now)
    with site.database.reading(plan["id"]) as connection:
        return _count(connection, plan["id"])


def _begin_duties_lately(site: Site, company: str, since: datetime) -> None:
    """What comes round begins to come at *since*: nobody plays the office that would have done it all the year."""
    with site.database.transaction(company) as connection:
        calendar = site.deployments.calendars(connection, company).own
        for deployment in site.deployments.all_current(connection, company):
            for schedule in deployment.package.schedules.values():
                t = schedules.c
                own = (t.company_id == company, t.procedure == deployment.package.id, t.schedule == schedule.id)
                following = next_time(schedule, calendar, after=since)
                connection.execute(sa.update(schedules).where(*own).values(next_at=following))


def _plays(story: Story, plan: Mapping[str, Any], *, now: datetime, share: float) -> Iterator[Play]:
    random = Random(plan["id"])  # noqa: S311 -- the same year every time, no secret
    company = plan["id"]
    with story.site.database.reading(company) as connection:
        deployments = {each.package.id: each for each in story.site.deployments.all_current(connection, company)}
        calendar = story.site.deployments.calendars(connection, company).own
    for group in plan["plays"]:
        known = scenarios_of(deployments[group["procedure"]])
        stories, weights = group["stories"], [each["weight"] for each in group["stories"]]
        for place, number in enumerate(group["months"]):
            first = now - (_MONTHS - place) * _MONTH
            for _ in range(round(number * share) or (1 if number and place == _MONTHS - 1 else 0)):
                at = first + timedelta(days=random.randrange(30))
                if group.get("in_one_week"):
                    at = first + timedelta(days=random.randrange(5) - first.astimezone(calendar.time_zone).weekday())
                while not is_working_day(calendar, at.astimezone(calendar.time_zone).date()):
                    at -= timedelta(days=1)
                hour = time(random.randint(9, 16), random.randrange(60))
                begun = datetime.combine(at.astimezone(calendar.time_zone).date(), hour, calendar.time_zone)
                if begun > now - _QUIET:
                    continue
                told = random.choices(stories, weights)[0]
                answers = {name: value for name, value in told.items() if name != "weight"}
                answers |= {name: random.choice(values) for name, values in group.get("answers", {}).items()}
                answers["customer_name"] = random.choice(_CUSTOMERS)
                scenario = known[random.choice(group["scenarios"])]
                yield Play(company, group["procedure"], scenario, begun, random.uniform(*group["pace"]), answers)


def _follows(story: Story, plan: Mapping[str, Any]) -> Iterator[Follow]:
    with story.site.database.reading(plan["id"]) as connection:
        deployments = {each.package.id: each for each in story.site.deployments.all_current(connection, plan["id"])}
    for group in plan.get("follows", ()):
        known = scenarios_of(deployments[group["procedure"]])
        yield Follow(
            group["procedure"],
            [known[name] for name in group["scenarios"]],
            pace=tuple(group["pace"]),
            answers=group.get("answers", {}),
            unanswered=group.get("unanswered", 0),
            by_link=group.get("by_link", 0),
        )


def _without_waiting_for_the_disk(site: Site) -> Site:
    """*site* on connections of its own: what a power cut takes from a demonstration in the making is made again."""
    database = Database(site.database.url)
    if database.is_sqlite:
        sa.event.listen(database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    return replace(site, database=database)


def _has_cases(site: Site, company: str) -> bool:
    with site.database.reading(company) as connection:
        return _count(connection, company) > 0


def _count(connection: sa.Connection, company: str) -> int:
    statement = sa.select(sa.func.count()).select_from(cases).where(cases.c.company_id == company)
    return connection.execute(statement).scalar_one()
