"""Cases as event logs: what stands in them, what does not, and that another program reads the same."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from engine.commands.notices import add_note
from engine.commands.site import Site
from engine.queries.event_logs import LoggedCase, LoggedStep, Wanted, logged_cases
from engine.worker import handlers
from tests.support.cafe import a_complaint, a_round, do
from tests.support.site import CAFE, a_site, actor_of
from webapp.event_logs import ocel, table, xes

ALL = Wanted("", datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
XES = "{http://www.xes-standard.org/}"
#: A Python with pm4py, for the test that another program reads our files. It is AGPL and none of our dependencies.
PM4PY = os.environ.get("PM4PY_PYTHON", "")
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


def two_cases(site: Site) -> list[LoggedCase]:
    first = a_complaint(site, customer_name="Ouyang Shihan")
    do(site, first.case_id, "assess", founded="no", remark="nobody's business")
    with site.acting(actor_of(site, "fang.lan")) as context:
        add_note(context, first.case_id, "nobody's business either")
    second = a_complaint(site, kind="service")
    a_round(site, second.case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    return read(site)


def read(site: Site) -> list[LoggedCase]:
    with site.database.reading(CAFE) as connection:
        return list(logged_cases(connection, site.deployments, CAFE, ALL))


def test_every_step_is_there_with_who_and_when_and_nothing_of_the_customer(site: Site) -> None:
    first, second = two_cases(site)

    assert [step.element for step in first.steps] == ["received", "assess", "rejected", "rejected"]
    assert (first.steps[1].activity, first.steps[1].person, first.steps[1].transition) == (
        "核实",
        "fang.lan",
        "complete",
    )
    assert {step.element for step in second.steps} >= {"assess", "reply", "fix", "confirm"}
    assert dict(first.attributes) == {"founded": "no", "kind": "taste"}
    for log in (xes([first, second]), ocel(lambda: [first, second]), table([first, second])):
        text = b"".join(log).decode()
        assert "Ouyang" not in text
        assert "business" not in text
        assert "coffee too cold" not in text


def test_xes_has_the_shape_that_the_standard_gives_it() -> None:
    log = etree.fromstring(b"".join(xes([a_case()])))

    assert (log.tag, log.get("xes.version"), log.get("xes.features")) == (f"{XES}log", "1849-2016", "")
    assert [each.get("prefix") for each in log.iter(f"{XES}extension")] == ["concept", "lifecycle", "org", "time"]
    assert [
        (each.tag.removeprefix(XES), each.get("key"), each.get("value")) for each in log.find(f"{XES}trace/{XES}event")
    ] == [
        ("string", "concept:name", 'Look <at> "it"'),
        ("date", "time:timestamp", "2026-03-02T01:00:00.000Z"),
        ("string", "lifecycle:transition", "complete"),
        ("string", "org:resource", "li.min"),
        ("string", "shouwen:element", "look"),
    ]
    trace = {
        each.get("key"): (each.tag.removeprefix(XES), each.get("value"))
        for each in log.find(f"{XES}trace")
        if each.get("key")
    }
    assert trace["concept:name"] == ("string", "RT-1")
    assert trace["shouwen:data.amount"] == ("int", "12")
    assert trace["shouwen:data.safe"] == ("boolean", "true")
    order = [each.tag.removeprefix(XES) for each in log]
    assert order == ["extension"] * 4 + ["global"] * 2 + ["classifier", "string", "trace"]  # as its schema has them


def test_ocel_names_every_object_and_type_that_it_relates() -> None:
    log = json.loads(b"".join(ocel(lambda: [a_case()])))

    assert sorted(log) == ["eventTypes", "events", "objectTypes", "objects"]
    assert [each["name"] for each in log["objectTypes"]] == ["returns", "person", "visit"]
    assert [each["name"] for each in log["eventTypes"]] == ['Look <at> "it"']
    (event,) = log["events"]
    assert (event["id"], event["type"], event["time"]) == ("RT-1/2.1", 'Look <at> "it"', "2026-03-02T01:00:00.000Z")
    assert [(each["objectId"], each["qualifier"]) for each in event["relationships"]] == [
        ("RT-1", "case"),
        ("person/li.min", "done by"),
        ("RT-1/look#1", "visit"),
    ]
    assert {each["id"]: each["type"] for each in log["objects"]} == {
        "RT-1": "returns",
        "RT-1/look#1": "visit",
        "person/li.min": "person",
    }
    declared = {each["name"]: each["type"] for each in log["objectTypes"][0]["attributes"]}
    assert (declared["data.amount"], declared["data.safe"], declared["received"]) == ("integer", "boolean", "time")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_table_calculates(start: str) -> None:
    lines = b"".join(table([a_case(activity=f"{start}1+1")])).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(lines)))
    assert rows[1][3] == f"'{start}1+1"
    assert rows[1][:3] == ["RT-1", "returns", "2"]


@pytest.mark.skipif(not PM4PY, reason="set PM4PY_PYTHON to a Python that has pm4py")
def test_pm4py_reads_as_many_cases_events_and_objects_as_were_written(site: Site, tmp_path: Path) -> None:
    cases = two_cases(site)
    (tmp_path / "log.xes").write_bytes(b"".join(xes(cases)))
    (tmp_path / "log.jsonocel").write_bytes(b"".join(ocel(lambda: cases)))
    said = """import pm4py, sys
log = pm4py.read_xes(sys.argv[1], return_legacy_log_object=False)
ocel = pm4py.read_ocel2(sys.argv[2])
net = pm4py.discover_petri_net_inductive(log)
print(len(log), log["case:concept:name"].nunique(), len(ocel.events), len(ocel.objects), len(ocel.relations))"""
    command = [PM4PY, "-c", said, str(tmp_path / "log.xes"), str(tmp_path / "log.jsonocel")]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-5:]

    written = json.loads((tmp_path / "log.jsonocel").read_bytes())
    steps = sum(len(case.steps) for case in cases)
    related = sum(len(event["relationships"]) for event in written["events"])
    assert [int(each) for each in found] == [steps, 2, steps, len(written["objects"]), related]


def a_case(*, activity: str = 'Look <at> "it"') -> LoggedCase:
    step = LoggedStep("RT-1/2.1", AT, activity, "look", "look#1", "li.min", "", "complete")
    return LoggedCase("RT-1", "returns", 2, "open", "", AT, None, {"amount": 12, "safe": True}, (), (step,))
