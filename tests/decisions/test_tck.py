"""The DMN TCK's conformance level 2, run through the public functions, and the page that publishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import tck

CASES = Path(__file__).parent / "tck"
PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


@pytest.fixture(scope="module")
def rows():
    return tck.run(CASES)


@pytest.mark.parametrize("case", list(tck.cases(CASES)), ids=lambda case: case.name)
def test_tck(case):
    found = tck.outcome(case)

    assert tck.same(case.expected, found), f"expected {case.expected!r}, found {found!r}"


def test_level_2_is_complete(rows):
    assert (len(rows), sum(row.cases for row in rows)) == (28, 126)


def test_the_page_publishes_what_is_measured(rows):
    assert tck.table(rows) in PAGE.read_text(encoding="utf-8")


def test_a_case_that_fails_says_what_was_expected(tmp_path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "odd.dmn").write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"><decision id="a" name="a">'
        "<literalExpression><text>1 + 1</text></literalExpression></decision></definitions>"
    )
    (tmp_path / "odd" / "odd-test-01.xml").write_text(
        '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><modelName>odd.dmn</modelName><testCase id="1">'
        '<resultNode name="a"><expected><value xsi:type="xsd:decimal">3</value></expected></resultNode>'
        "</testCase></testCases>"
    )

    assert tck.run(tmp_path) == [tck.Row("odd", 0, 1, ("odd-test-01-1-a: expected 3.0, found 2",))]
