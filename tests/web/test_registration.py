"""Registering by telephone: number first, what is known already, and what the new complaint has to do with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.deployments import deploy
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.procedures import PackageRef, collect_files
from tests.support.cafe import a_complaint, task_id, the_case, with_telephone
from tests.support.site import CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import company_events

FORM = "/register/harbour-cafe/complaint"
SEVERITY = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="severity_file" name="severity" namespace="urn:cafe">
  <decision id="severity" name="级别">
    <variable id="severity_variable" name="severity" typeRef="string"/>
    <decisionTable id="severity_table" hitPolicy="UNIQUE">
      <input id="kind_in"><inputExpression id="kind_ex" typeRef="string"><text>kind</text></inputExpression></input>
      <output id="severity_out" name="severity" typeRef="string"/>
      <rule id="r1"><description>口味问题涉及食品安全</description><inputEntry id="i1"><text>"taste"</text></inputEntry>
        <outputEntry id="o1"><text>"major"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="i2"><text>"service"</text></inputEntry>
        <outputEntry id="o2"><text>"minor"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""
SHOWN = """
  - id: severity
    type: show
    label: { zh-Hans: 级别, zh-Hant: 級別, en: Severity }
    options:
      - { value: major, label: { zh-Hans: 重大, zh-Hant: 重大, en: Major } }
      - { value: minor, label: { zh-Hans: 轻微, zh-Hant: 輕微, en: Minor } }
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path)
    with_telephone(made)
    return made


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_the_number_comes_first_and_brings_name_and_earlier_complaints(site: Site, app: Flask) -> None:
    before = a_complaint(site, summary="咖啡太凉", customer_phone="138 0013 8000", customer_name="王红")
    fang = staff(app, "fang.lan")
    fang.open(FORM)

    page = fang.submit(f"{FORM}/caller", caller="+86 13800138000")

    assert page.value("f-customer_name") == "王红"
    assert page.value("f-customer_phone") == "+86 13800138000"
    assert "1 earlier complaint of this caller" in page.words
    assert before.number in page.words
    assert company_events(site)[-1].action == "search"


def test_what_says_the_same_is_shown_by_a_button_and_while_writing(site: Site, app: Flask) -> None:
    before = a_complaint(site, summary="拿铁咖啡里发现一根头发")
    fang = staff(app, "fang.lan")
    fang.open(FORM)

    page = fang.submit(FORM, f_summary="拿铁里有头发", _refresh="1")
    assert before.number in page.words
    assert page.value("f-summary") == "拿铁里有头发"

    written = {"f-summary": "拿铁里有头发", "csrf_token": page.value("csrf_token")}
    panel = fang.send(f"{FORM}/known", written)
    assert before.number in panel.text
    assert "<main" not in panel.text


def test_a_complaint_is_linked_as_it_is_registered(site: Site, app: Flask) -> None:
    before = a_complaint(site)
    fang = staff(app, "fang.lan")
    fang.open(FORM)

    page = fang.submit(
        FORM, f_summary="咖啡太凉", f_kind="taste", relation=f"related:{before.number}", relation_reason="the same cup"
    )

    assert page.path == f"/tasks/{task_id(site, before.case_id + 1, 'assess')}"
    page = fang.open(f"/cases/{before.number}")
    assert "Linked with HC-2026-00002" in page.words
    assert "the same cup" in page.words


def test_a_call_about_an_open_complaint_is_joined_to_it_at_once(site: Site, app: Flask) -> None:
    before = a_complaint(site)
    fang = staff(app, "fang.lan")
    fang.open(FORM)
    again = {"f_summary": "咖啡太凉", "f_kind": "taste", "relation": f"joined:{before.number}"}

    page = fang.submit(FORM, **again, relation_reason="")
    assert page.status == 422
    assert page.value("f-summary") == "咖啡太凉"
    page = fang.submit(FORM, **again, relation_reason="rang again")

    assert page.path == f"/cases/{before.number}"
    assert "HC-2026-00002 was joined to this case" in page.words
    assert the_case(site, before.case_id + 1).status == "withdrawn"
    assert "Joined to HC-2026-00001" in fang.open("/cases/HC-2026-00002").words


def test_only_who_may_register_is_offered_to_split_a_complaint(site: Site, app: Flask) -> None:
    number = a_complaint(site).number

    def offered(login: str) -> list[str]:
        return staff(app, login).open(f"/cases/{number}").tree.xpath("//a[contains(@href,'split=')]/text()")

    assert offered("fang.lan") == ["Split"]
    assert offered("gu.qiang") == []


def test_part_of_a_complaint_is_split_off(site: Site, app: Flask) -> None:
    before = a_complaint(site, summary="咖啡太凉，服务员态度差")
    fang = staff(app, "fang.lan")
    page = fang.open(f"{FORM}?split={before.number}")
    assert page.value("f-summary") == "咖啡太凉，服务员态度差"

    fang.submit(FORM, f_summary="服务员态度差", f_kind="service", relation_reason="two matters")

    page = fang.open(f"/cases/{before.number}")
    assert "Split off: HC-2026-00002" in page.words
    assert "two matters" in page.words


def test_a_repeated_complaint_is_marked_in_the_lists_and_on_the_case(site: Site, app: Flask) -> None:
    a_complaint(site, customer_phone="13800138000", summary="first")
    a_complaint(site, customer_phone="138-0013-8000", summary="second")
    fang = staff(app, "fang.lan")

    assert fang.open("/cases").words.count("complaint no. 2") == 1
    assert fang.open("/?tab=groups").words.count("complaint no. 2") == 1
    assert "complaint no. 2" in fang.open("/cases/HC-2026-00002").words
    first = fang.open("/cases/HC-2026-00001").words
    assert "complaint no." not in first
    assert "1 other complaint of this caller" in first


def test_cases_are_joined_and_linked_from_their_page(site: Site, app: Flask) -> None:
    a_complaint(site, summary="拿铁咖啡里发现一根头发")
    a_complaint(site, summary="拿铁里有头发")
    fang = staff(app, "fang.lan")
    path = "/cases/HC-2026-00002/relations/join"
    page = fang.open(path)
    assert "HC-2026-00001" in page.words

    assert fang.submit(path, f_other="HC-2026-00099", f_reason="x").errors() == [
        "Number of the other case No case has this number."
    ]
    page = fang.submit(path, f_other="hc-2026-00001", f_reason="the same hair")

    assert page.path == "/cases/HC-2026-00001"
    assert "goes on for" not in fang.open("/cases/HC-2026-00002").words
    assert "Joined to HC-2026-00001" in fang.open("/cases/HC-2026-00002").words


def test_who_may_not_register_does_not_join(site: Site, app: Flask) -> None:
    a_complaint(site)
    a_complaint(site)
    gu = staff(app, "gu.qiang")
    path = "/cases/HC-2026-00002/relations/join"
    gu.open(path)

    page = gu.submit(path, f_other="HC-2026-00001", f_reason="the same")

    assert page.status == 403
    assert "Only whoever answers for the case" in page.words
    assert the_case(site, 2).status == "open"


def test_how_severe_it_is_stands_beside_the_form_as_soon_as_the_rules_can_say(tmp_path: Path) -> None:
    made = a_site(tmp_path)
    files = dict(collect_files(made.settings.processes, made.settings.forms, PackageRef(CAFE, "complaint")))
    files["severity.dmn"] = SEVERITY.encode()
    files["forms/assess.yaml"] = files["forms/assess.yaml"].rstrip() + SHOWN.encode()
    with made.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, files)
    fang = staff(an_app(made), "fang.lan")
    page = fang.open(FORM)
    assert "The decision tables say here what follows from the answers" in page.words

    without_script = fang.submit(FORM, f_summary="oat milk gone sour", f_kind="taste", _refresh="1")

    assert "Severity: Major" in without_script.words
    assert "口味问题涉及食品安全" in without_script.words
    written = {"f-summary": "rude", "f-kind": "service", "csrf_token": without_script.value("csrf_token")}
    assert "<b>Minor</b>" in fang.send(f"{FORM}/known", written).text
    del written["f-kind"]
    assert "<b>" not in fang.send(f"{FORM}/known", written).text.partition("judged")[2].partition("</div>")[0]
