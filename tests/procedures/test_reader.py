"""Files become a package, or a list of everything that is wrong with them."""

from __future__ import annotations

import time as clock
from datetime import date, time, timedelta

import pytest

from engine.calendars import Unit, is_working_day, periods
from engine.errors import PackageRefused
from engine.procedures import calendars_of, company_from_file, package_from_files, read_files
from engine.procedures.package import DeadlineRule, ExtensionRule, Letter, Person, Rung
from tests.procedures.packages import CLAUSES, COMPANY, DIAGRAM, INTAKE, PROCEDURE, TEXTS_EN, bpmn, changed, files


def messages(content: dict[str, bytes]) -> list[str]:
    return [finding.message for finding in read_files(content).findings]


def test_a_package_holds_what_its_files_say() -> None:
    package = package_from_files(files())

    assert (package.company.id, package.id, package.process) == ("acme", "complaint", "complaint")
    assert package.title == {"zh-Hans": "投诉", "en": "Complaint"}
    assert (package.start.form, package.start.groups, package.start.public) == ("intake", ("service",), False)
    assert package.lanes == {"lane_service": "service", "lane_repair": "repair"}
    assert {
        "reply": DeadlineRule(id="reply", title={"zh-Hans": "回复", "en": "Reply"}, amount="2", unit=Unit.WORKING_DAYS)
    } == package.deadlines
    assert sorted(package.forms) == ["check", "intake"]
    assert [clause.id for clause in package.clauses] == ["AC-1", "AC-2", "AC-3"]
    assert (
        Person(login="li.min", name={"zh-Hans": "李敏", "en": "Li Min"}, groups=("service",)),
    ) == package.company.people
    assert ((time(9), time(12)), (time(13), time(18))) == package.company.hours[1]


def test_a_message_is_kept_as_long_as_the_procedure_says() -> None:
    said = '[messages.paid]\nkeep = "P30D"\n[messages."收到 回复"]\nkeep = "PT0S"\n'

    package = package_from_files(files(procedure=PROCEDURE + said))

    assert {"paid": timedelta(days=30), "收到 回复": timedelta()} == package.keeps


@pytest.mark.parametrize("keep", ["30", "P1M", "-P1D", "P99999D", "P1D or so"])
def test_a_message_kept_for_no_time_at_all_is_told_where_and_what_to_write(keep: str) -> None:
    said = f'[messages.paid]\nkeep = "{keep}"\n'

    (finding,) = read_files(files(procedure=PROCEDURE + said)).findings

    assert (finding.rule, finding.file, finding.line) == ("message-keep", "procedure.toml", 34)
    assert finding.message == (
        'expected messages.paid.keep to be days and hours such as "P30D" or "PT12H", or "PT0S" for not at all, '
        f'found "{keep}"'
    )


def test_element_names_come_from_diagram_and_texts() -> None:
    names = package_from_files(files()).element_names

    assert names["check"] == {"zh-Hans": "核实", "en": "Check"}
    assert names["f_founded"] == {"zh-Hans": "属实"}


def test_letters_gather_their_languages() -> None:
    package = package_from_files(files())

    assert {
        "done": Letter(
            id="done",
            subject={"zh-Hans": "您的投诉 {{ number }}", "en": "Your complaint {{ number }}"},
            body={
                "zh-Hans": "{{ data.customer_name }}您好，已维修。",
                "en": "Dear {{ data.customer_name }}, it is repaired.",
            },
        )
    } == package.letters


def test_the_same_bytes_have_the_same_digest() -> None:
    backwards = dict(reversed(files().items()))

    assert package_from_files(files()).digest == package_from_files(backwards).digest
    assert package_from_files(files()).digest != package_from_files(files(intake=INTAKE + "\n")).digest


def test_all_problems_come_at_once() -> None:
    content = files(
        company=changed(COMPANY, 'language = "zh-Hans"', 'language = "german"'),
        procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "workdays"'),
        clauses=changed(CLAUSES, 'id = "AC-2"', 'id = "AC-1"'),
        intake=changed(INTAKE, "type: text, label: { zh-Hans: 摘要", "type: txt, label: { zh-Hans: 摘要"),
        complaint=b"<html/>",
    )

    with pytest.raises(PackageRefused) as refused:
        package_from_files(content)

    assert {
        ("company.toml", 4),
        ("procedure.toml", 32),
        ("clauses.toml", 10),
        ("forms/intake.yaml", 6),
        ("complaint.bpmn", 1),
    } == {(finding.file, finding.line) for finding in refused.value.findings}


WRONG = [
    (
        files(company=COMPANY + 'colour = "red"\n'),
        'expected people.0.colour to be a known key, found "colour"; remove it or use one of groups, login, name',
    ),
    (
        files(procedure=changed(PROCEDURE, "amount = 2", "amuont = 2")),
        'expected deadlines.reply.amuont to be a known key, found "amuont"; did you mean "amount"?',
    ),
    (
        files(procedure=changed(PROCEDURE, "amount = 2", "amount = true")),
        "expected deadlines.reply.amount to be a number or a FEEL expression in quotes, found true or false (True)",
    ),
    (
        files(procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "workdays"')),
        'found "workdays"; did you mean "working_days"?',
    ),
    (
        files(procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "field"\nfield = "due"')),
        'expected deadlines.reply.amount to be left out with unit = "field", found an amount; remove it',
    ),
    (
        files(procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "days"\nwarn_at = [80]')),
        "expected deadlines.reply.warn_at to be shares of the time between 0 and 1, found [80.0]",
    ),
    (
        files(procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "days"\nremind = [{ at = 12, to = "x" }]')),
        "expected deadlines.reply.remind.0.at to be a number above 0 and up to 10, found",
    ),
    (
        files(procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "days"\nextension = { most = -1 }')),
        "expected deadlines.reply.extension.most to be a number above 0 in the deadline's unit, found",
    ),
    (
        files(procedure=changed(PROCEDURE, 'unit = "working_days"', 'unit = "days"\nby = "25:00"')),
        'expected deadlines.reply.by to be a time such as "09:00", found "25:00"',
    ),
    (
        files(company=changed(COMPANY, "[groups.service]", '[groups.service]\ncalendar = "shop"')),
        'expected groups.service.calendar to be one of [calendars], found "shop"',
    ),
    (
        files(
            company=changed(
                COMPANY,
                "[groups.service]",
                '[[calendar.changes]]\nfrom = 2026-05-01\nhours = { sat = ["09:00-12:00"] }\n[groups.service]',
            )
        ),
        "expected calendar to be office hours that make a calendar, found",
    ),
    (
        files(procedure=changed(PROCEDURE, "[start]", '[start]\npublic = "yes"')),
        "expected start.public to be true or false, found a text (yes)",
    ),
    (
        files(company=changed(COMPANY, '"09:00-12:00", "13:00-18:00"]\ntue', '"09:00-12:00", "11:00-18:00"]\ntue')),
        "expected calendar.hours to be office hours of a working week, found",
    ),
    (
        files(company=changed(COMPANY, "Asia/Shanghai", "Asia/Shangri-La")),
        'expected time_zone to be a time zone such as Asia/Shanghai, found "Asia/Shangri-La"',
    ),
    (
        files(company=changed(COMPANY, "Asia/Shanghai", "../../etc/passwd")),
        'expected time_zone to be a time zone such as Asia/Shanghai, found "../../etc/passwd"',
    ),
    (
        files(company=changed(COMPANY, "AC-{year}-{seq:05}", "AC-{year}")),
        "expected case_number to be letters, digits and -./_ with {seq} once",
    ),
    (
        files(company=changed(COMPANY, '{ zh-Hans = "客服", en = "Service" }', '{ zh-Hans = "客服" }')),
        "expected groups.service.name to be words in en too, found zh-Hans; add the missing language",
    ),
    (
        files(
            procedure=PROCEDURE
            + '[deadlines.Reply-2]\ntitle = { zh-Hans = "二", en = "two" }\namount = 1\nunit = "days"\n'
        ),
        'expected deadlines.Reply-2 to be its id to be lower-case snake_case, found "Reply-2"',
    ),
    (
        files(en=changed(TEXTS_EN, 'check = "Check"', 'chekc = "Check"')),
        'expected [elements] to name elements of the diagrams, found "chekc"; did you mean "check"?',
    ),
    (files(procedure=None), "expected the file procedure.toml, found none"),
    (files(clauses=b"\xff\xfe"), "expected clauses.toml to be UTF-8 text, found other bytes; save it as UTF-8"),
    (files(clauses="a = " + "[" * 5000), "found tables nested too deeply"),
    (files(clauses="a = " + "9" * 5000), "expected clauses.toml to be valid TOML, found: Exceeds the limit"),
    (files(clauses="#" * 600_000), "expected clauses.toml to be at most 500000 bytes, found 600000"),
    (files(complaint='<!DOCTYPE x [<!ENTITY a "b">]><x/>'), "found: doctype; remove the DOCTYPE line"),
    (files(complaint="<x/>"), "found: not-bpmn; save it as BPMN 2.0 XML"),
    ({**files(), "../secret.toml": b""}, "expected only the files of a procedure package, found '../secret.toml'"),
    ({**files(), "scenario/a.toml": b""}, "found 'scenario/a.toml'; see docs/procedure-packages.md for the folders"),
    ({**files(), "huge.dmn": b" " * 2_000_001}, "expected huge.dmn to have at most 2000000 bytes, found 2000001"),
    ({f"scenarios/{n}.toml": b"" for n in range(401)}, "expected at most 400 files in a package, found 401"),
]


@pytest.mark.parametrize(("content", "says"), WRONG, ids=[says[:60] for _, says in WRONG])
def test_what_is_wrong_is_said_with_the_way_out(content: dict[str, bytes], says: str) -> None:
    found = messages(content)

    assert [True for message in found if says in message] == [True], found


def test_an_empty_package_names_only_the_missing_files() -> None:
    assert {"company.toml", "procedure.toml", "clauses.toml", ""} == {one.file for one in read_files({}).findings}


def test_too_many_elements_are_refused_quickly() -> None:
    tasks = "".join(f'<bpmn:task id="t{n}" name="t"/>' for n in range(2_500))
    content = files(complaint=bpmn(f'<bpmn:process id="complaint">{tasks}</bpmn:process>'))

    begin = clock.perf_counter()
    found = messages(content)

    assert found == ["expected at most 500 elements in the diagrams, found 2501; split the procedure"]
    assert clock.perf_counter() - begin < 5


def test_a_company_alone_can_be_read() -> None:
    assert company_from_file(COMPANY.encode()).id == "acme"
    with pytest.raises(PackageRefused):
        company_from_file(b"id = 1")


def test_the_calendar_follows_the_holidays_of_the_company() -> None:
    calendar = calendars_of(company_from_file(COMPANY.encode())).own
    plain = calendars_of(company_from_file(changed(COMPANY, 'base = "CN"', 'base = ""').encode())).own

    national_day = date(2025, 10, 1)
    assert not is_working_day(calendar, national_day)
    assert is_working_day(plain, national_day)


def test_a_diagram_of_another_file_may_not_reuse_ids() -> None:
    reading = read_files({**files(), "second.bpmn": bpmn(DIAGRAM)})

    assert "second.bpmn" in {file for _, file, _ in reading.diagram.duplicates}


def test_a_department_may_work_at_other_hours_and_everybody_at_others_from_a_day_on() -> None:
    text = changed(
        COMPANY,
        "[groups.repair]",
        """[[calendar.changes]]
from = 2026-05-01
hours = { mon = ["08:00-12:00"], tue = ["08:00-12:00"], wed = ["08:00-12:00"], thu = ["08:00-12:00"], fri = ["08:00-12:00"] }
[calendars.shop]
base = ""
hours = { sun = ["10:00-16:00"] }
[groups.repair]
calendar = "shop\"""",
    )

    company = company_from_file(text.encode())
    calendars = calendars_of(company)

    assert company.groups["repair"].calendar == "shop"
    assert periods(calendars.own, date(2026, 4, 30)) == ((time(9), time(12)), (time(13), time(18)))
    assert periods(calendars.own, date(2026, 5, 6)) == ((time(8), time(12)),)
    assert periods(calendars.of("shop"), date(2026, 5, 3)) == ((time(10), time(16)),)


def test_the_choices_of_a_deadline_are_read() -> None:
    text = changed(
        PROCEDURE,
        'unit = "working_days"',
        """unit = "working_days"
by = "17:30"
warn_at = [0.9]
remind = [{ at = 1.5, to = "repair" }, { at = 0.5, to = "holder" }]
paused_by = ["service"]
extension = { most = 1.5, times = 2, approved_by = "repair", letter = "done" }
[deadlines.at_once]
title = { zh-Hans = "立即", en = "At once" }
binding = false""",
    )

    package = package_from_files(files(procedure=text))
    reply, at_once = package.deadlines["reply"], package.deadlines["at_once"]

    assert reply.ladder == (Rung(0.5, "holder"), Rung(0.9), Rung(1.5, "repair"))
    assert (reply.by, reply.paused_by, reply.binding) == (time(17, 30), ("service",), True)
    assert reply.extension == ExtensionRule("1.5", times=2, approved_by="repair", letter="done")
    assert (at_once.binding, at_once.amount, at_once.field) == (False, "", "")


def test_a_position_is_a_group_in_each_group_that_has_it_and_lanes_name_it() -> None:
    company = COMPANY + '[positions.head]\nname = { zh-Hans = "负责人", en = "head" }\ninstead = "service"\n'
    lanes = """lane_service = { group = "repair", position = "head" }
lane_repair = { group = '= summary', position = "head" }"""
    procedure = changed(PROCEDURE, 'lane_service = "service"\nlane_repair = "repair"', lanes)

    package = package_from_files(files(procedure=procedure) | {"company.toml": company.encode()})

    assert list(package.company.groups) == [
        "service",
        "repair",
        "repair.head",
    ]  # departments have it where none are named
    assert package.company.groups["repair.head"].name == {"zh-Hans": "维修负责人", "en": "Repair, head"}
    assert package.lanes == {"lane_service": "repair.head", "lane_repair": '=(summary) + ".head"'}


def test_whoever_holds_a_position_belongs_to_its_group_too() -> None:
    held = '[positions.head]\nname = { zh-Hans = "负责人", en = "head" }\n'
    head = '[[people]]\nlogin = "qin.hong"\nname = { zh-Hans = "秦红", en = "Qin Hong" }\ngroups = ["repair.head"]\n'

    package = package_from_files(files() | {"company.toml": (COMPANY + held + head).encode()})

    assert package.company.people[-1].groups == ("repair", "repair.head")


@pytest.mark.parametrize(
    ("position", "wrong"),
    [
        ('of = ["repairs"]', 'found "repairs"; did you mean "repair"?'),
        ('instead = "boss"', 'found "boss"'),
        ('instead = "repair.head"', 'found "repair.head"'),  # itself
    ],
)
def test_a_position_of_nothing_is_refused(position: str, wrong: str) -> None:
    company = COMPANY + f'[positions.head]\nname = {{ zh-Hans = "负责人", en = "head" }}\n{position}\n'

    with pytest.raises(PackageRefused) as refused:
        company_from_file(company.encode())

    assert [(one.rule, wrong in one.message) for one in refused.value.findings] == [("position-group", True)]
