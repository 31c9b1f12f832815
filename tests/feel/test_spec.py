"""Every built-in and construct of FEEL, row by row: ``expression => value`` in the files of ``spec/``.

The rows are ours, written from DMN 1.5, chapter 10; the value is FEEL as ``string`` writes it, texts in quotes.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.feel import Evaluation, compile_expression

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FILES = sorted((Path(__file__).parent / "spec").glob("*.feel"))


def rows():
    for file in FILES:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                source, expected = line.rsplit(" => ", 1)
                yield pytest.param(source, expected, id=f"{file.stem}:{number}")


@pytest.mark.parametrize(("source", "expected"), list(rows()))
def test_row(source, expected):
    value = compile_expression(source).evaluate({}, now=NOW)

    assert written(value) == expected


def written(value):
    """The FEEL that writes *value*: a text in quotes, a date, time or duration behind ``@``."""
    evaluation = Evaluation({"items": [value]}, now=NOW)
    text = compile_expression("string(items)").evaluate_in(evaluation)[1:-1]
    kind = compile_expression("items[1] instance of list<Any> or items[1] instance of context").evaluate_in(evaluation)
    temporal = not kind and type(value).__name__ in {"date", "time", "datetime", "timedelta", "YearsMonths"}
    return f'@"{text}"' if temporal else text
