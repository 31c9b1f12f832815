"""What a package says of registers and figures, and what is refused."""

from __future__ import annotations

import pytest

from engine.procedures.package import Column
from engine.procedures.reader import read_files
from tests.procedures.packages import PROCEDURE, files

REPORT = '[reports.all]\ntitle = { zh-Hans = "全部", en = "All" }\n'
FIGURE = '[reports.all.figures.rate]\ntitle = { zh-Hans = "率", en = "Rate" }\n'


def test_a_report_is_read_whole() -> None:
    said = (
        'form = "表1"\nof = ["complaint"]\nwhere = "x = 1"\nevery = "quarter"\ndated = "closed"\ngroups = ["service"]\n'
        'rows = "summary"\nacross = "case.status"\n'
        'columns = ["case.number", { show = "summary", title = { zh-Hans = "事由", en = "Subject" } }]\n'
    )
    figure = FIGURE + 'count = "case.is_closed"\namong = "true"\ntarget = 85\nat_most = true\nof = ["return"]\n'
    report = read_files(files(procedure=PROCEDURE + REPORT + said + figure)).package.reports["all"]

    assert (report.form, report.of, report.where, report.every, report.dated) == (
        "表1",
        ("complaint",),
        "x = 1",
        "quarter",
        "closed",
    )
    assert (report.groups, report.rows, report.across) == (("service",), "summary", "case.status")
    assert report.columns == (Column("case.number"), Column("summary", {"zh-Hans": "事由", "en": "Subject"}))
    rate = report.figures[0]
    assert (rate.id, rate.count, rate.among, rate.target, rate.at_most, rate.of) == (
        "rate", "case.is_closed", "true", "85", True, ("return",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (REPORT + 'every = "fortnight"\n', "expected reports.all.every to be one of"),
        (REPORT + 'dated = "opened"\n', "expected reports.all.dated to be one of"),
        (REPORT + "columns = [1]\n", "expected reports.all.columns to be texts, or tables with show and title"),
        (REPORT + 'columns = "case.number"\n', "expected reports.all.columns to be a list of columns"),
        (REPORT + FIGURE, "to be one of count, sum, mean, value, found none of them"),
        (REPORT + FIGURE + 'count = "true"\nsum = "x"\n', "to be one of count, sum, mean, value, found count, sum"),
        (REPORT + FIGURE + 'value = "1"\namong = "true"\n', "to be left out beside value"),
        (REPORT + FIGURE + 'count = "true"\ntarget = "much"\n', "target to be a number"),
        (REPORT + 'figures = ["rate"]\n', "expected reports.all.figures to be a table"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(said: str, message: str) -> None:
    findings = read_files(files(procedure=PROCEDURE + said)).findings

    assert any(message in found.message for found in findings), [found.message for found in findings]
