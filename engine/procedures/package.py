"""A procedure package in memory: every file of one procedure and its company, read once and never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final

from engine.calendars import Unit
from engine.forms import Form
from engine.text import Text

#: Whoever has the work in hand: the person who claimed the task, else its group.
HOLDER: Final = "holder"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a deadline's ladder of reminders."""

    at: float  #: share of the time, above 0; 1 is the date itself, more is later than that
    to: str = ""  #: group id or HOLDER, who has to accept it; "" = it is only shown


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """Whether and how a running deadline may be given more time."""

    most: str  #: decimal text, in the deadline's unit: all extensions together
    times: int = 1
    approved_by: str = ""  #: group id; "" = whoever asks for it decides
    letter: str = ""  #: letter that tells the customer, "" = none


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One ``[deadlines.<id>]`` of procedure.toml. The words are those of ``docs/procedure-packages.md``."""

    id: str
    title: Text
    amount: str  #: FEEL over the case's data that gives a number; plain numbers are FEEL too. "" = none
    unit: Unit
    field: str = ""  #: holds the date; with another unit than FIELD the one that *amount* is counted back from
    start: str = "now"  #: now | same_day | next_day | next_working_day
    end: str = "end_of_day"  #: same_time | end_of_day; packages that say nothing mean same_time for hours
    roll: str = "none"  #: none | next_working_day | previous_working_day
    runs_from: str = ""  #: "case", an element id, or "" = when a task that names it opens
    runs_until: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    by: time | None = None  #: the time of day at which the last day ends, instead of *end*
    calendar: str = ""  #: name of the company's calendar it is counted over; "" = see `Calendars.of`
    binding: bool = True  #: False: an internal target for words such as 立即, never a breach
    ladder: tuple[Rung, ...] = ()  #: lowest first
    paused_by: tuple[str, ...] = ()  #: group ids whose people may stop it by hand
    extension: ExtensionRule | None = None  #: None = it is never given more time

    @property
    def words_only(self) -> bool:
        """Whether it gives no date: shown as guidance, and no clock runs."""
        return not self.amount and not self.field


@dataclass(frozen=True, slots=True)
class Schedule:
    """A case of this procedure that the company's calendar starts, e.g. every Monday at nine."""

    id: str
    process: str
    every: str  #: day | week | month | quarter | half_year | year
    on: int  #: weekday 1-7 for week, else day of the month, clipped to its length
    month: int  #: which month of the quarter, half year or year, from 1
    at: time
    title: Text
    roll: str = "none"  #: on a day off: none | next_working_day | previous_working_day | skip


@dataclass(frozen=True, slots=True)
class Trigger:
    """One ``[triggers.<id>]``: what in many cases together starts a case of this procedure.

    One of *rises*, *at_least*, *mean* and *count* says what that is.
    """

    id: str
    title: Text
    process: str
    of: tuple[str, ...] = ()  #: procedures whose cases are looked at, () = the one that declares it
    where: str = ""  #: FEEL over a case: which of them, "" = all
    by: str = (
        ""  #: FEEL over a case: whose value the cases have in common, "" = all together; a list puts it under several
    )
    dated: str = "received"  #: what decides when a case counts: received | closed
    rises: int = 0  #: how often in a row the number of a period is above that of the one before
    every: str = "month"  #: of which periods: month | quarter | half_year | year; of a chart: week | ten_days too
    at_least: int = 0  #: so many cases with the same value …
    within: timedelta = timedelta()  #: … in a time as long as this
    distinct: str = ""  #: FEEL over a case: different values of this are counted instead of cases
    mean: str = (
        ""  #: FEEL over a case: its mean over every period is a point of an XmR chart, which shows what is no chance
    )
    count: str = ""  #: the same of the number of cases for which this FEEL is true
    to: str = ""  #: group that decides whether its process begins, "" = it begins at once

    @property
    def charts(self) -> bool:
        """Whether it watches the points of an XmR chart."""
        return bool(self.mean or self.count)


@dataclass(frozen=True, slots=True)
class Survey:
    """One ``[surveys.<id>]``: about which cases a round asks customers, each in a case of this procedure."""

    id: str
    title: Text
    of: tuple[str, ...]  #: procedures whose cases it is about
    where: str = ""  #: FEEL over a case: which of them, "" = all
    dated: str = "closed"  #: what decides when a case counts: received | closed
    every: str = ""  #: the month, quarter, half_year or year that was over last …
    within: timedelta = timedelta()  #: … or a time as long as this until now
    share: float = 100.0  #: percent of the cases …
    at_least: int = 0  #: … and so many if there are
    at_most: int = 500
    by: str = ""  #: FEEL over a case: its kind; every kind gives cases to a sample
    customer: str = ""  #: FEEL over a case: by what its customer is known, to be asked about one case only
    again_after: timedelta | None = None  #: how long who was asked is left in peace; None = a case is asked about once
    data: Mapping[str, str] = field(default_factory=dict)  #: what the questionnaire knows: name -> FEEL over the case


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register."""

    show: str  #: FEEL over a case
    title: Text = field(
        default_factory=dict
    )  #: {} = the form's label of that name, or the platform's word for the fact


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a report. Exactly one of *count*, *sum*, *mean* and *value* is given."""

    id: str
    title: Text
    count: str = ""  #: FEEL over a case: the cases it counts
    among: str = ""  #: FEEL over a case: with count the whole it is a share of, else the cases it is taken over
    sum: str = ""  #: FEEL over a case that gives a number
    mean: str = ""
    value: str = ""  #: FEEL over the report's other figures by their ids
    target: str = ""  #: decimal text, "" = none
    at_most: bool = False  #: the target is to be kept below, not reached
    unit: Text = field(default_factory=dict)
    of: tuple[str, ...] = ()  #: procedures whose cases it counts, () = those of the report


@dataclass(frozen=True, slots=True)
class Report:
    """One ``[reports.<id>]``: a register of cases, a table of counts, figures, or all of these under one title."""

    id: str
    title: Text
    form: str = ""  #: how the company calls its paper form
    of: tuple[str, ...] = ()  #: procedures whose cases it is about, () = the one that declares it
    where: str = ""  #: FEEL over a case: which of them, "" = all
    every: str = "month"  #: the period that is offered first: month | quarter | half_year | year
    dated: str = "received"  #: what decides the period: received | closed
    groups: tuple[str, ...] = ()  #: who may read it, () = everybody of the company
    columns: tuple[Column, ...] = ()
    rows: str = ""  #: FEEL over a case: its row in the table, "" = no table; a list puts it into several
    across: str = ""  #: the same for the table's columns, "" = one column with the number
    figures: tuple[Figure, ...] = ()  #: in the order they are shown


@dataclass(frozen=True, slots=True)
class PrintedRecord:
    """One ``[records.<id>]``: a form of the company's own on paper, filled from the case."""

    id: str
    title: Text
    form: str = ""  #: how the company numbers it
    forms: tuple[str, ...] = ()  #: whose answers stand on it, in this order; () = all, in the order they were sent
    copies: tuple[Text, ...] = ()  #: who gets one
    signatures: tuple[Text, ...] = ()  #: who signs it, in order; () = who handled, checked and approved it
    seal: bool = False  #: whether it has a place for the company's seal


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the personal data of a closed case are kept."""

    months: int  #: from the day it was closed
    then_erase: bool = False  #: whether erasing is proposed to the administrators when they are over


@dataclass(frozen=True, slots=True)
class CorrectiveRule:
    """``[corrective]``: cases of this procedure find causes and end them, and somebody looks whether that worked."""

    done: tuple[str, ...]  #: elements: once one was done the measure is in place
    check: tuple[str, ...]  #: user tasks that judge the effect
    like: str = ""  #: FEEL over a case: what makes others like those behind it, "" = what their procedure calls cause


@dataclass(frozen=True, slots=True)
class Start:
    form: str
    groups: tuple[str, ...]
    public: bool = False
    public_form: str = ""  #: "" = the same as form
    received_at: str = ""  #: field of the intake form, "" = the instant of registration


class Verb(StrEnum):
    """What people may do with a task beside filling it in."""

    HAND_OVER = "hand_over"  #: 转办: to a person or group
    DELEGATE = "delegate"  #: 委派: somebody answers, the owner completes
    SIGN = "sign"  #: 加签: somebody signs before or after
    RETURN = "return"  #: 退回: to an earlier step
    TAKE_BACK = "take_back"  #: 撤回: one's own submission while the next has not begun
    URGE = "urge"  #: 催办
    COPY = "copy"  #: 抄送
    SNOOZE = "snooze"  #: 稍后处理


class Joined(StrEnum):
    """What becomes of a case when somebody joins it to another one that is about the same."""

    ENDS = "ends"  #: it ends there and then, its time limits with it
    STANDS = "stands"  #: it stands still with its time limits, and ends with the other; it may be parted again
    NO = "no"  #: it is never joined


@dataclass(frozen=True, slots=True)
class Work:
    """``[work]``: what the procedure lets people do with its tasks, and who has to keep out."""

    verbs: frozenset[Verb] = frozenset(Verb)
    urge_after: int = 4  #: working hours between two urgings about the same task
    respondent: tuple[str, ...] = ()  #: fields that name whoever is complained about
    first_contact: bool = True  #: whether somebody answers for each case until it is taken over
    joined: Joined = Joined.ENDS  #: what becomes of a case that says the same as another one


@dataclass(frozen=True, slots=True)
class JointSignature:
    """Who signs a step's answers before the case goes on."""

    groups: tuple[str, ...]
    members: bool = False  #: every member signs; else one of each group
    share: float = 1  #: of the signatures that have to agree; 0 = one is enough


@dataclass(frozen=True, slots=True)
class StepRule:
    """One ``[steps.<element>]``: what is special about a user task."""

    verbs: frozenset[Verb] | None = None  #: None = those of ``[work]``
    separate_from: tuple[str, ...] = ()  #: steps: who had a hand in one of them has none in this
    signatures: JointSignature | None = None
    checklist: tuple[Text, ...] = ()
    needs: tuple[str, ...] = ()  #: answers without which the step is not completed, whoever had to give them


@dataclass(frozen=True, slots=True)
class IntakeRule:
    """``[intake]``: what is asked beside the form, and what a case says of itself by the way it came in."""

    ask: frozenset[str] = frozenset()  #: channel received reference anonymous proxy withheld
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  #: web, qr or mail -> field -> its answer
    shop: str = ""  #: field that the code in a shop fills in
    text: str = ""  #: field that takes the words of a mail


class CustomerAct(StrEnum):
    """What a customer may do behind the tracking link."""

    EVIDENCE = "evidence"  #: add words and photos
    WITHDRAW = "withdraw"  #: take the complaint back
    ACCEPT = "accept"  #: agree with the answer
    REFUSE = "refuse"
    REOPEN = "reopen"  #: an ended complaint, within the time the procedure gives


@dataclass(frozen=True, slots=True)
class FillRule:
    """One ``[customer.fills.<element>]``: how the customer fills in a user task's form behind the link."""

    says: Mapping[str, str] = field(default_factory=dict)  #: field -> FEEL over the case: said for them, not asked
    hide: tuple[str, ...] = ()  #: fields that are neither asked nor shown; they stay empty
    not_offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: choices that are colleagues' alone


@dataclass(frozen=True, slots=True)
class CustomerRule:
    """``[customer]``: what the customer sees and may do behind the tracking link, and who hears of it."""

    acts: frozenset[CustomerAct] = frozenset({CustomerAct.EVIDENCE, CustomerAct.WITHDRAW})
    answers: tuple[str, ...] = ()  #: elements: once one was done there is an answer to accept or refuse
    messages: Mapping[CustomerAct, str] = field(default_factory=dict)  #: what the diagram hears where it waits for it
    tell: str = ""  #: group id that hears of every other act; "" = who answers for the case, else who registers such
    withdraw_ends: bool = False  #: whether a withdrawal ends the case at once; else somebody agrees to it first
    reopen_within: int = 0  #: how long after the end it may be reopened, 0 = never
    reopen_unit: Unit = Unit.DAYS  #: DAYS or WORKING_DAYS
    your_turn: tuple[str, ...] = ()  #: elements during which the customer is waited for
    waits: Mapping[str, Text] = field(default_factory=dict)  #: element -> what is awaited meanwhile, in plain words
    fills: Mapping[str, FillRule] = field(default_factory=dict)  #: user tasks that the customer may fill in, by element


@dataclass(frozen=True, slots=True)
class ConfidentialRule:
    """One ``[confidential.<id>]``: answers that only some of the company read. The words are those of the format."""

    id: str
    fields: tuple[str, ...]
    groups: tuple[str, ...] = ()  #: whose people read them
    steps: tuple[str, ...] = ()  #: and whoever may work on one of these while it is open
    show: str = "masked"  #: masked | hidden: what everybody else sees
    when: str = ""  #: FEEL over the case's data: in which cases, "" = all
    status: str = ""  #: open | closed: only as long, "" = always


@dataclass(frozen=True, slots=True)
class CaseFields:
    """Which fields of the data name a case in lists and letters."""

    title: str
    customer: str = ""
    contact_mail: str = ""
    columns: tuple[str, ...] = ()
    #: What statistics call its level, cause, department: fields, "" = none.
    level: str = ""
    cause: str = ""
    department: str = ""
    satisfied: str = ""  #: FEEL over a case: true, false, or null where nobody said


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the regulation and everything that carries it out."""

    id: str
    reference: str
    summary: Text
    element: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    decision: tuple[str, ...] = ()
    deadline: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    schedule: tuple[str, ...] = ()
    trigger: tuple[str, ...] = ()
    letter: tuple[str, ...] = ()
    record: tuple[str, ...] = ()
    setting: tuple[str, ...] = ()
    guidance: tuple[str, ...] = ()
    excused: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter's templates by language: Liquid, never Jinja."""

    id: str
    subject: Text
    body: Text


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demonstration company; scenarios name them too."""

    login: str
    name: Text
    groups: tuple[str, ...]


def with_their_groups(groups: Collection[str]) -> frozenset[str]:
    """*groups*, and those in which somebody holds a position: a department's head belongs to it."""
    return frozenset(groups) | {group.partition(".")[0] for group in groups}


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: Text
    department: bool = False
    calendar: str = ""  #: name of the calendar its own tasks are counted over, "" = the company's
    of: str = ""  #: the group in which its people hold *position*, "" = it is a group by itself
    position: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """``[positions.<id>]``: what people are within a group, such as its head. Who holds it is a group, too."""

    id: str
    name: Text
    of: tuple[str, ...] = ()  #: groups that have it
    instead: str = ""  #: group that acts where nobody holds it who may, "" = the task waits

    def within(self, group: str) -> str:
        """The id of the group of those who hold it in *group*."""
        return f"{group}.{self.id}"


@dataclass(frozen=True, slots=True)
class BoardRule:
    """``[board]``: whose work people see together, and may hand over; everybody sees that of their own groups."""

    company: tuple[str, ...] = ()  #: groups whose people see the whole company's
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: group -> groups whose work its people see


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """What a package says of a department's calendar; time zone and notices are the company's."""

    base: str
    hours: Mapping[int, tuple[tuple[time, time], ...]]
    changes: Mapping[date, Mapping[int, tuple[tuple[time, time], ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrivacyRule:
    """``[privacy]``: what a company adds to its privacy notice, and who answers requests about personal data."""

    contact: Text = field(default_factory=dict)  #: where people turn to who have no tracking link; {} = not said
    notice: Text = field(default_factory=dict)  #: what the company itself has to say
    group: str = ""  #: group id that answers; "" = the administrators
    #: Days, the next one the first, within which a request is answered. GB/T 35273-2020, 8.7: thirty at most.
    answer_days: int = 30


@dataclass(frozen=True, slots=True)
class Company:
    """One ``company.toml``."""

    id: str
    name: Text
    language: str
    time_zone: str
    case_number: str
    calendar_base: str  #: country of the public holidays, "CN", or "" for none
    hours: Mapping[int, tuple[tuple[time, time], ...]]  #: ISO weekday 1-7 -> office hours, in order, not overlapping
    groups: Mapping[str, Group]
    people: tuple[Person, ...] = ()
    industry: Text = field(default_factory=dict)  #: what the company does, for lists of many
    #: From that day on other office hours apply: summer and winter.
    changes: Mapping[date, Mapping[int, tuple[tuple[time, time], ...]]] = field(default_factory=dict)
    calendars: Mapping[str, CalendarPlan] = field(default_factory=dict)  #: of departments, by name
    positions: Mapping[str, Position] = field(default_factory=dict)
    phrases: tuple[Text, ...] = ()  #: what people often write, to be put into forms
    board: BoardRule | None = None  #: None = everybody sees the whole company's, administrators alone move it
    four_eyes: bool = True  #: whether a change of a procedure is approved by another owner than asked for it
    second_factor: str = ""  #: who has to have one beside those the installation asks: administrators, everybody
    privacy: PrivacyRule = field(default_factory=PrivacyRule)


@dataclass(frozen=True, slots=True)
class Package:
    """Everything one procedure consists of. Immutable; two packages with the same bytes have the same *digest*."""

    company: Company
    id: str
    title: Text
    summary: Text
    process: str
    case_number: str
    regulation: Mapping[str, str]
    start: Start
    case: CaseFields
    lanes: Mapping[str, str]  #: lane id -> group id or "=FEEL"
    milestones: Mapping[str, Text]
    outcomes: Mapping[str, Text]
    deadlines: Mapping[str, DeadlineRule]
    schedules: Mapping[str, Schedule]
    clauses: tuple[Clause, ...]
    ours: Mapping[str, str]
    forms: Mapping[str, Form]
    letters: Mapping[str, Letter]
    guidance: Mapping[str, Text]
    element_names: Mapping[str, Text]  #: element id -> names in all languages, the diagram's own included
    diagrams: Mapping[str, bytes]  #: file name -> BPMN
    decisions: Mapping[str, bytes]  #: file name -> DMN
    files: Mapping[str, bytes] = field(repr=False)  #: every file by path inside the deployment, forms included
    reports: Mapping[str, Report] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    records: Mapping[str, PrintedRecord] = field(default_factory=dict)  #: that it declares, in their order
    keeps: Mapping[str, timedelta] = field(default_factory=dict)  #: message name -> how long it waits to be taken
    work: Work = Work()
    steps: Mapping[str, StepRule] = field(default_factory=dict)  #: by element id of a user task
    confidential: tuple[ConfidentialRule, ...] = ()
    customer: CustomerRule = CustomerRule()
    retention: Retention | None = None  #: None = the regulation says nothing of it
    intake: IntakeRule = IntakeRule()
    corrective: CorrectiveRule | None = None  #: None = its cases are no corrective actions

    def verbs_of(self, element: str) -> frozenset[Verb]:
        """What people may do with a task of *element*."""
        rule = self.steps.get(element, StepRule())
        return self.work.verbs if rule.verbs is None else rule.verbs

    @property
    def digest(self) -> str:
        """The identity of a deployment's content."""
        return digest_of(self.files)


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over all *files* and their paths, as hex."""
    total = hashlib.sha256()
    for path, content in sorted(files.items()):
        total.update(f"{path}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()
