"""Reading procedure.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Final

from engine.calendars import MOST_SHARE, Unit
from engine.calendars.deadline import ENDS, ROLLS, STARTS
from engine.calendars.schedule import SCHEDULE_ROLLS
from engine.feel.temporal import parse_duration
from engine.procedures.company import read_case_number, read_folder_id
from engine.procedures.intake_fields import MAIL, QR, QUESTIONS, WEB
from engine.procedures.package import (
    CaseFields,
    ConfidentialRule,
    CorrectiveRule,
    CustomerAct,
    CustomerRule,
    DeadlineRule,
    ExtensionRule,
    FillRule,
    IntakeRule,
    Joined,
    JointSignature,
    PrintedRecord,
    Report,
    Retention,
    Rung,
    Schedule,
    Start,
    StepRule,
    Survey,
    Trigger,
    Verb,
    Work,
)
from engine.procedures.records import read_record
from engine.procedures.reports import read_report
from engine.procedures.surveys import read_survey
from engine.procedures.toml_tables import TableReader, shown
from engine.procedures.triggers import read_trigger
from engine.procedures.words import listed, suggestion
from engine.text import Text

#: How often a schedule may come -> the highest day ``on`` may name.
PERIODS: Final = {"day": 31, "week": 7, "ten_days": 11, "month": 31, "quarter": 31, "half_year": 31, "year": 31}
#: Months a longer period has, one of which ``month`` names.
MONTHS: Final = {"quarter": 3, "half_year": 6, "year": 12}
#: Units whose limits end at the minute unless the package says otherwise.
_HOURS: Final = frozenset({Unit.HOURS, Unit.WORKING_HOURS})

#: A hundred years: what lies beyond is a slip of the pen.
_LONGEST_KEEP: Final = timedelta(days=36525)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Procedure:
    """What procedure.toml says; the fields are those of Package."""

    id: str
    title: Text
    summary: Text
    process: str
    case_number: str
    regulation: Mapping[str, str]
    start: Start
    case: CaseFields
    lanes: Mapping[str, str]
    milestones: Mapping[str, Text]
    outcomes: Mapping[str, Text]
    deadlines: Mapping[str, DeadlineRule]
    schedules: Mapping[str, Schedule]
    reports: Mapping[str, Report]
    triggers: Mapping[str, Trigger]
    surveys: Mapping[str, Survey]
    records: Mapping[str, PrintedRecord]
    keeps: Mapping[str, timedelta]
    work: Work
    steps: Mapping[str, StepRule]
    confidential: tuple[ConfidentialRule, ...]
    customer: CustomerRule
    retention: Retention | None
    intake: IntakeRule
    corrective: CorrectiveRule | None


def read_procedure(table: TableReader, *, needed: tuple[str, ...]) -> Procedure:
    """The procedure that *table*, the root of procedure.toml, describes; its texts must have the *needed* languages."""
    process = table.identifier("process")
    procedure = Procedure(
        id=read_folder_id(table),
        title=table.words("title", needed=needed),
        summary=table.words("summary", needed=needed),
        process=process,
        case_number=read_case_number(table, default=""),
        regulation=_regulation(table),
        start=_start(table),
        case=_case(table),
        lanes=_lanes(table),
        milestones=_words_by_element(table, "milestones", needed),
        outcomes=_words_by_element(table, "outcomes", needed),
        deadlines={id_: _deadline(id_, rule, needed) for id_, rule in table.tables("deadlines")},
        schedules={id_: _schedule(id_, rule, process, needed) for id_, rule in table.tables("schedules")},
        reports={id_: read_report(id_, rule, needed=needed) for id_, rule in table.tables("reports")},
        triggers={id_: read_trigger(id_, rule, process, needed=needed) for id_, rule in table.tables("triggers")},
        surveys={id_: read_survey(id_, rule, needed=needed) for id_, rule in table.tables("surveys")},
        records={id_: read_record(id_, rule, needed=needed) for id_, rule in table.tables("records")},
        keeps=_keeps(table),
        work=_work(table),
        steps={id_: _step(rule, needed) for id_, rule in table.tables("steps")},
        confidential=tuple(_confidential(id_, rule) for id_, rule in table.tables("confidential")),
        customer=_customer(table, needed),
        retention=_retention(table),
        intake=_intake(table),
        corrective=_corrective(table),
    )
    table.close()
    return procedure


def _regulation(table: TableReader) -> dict[str, str]:
    regulation = table.table("regulation")
    if regulation is None:
        return {}
    found = {"title": regulation.text("title"), "reference": regulation.text("reference", default="")}
    regulation.close()
    return found


def _start(table: TableReader) -> Start:
    start = table.table("start")
    if start is None:
        return Start(form="", groups=())
    found = Start(
        form=start.text("form"),
        groups=start.texts("groups"),
        public=start.flag("public"),
        public_form=start.text("public_form", default=""),
        received_at=start.identifier("received_at", default=""),
    )
    if not found.groups and not start.has("groups"):
        start.wrong("groups", "toml-missing-key", 'the groups that may register a case, or ["*"]', "none")
    start.close()
    return found


def _case(table: TableReader) -> CaseFields:
    case = table.table("case")
    if case is None:
        return CaseFields(title="")
    found = CaseFields(
        title=case.identifier("title"),
        customer=case.identifier("customer", default=""),
        contact_mail=case.identifier("contact_mail", default=""),
        columns=case.texts("columns"),
        level=case.identifier("level", default=""),
        cause=case.identifier("cause", default=""),
        department=case.identifier("department", default=""),
        satisfied=case.text("satisfied", default=""),
    )
    case.close()
    return found


def _lanes(table: TableReader) -> dict[str, str]:
    lanes = table.table("lanes", required=False)
    return {lane: _lane(lanes, lane) for lane in lanes.names()} if lanes else {}


def _lane(lanes: TableReader, lane: str) -> str:
    """A group or FEEL that gives one; ``{ group = …, position = … }`` is who holds that position in it."""
    if not lanes.holds_table(lane):
        return lanes.text(lane)
    held = lanes.table(lane)
    if held is None:
        return ""
    group, position = held.text("group"), held.identifier("position")
    held.close()
    return f'=({group[1:].strip()}) + ".{position}"' if group.startswith("=") else f"{group}.{position}"


def _words_by_element(table: TableReader, key: str, needed: tuple[str, ...]) -> dict[str, Text]:
    words = table.table(key, required=False)
    return {element: words.words(element, needed=needed) for element in words.names()} if words else {}


def _deadline(id_: str, table: TableReader, needed: tuple[str, ...]) -> DeadlineRule:
    binding = table.flag("binding", default=True)
    words_only = not binding and not table.has("amount") and not table.has("field")
    unit = Unit.DAYS if words_only else Unit(table.choice("unit", [unit.value for unit in Unit]))
    return DeadlineRule(
        id=id_,
        title=table.words("title", needed=needed),
        amount="" if words_only else _amount(table, unit),
        unit=unit,
        field="" if words_only else _deadline_field(table, unit),
        start=table.choice("start", STARTS, default="now"),
        end=table.choice("end", ENDS, default="same_time" if unit in _HOURS else "end_of_day"),
        roll=table.choice("roll", ROLLS, default="none"),
        runs_from=table.text("runs_from", default=""),
        runs_until=table.texts("runs_until"),
        pauses=table.texts("pauses"),
        by=_time(table, "by") if table.has("by") else None,
        calendar=table.identifier("calendar", default=""),
        binding=binding,
        ladder=_ladder(table),
        paused_by=table.texts("paused_by"),
        extension=_extension(table),
    )


def _amount(table: TableReader, unit: Unit) -> str:
    if unit is not Unit.FIELD:
        return table.number_or_text("amount")
    if table.has("amount"):
        table.wrong("amount", "deadline-amount", 'left out with unit = "field"', "an amount; remove it")
    return ""


def _deadline_field(table: TableReader, unit: Unit) -> str:
    """The field that holds the date, or with ``before`` the date that the amount is counted back from."""
    if unit is Unit.FIELD:
        if table.has("before"):
            table.wrong("before", "deadline-field", 'an amount in days or hours, not unit = "field"', "it; remove it")
        if table.has("extension"):
            table.wrong("extension", "deadline-field", "another date instead of a given one", "more time; remove it")
        return table.identifier("field")
    if table.has("field"):
        table.wrong("field", "deadline-field", 'used with unit = "field" only', "it with another unit; remove it")
    return table.identifier("before", default="")


def _ladder(table: TableReader) -> tuple[Rung, ...]:
    """What is shown at shares of the time, and what lands in whose inbox."""
    shares = table.numbers("warn_at")
    if any(not 0 < share < 1 for share in shares):
        table.wrong("warn_at", "toml-out-of-range", "shares of the time between 0 and 1", shown(str(list(shares))))
    return tuple(sorted([*map(Rung, shares), *map(_rung, table.array("remind"))], key=lambda rung: (rung.at, rung.to)))


def _rung(table: TableReader) -> Rung:
    return Rung(table.number("at", least=0, most=MOST_SHARE), table.text("to"))


def _extension(table: TableReader) -> ExtensionRule | None:
    rule = table.table("extension", required=False)
    if rule is None:
        return None
    most = rule.number_or_text("most")
    try:
        valid = Decimal(most) > 0
    except ArithmeticError:
        valid = False
    if not valid:
        rule.wrong("most", "deadline-amount", "a number above 0 in the deadline's unit", f'"{shown(most)}"')
    found = ExtensionRule(
        most=most,
        times=rule.whole("times", default=1, least=1, most=20),
        approved_by=rule.text("approved_by", default=""),
        letter=rule.text("letter", default=""),
    )
    rule.close()
    return found


def _schedule(id_: str, table: TableReader, process: str, needed: tuple[str, ...]) -> Schedule:
    every = table.choice("every", list(PERIODS))
    return Schedule(
        id=id_,
        process=table.identifier("process", default=process),
        every=every,
        on=table.whole("on", default=1, least=1, most=PERIODS[every]),
        month=table.whole("month", default=1, least=1, most=MONTHS.get(every, 1)),
        at=_time(table),
        roll=table.choice("roll", SCHEDULE_ROLLS, default="none"),
        title=table.words("title", needed=needed),
    )


def _time(table: TableReader, key: str = "at") -> time:
    text = table.text(key, default="09:00")
    if match := _TIME.fullmatch(text):
        return time(int(match[1]), int(match[2]))
    table.wrong(key, "schedule-time", 'a time such as "09:00"', f'"{shown(text)}"')
    return time(9)


def _keeps(table: TableReader) -> dict[str, timedelta]:
    """What ``[messages.<name>]`` says; names are the diagrams' own, so they may be any text."""
    messages = table.table("messages", required=False)
    inner = {name: messages.table(name) for name in messages.names()} if messages else {}
    return {name: _keep(rule) for name, rule in inner.items() if rule is not None}


def _keep(table: TableReader) -> timedelta:
    text = table.text("keep")
    keep = parse_duration(text)
    table.close()
    if isinstance(keep, timedelta) and timedelta() <= keep <= _LONGEST_KEEP:
        return keep
    if text:
        expected = 'days and hours such as "P30D" or "PT12H", or "PT0S" for not at all'
        table.wrong("keep", "message-keep", expected, f'"{shown(text)}"')
    return timedelta()


def _work(table: TableReader) -> Work:
    work = table.table("work", required=False)
    if work is None:
        return Work()
    usual = Work()
    found = Work(
        verbs=_verbs(work) if work.has("verbs") else usual.verbs,
        urge_after=work.whole("urge_after", default=usual.urge_after, least=1, most=400),
        respondent=work.texts("respondent", one_too=True),
        first_contact=work.flag("first_contact", default=usual.first_contact),
        joined=Joined(work.choice("joined", tuple(Joined), default=str(usual.joined))),
    )
    work.close()
    return found


def _intake(table: TableReader) -> IntakeRule:
    intake = table.table("intake", required=False)
    if intake is None:
        return IntakeRule()
    ask = intake.texts("ask")
    for name in ask:
        if name not in QUESTIONS:
            said = f'"{shown(name)}"{suggestion(name, QUESTIONS)}'
            intake.wrong("ask", "toml-unknown-word", f"some of {listed(QUESTIONS)}", said)
    answers = {way: each for way in (WEB, QR, MAIL) if (each := intake.table(way, required=False)) is not None}
    found = IntakeRule(
        ask=frozenset(ask) & frozenset(QUESTIONS),
        answers={way: {name: each.text(name) for name in each.names()} for way, each in answers.items()},
        shop=intake.identifier("shop", default=""),
        text=intake.identifier("text", default=""),
    )
    intake.close()
    return found


def _customer(table: TableReader, needed: tuple[str, ...]) -> CustomerRule:
    """What ``[customer]`` says. Acts that it does not name are those that the rest of it makes possible."""
    customer = table.table("customer", required=False)
    if customer is None:
        return CustomerRule()
    answers = customer.texts("answers", one_too=True)
    within = customer.whole("reopen_within", default=0, least=0, most=3650)
    possible = CustomerRule().acts | (
        ({CustomerAct.ACCEPT, CustomerAct.REFUSE} if answers else set()) | ({CustomerAct.REOPEN} if within else set())
    )
    units = [unit.value for unit in (Unit.DAYS, Unit.WORKING_DAYS)]
    found = CustomerRule(
        acts=_acts(customer, possible) if customer.has("acts") else possible,
        answers=answers,
        messages=_heard(customer),
        tell=customer.text("tell", default=""),
        withdraw_ends=customer.flag("withdraw_ends"),
        reopen_within=within,
        reopen_unit=Unit(customer.choice("reopen_unit", units, default=units[0])),
        your_turn=customer.texts("your_turn", one_too=True),
        waits=_words_by_element(customer, "waits", needed),
        fills={element: _fill(rule) for element, rule in customer.tables("fills")},
    )
    customer.close()
    return found


def _fill(table: TableReader) -> FillRule:
    """How the customer fills in one user task. Its ``says`` are FEEL."""
    says = table.table("says", required=False)
    kept = table.table("not_offered", required=False)
    return FillRule(
        says={name: says.text(name) for name in says.names()} if says else {},
        hide=table.texts("hide", one_too=True),
        not_offered={name: kept.texts(name) for name in kept.names()} if kept else {},
    )


def _acts(table: TableReader, possible: frozenset[CustomerAct]) -> frozenset[CustomerAct]:
    known = [act.value for act in CustomerAct]
    found = table.texts("acts")
    for name in found:
        if name not in known:
            said = f'"{shown(name)}"{suggestion(name, known)}'
            table.wrong("acts", "toml-unknown-word", f"some of {listed(known)}", said)
        elif CustomerAct(name) not in possible:
            needs = "reopen_within" if name == CustomerAct.REOPEN else "answers"
            table.wrong("acts", "toml-missing-key", f"{needs} beside {name}, else it is never possible", "none")
    return frozenset(CustomerAct(name) for name in found if name in known)


def _heard(table: TableReader) -> dict[CustomerAct, str]:
    """Which message of the diagrams an act is."""
    messages = table.table("messages", required=False)
    if messages is None:
        return {}
    found: dict[CustomerAct, str] = {
        act: messages.text(act.value)
        for act in CustomerAct
        if act is not CustomerAct.REOPEN and messages.has(act.value)
    }
    messages.close()
    return found


def _retention(table: TableReader) -> Retention | None:
    retention = table.table("retention", required=False)
    if retention is None:
        return None
    years = retention.whole("years", default=0, least=0, most=100)
    months = retention.whole("months", default=0, least=0, most=1200)
    if not years and not months:
        retention.wrong("years", "toml-out-of-range", "years or months, at least one of either", "nothing")
    found = Retention(months=12 * years + months, then_erase=retention.flag("then_erase"))
    retention.close()
    return found


def _corrective(table: TableReader) -> CorrectiveRule | None:
    corrective = table.table("corrective", required=False)
    if corrective is None:
        return None
    found = CorrectiveRule(
        done=corrective.texts("done", one_too=True),
        check=corrective.texts("check", one_too=True),
        like=corrective.text("like", default=""),
    )
    for key, ids in (("done", found.done), ("check", found.check)):
        if not ids:
            corrective.wrong(key, "toml-missing-key", "elements of the diagrams", "none")
    corrective.close()
    return found


def _step(table: TableReader, needed: tuple[str, ...]) -> StepRule:
    return StepRule(
        verbs=_verbs(table) if table.has("verbs") else None,
        separate_from=table.texts("separate_from", one_too=True),
        signatures=_signatures(table),
        checklist=tuple(item.words("text", needed=needed) for item in table.array("checklist")),
        needs=table.texts("needs"),
    )


def _verbs(table: TableReader) -> frozenset[Verb]:
    known = [verb.value for verb in Verb]
    found = table.texts("verbs")
    for name in found:
        if name not in known:
            table.wrong(
                "verbs", "toml-unknown-word", f"some of {listed(known)}", f'"{shown(name)}"{suggestion(name, known)}'
            )
    return frozenset(Verb(name) for name in found if name in known)


def _confidential(id_: str, table: TableReader) -> ConfidentialRule:
    found = ConfidentialRule(
        id=id_,
        fields=table.texts("fields", one_too=True),
        groups=table.texts("groups", one_too=True),
        steps=table.texts("steps", one_too=True),
        show=table.choice("show", ("masked", "hidden"), default="masked"),
        when=table.text("when", default=""),
        status=table.choice("status", ("open", "closed"), default=""),
    )
    if not found.fields:
        table.wrong("fields", "toml-missing-key", "the answers that are confidential", "none")
    return found


def _signatures(table: TableReader) -> JointSignature | None:
    rule = table.table("signatures", required=False)
    if rule is None:
        return None
    found = JointSignature(groups=rule.texts("groups"), members=rule.flag("members"), share=_share(rule))
    if not found.groups:
        rule.wrong("groups", "toml-missing-key", "the groups that sign", "none")
    rule.close()
    return found


def _share(rule: TableReader) -> float:
    """How many of the signatures have to agree: all, any, or a share of them."""
    said = rule.raw("need")
    if said in (None, "all"):
        return 1
    if said == "any":
        return 0
    return rule.number("need", least=0, most=1)
