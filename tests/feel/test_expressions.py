"""What expressions mean. The rows follow the chapters of DMN 1.5, 10.3."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.feel import Evaluation, compile_expression, to_json

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
DATA = {
    "amount": 150.5,
    "money": "99.90",
    "founded": "yes",
    "urgent": True,
    "空": None,
    "投诉等级": 3,
    "bought_on": "2026-02-27",
    "received_at": "2026-03-02T08:00:00+08:00",
    "customer": {"name": "王芳", "age": 40, "tags": ["vip", "old"]},
    "products": [{"name": "tea", "quantity": 2}, {"name": "cup", "quantity": 5}, {"name": "tin", "quantity": None}],
}


def value(source, **names):
    return to_json(compile_expression(source).evaluate({**DATA, **names}, now=MONDAY))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # arithmetic
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("0.1 + 0.2", 0.3),
        ("2 ** 3 ** 2", 64),  # left to right
        ("-2 ** 2", 4),  # negation binds tighter
        ("2 ** -1", 0.5),
        ("7 - 2 - 1", 4),
        ("10 / 4", 2.5),
        ("1 / 0", None),
        ("1 + null", None),
        ('1 + "1"', None),
        ('"a" + "b"', "ab"),
        ("-amount", -150.5),
        # comparison and three-valued logic
        ("amount > 100", True),
        ('amount > "100"', None),
        ("amount = null", False),
        ("空 = null", True),
        ("missing = null", True),
        ("missing > 3", None),
        ("missing.part.of", None),
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ('1 != "1"', None),
        ("1 != 2", True),
        ("true and null", None),
        ("false and null", False),
        ("null and false", False),
        ("true or null", True),
        ("false or null", None),
        ("true and 1", None),
        ("not(null)", None),
        ("not(false)", True),
        ("3 between 1 and 3", True),
        ("3 between 4 and 1", False),
        ("3 between null and 5", None),
        ("1 < 2 and 2 < 3 or false", True),
        ("[1, 2] = [1, 2]", True),
        ("[1, 2] = [2, 1]", False),
        ('{a: 1, b: "x"} = {b: "x", a: 1}', True),
        # in
        ("投诉等级 in [1..3]", True),
        ("投诉等级 in [1..3)", False),
        ("投诉等级 in (3..5]", False),
        ("投诉等级 in ]1..4[", True),
        ("投诉等级 in (<2, >=3)", True),
        ("投诉等级 in (1, 2)", False),
        ("投诉等级 in >2", True),
        ('founded in ("yes", "partly")', True),
        ('founded in ["yes", "partly"]', True),
        ('founded in "yes" and true', True),
        ("null in [1..3]", None),
        ('"b" in ["a".."c"]', True),
        # if, for, some, every
        ('if amount > 100 then "big" else "small"', "big"),
        ('if null then "yes" else "no"', "no"),
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in [1..3) return i", [1, 2]),
        ("for i in [1, 2], j in [i, 10] return i * j", [1, 10, 4, 20]),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", [1, 1, 2, 6, 24]),
        ("for p in products return p.name", ["tea", "cup", "tin"]),
        ('for d in @"2026-03-01"..@"2026-03-03" return d.day', [1, 2, 3]),
        ("for i in null return i", None),
        ("some p in products satisfies p.quantity > 4", True),
        ("every p in products satisfies p.quantity > 0", None),
        ("every p in products satisfies p.quantity > 2", False),
        ("some x in [] satisfies true", False),
        ("every x in [] satisfies false", True),
        # lists, filters, paths
        ("products.name", ["tea", "cup", "tin"]),
        ("products[quantity > 2].name", ["cup"]),
        ('products[item.name = "tea"][1].quantity', 2),
        ("products[2].name", "cup"),
        ("products[-1].name", "tin"),
        ("products[9]", None),
        ("customer.tags[1]", "vip"),
        ("[1, 2, 3, 4][item > 2]", [3, 4]),
        ("[1, 2][true]", [1, 2]),
        ("amount[1]", 150.5),
        ("[][1]", None),
        ('customer["name" = "x"]', []),
        # contexts
        ("{a: 1, b: a + 1}.b", 2),
        ('{"first name": "Li", greeting: "Hi " + first name}.greeting', "Hi Li"),
        ("{a: {b: [1, {c: 7}]}}.a.b[2].c", 7),
        ("{a: 1, a: 2}", None),
        ("{}", {}),
        # functions
        ("(function(a, b) a + b)(1, 2)", 3),
        ("{f: function(n: number) n * 2, r: f(4)}.r", 8),
        ('{f: function(n: number) n, r: f("x")}.r', None),
        ("{f: function(a, b) a - b, r: f(b: 1, a: 5)}.r", 4),
        ("(function(a) a)(1, 2)", None),
        ("missing(1)", None),
        ('substring(string: "foobar", start position: 3, length: 2)', "ob"),
        ('substring(wrong: "foobar")', None),
        # instance of
        ("1 instance of number", True),
        ('"a" instance of number', False),
        ("null instance of Any", False),
        ("[1, 2] instance of list<number>", True),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1} instance of context<a: number, b: string>", False),
        ('@"2026-01-01" instance of date', True),
        ('@"P1D" instance of days and time duration', True),
        ("[1..2] instance of range<number>", True),
        ("(function(a) a) instance of function<Any> -> Any", True),
        # comments
        ("1 /* one */ + 2 // three", 3),
        # data with dates and money as text
        ('date(bought_on) < @"2026-03-01"', True),
        ("number(money) > 99", True),
        ("date and time(received_at) < now()", True),
    ],
)
def test_value(source, expected):
    found = value(source)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('@"2026-01-31" + @"P1M"', "2026-02-28"),
        ('@"2024-02-29" + @"P1Y"', "2025-02-28"),
        ('@"2026-03-01" - @"P1D"', "2026-02-28"),
        ('@"2026-03-01" - @"2026-02-01"', "P28D"),
        ('@"2026-03-02T23:30:00+08:00" + @"PT1H"', "2026-03-03T00:30:00+08:00"),
        ('@"2026-03-02T09:00:00+08:00" = @"2026-03-02T01:00:00Z"', True),
        ('@"2026-03-02T09:00:00" = now()', True),  # without a zone: in the zone of "now"
        ('@"10:00:00" + @"PT15H"', "01:00:00"),
        ('@"10:30:00" - @"10:00:00"', "PT30M"),
        ('@"P1Y" + @"P2M"', "P1Y2M"),
        ('@"P1D" * 1.5', "P1DT12H"),
        ('@"P1Y" / 2', "P6M"),
        ('@"P2D" / @"PT12H"', 4),
        ('@"P1D" < @"P1M"', None),
        ('-@"P1D"', "-P1D"),
        ('duration("PT36H")', "P1DT12H"),
        ('duration("P14M")', "P1Y2M"),
        ('duration("P0D")', "PT0S"),
        ('duration("1 day")', None),
        ('date("2026-02-30")', None),
        ("date(2026, 3, 2)", "2026-03-02"),
        ('date(@"2026-03-02T10:00:00Z")', "2026-03-02"),
        ('time("10:00:00.25")', "10:00:00.250000"),
        ("time(10, 30, 0)", "10:30:00"),
        ('date and time(@"2026-03-02", @"10:00:00Z")', "2026-03-02T10:00:00+00:00"),
        ('date and time("2026-03-02T09:00+08:00")', "2026-03-02T09:00:00+08:00"),
        ('years and months duration(@"2024-12-24", @"2026-03-01")', "P1Y2M"),
        ('years and months duration(@"2026-03-01", @"2024-12-24")', "-P1Y2M"),
        ("today()", "2026-03-02"),
        ("now()", "2026-03-02T09:00:00+08:00"),
        ('day of week(@"2026-03-02")', "Monday"),
        ('day of year(@"2026-02-01")', 32),
        ('week of year(@"2026-03-02")', 10),
        ('month of year(@"2026-03-02")', "March"),
        ('@"2026-03-02".weekday', 1),
        ('@"2026-03-02".year', 2026),
        ('@"2026-03-02T10:20:30+08:00".time offset', "PT8H"),
        ('@"10:20:30.5".second', 30.5),
        ('@"P3DT4H5M6S".hours', 4),
        ('@"-P1Y2M".months', -2),
        ('string(@"2026-03-02T10:00:00@Asia/Shanghai")', "2026-03-02T10:00:00@Asia/Shanghai"),
    ],
)
def test_dates_times_and_durations(source, expected):
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # texts
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", 9)', None),
        ('string length("投诉🐎")', 3),
        ('upper case("aBc")', "ABC"),
        ('substring before("foobar", "bar")', "foo"),
        ('substring after("foobar", "ob")', "ar"),
        ('contains("foobar", "of")', False),
        ('starts with("foobar", "fo")', True),
        ('string join(["a", null, "c"], "-")', "a-c"),
        ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
        ('matches("13800138000", "^1[3-9]\\d{9}$")', True),
        ('matches("HELLO", "hello", "i")', True),
        ('string(1.5) + string(true) + string([1, "a"])', '1.5true[1, "a"]'),
        # numbers
        ("decimal(2.345, 2)", 2.34),
        ("floor(-1.5)", -2),
        ("ceiling(1.2)", 2),
        ("round half up(-2.5, 0)", -3),
        ("round half down(2.5, 0)", 2),
        ("round up(1.121, 2)", 1.13),
        ("abs(-3)", 3),
        ("modulo(-12, 5)", 3),
        ("modulo(12, -5)", -3),
        ("sqrt(16)", 4),
        ("odd(5)", True),
        ("even(5)", False),
        ('number("1 000,5", " ", ",")', 1000.5),
        ('number("0x10")', None),
        # lists
        ("count([1, null])", 2),
        ("min(3, 1, 2)", 1),
        ('max(["a", "c", "b"])', "c"),
        ("sum([1, 2, 3.5])", 6.5),
        ('sum([1, "a"])', None),
        ("sum([])", None),
        ("mean(1, 2, 6)", 3),
        ("median([8, 2, 5, 3])", 4),
        ("stddev(2, 4, 7, 5)", 2.0816659994661326),
        ("mode([6, 3, 9, 6, 6, 3, 3])", [3, 6]),
        ("all([true, null])", None),
        ("any([false, true, null])", True),
        ("list contains([1, null], null)", True),
        ("sublist([4, 5, 6], 1, 2)", [4, 5]),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("concatenate([1, 2], [3])", [1, 2, 3]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ("insert before([1, 3], 1, 2)", [2, 1, 3]),
        ("remove([1, 2, 3], 2)", [1, 3]),
        ("list replace([2, 4, 7, 8], function(item, new) item < new, 5)", [5, 5, 7, 8]),
        ("reverse([1, 2, 3])", [3, 2, 1]),
        ("index of([1, 2, 3, 2], 2)", [2, 4]),
        ("distinct values([1, 2, 1])", [1, 2]),
        ("flatten([[1, 2], [[3]], 4])", [1, 2, 3, 4]),
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("sort([3, 1, 2], function(x, y) x > y)", [3, 2, 1]),
        ("product([2, 3, 4])", 24),
        # contexts
        ('get value({a: 1}, "a")', 1),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ('context([{key: "a", value: 1}])', {"a": 1}),
        ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
        ('context put({x: {y: 1}}, ["x", "y"], 2)', {"x": {"y": 2}}),
        ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": 2, "b": 3}),
        # ranges
        ("before(1, 10)", True),
        ("before([1..5), [5..10])", True),
        ("meets([1..5], [5..10])", True),
        ("overlaps([1..5], [5..8])", True),
        ("overlaps([1..5), [5..8])", False),
        ("overlaps before([1..5], [3..8])", True),
        ("finishes(10, [1..10])", True),
        ("includes([1..10], 5)", True),
        ("during(5, [1..5))", False),
        ("starts([1..5], [1..10])", True),
        ("coincides([1..5], [1..5))", False),
        ('range("[1..5)").end', 5),
        ("[1..5).end included", False),
        ("is(1, 1.0)", True),
        ('is(@"10:00:00", @"10:00:00Z")', False),
    ],
)
def test_builtin(source, expected):
    assert value(source) == expected


def test_names_of_several_words_are_read_where_they_are_declared():
    expression = compile_expression(
        "Monthly Salary * 12 + rate-b", names=frozenset({"Monthly Salary", "Monthly", "rate-b"})
    )

    found = expression.evaluate({"Monthly Salary": 1000, "rate-b": 5}, now=MONDAY)

    assert expression.names == {"Monthly Salary", "rate-b"}
    assert found == 12005


def test_free_names_leave_out_what_the_expression_declares():
    expression = compile_expression("for p in products return p.price * {r: rate, x: r + 1}.x + count([f])")

    assert expression.names == {"products", "rate", "f"}


def test_a_field_named_like_a_function_is_a_field():
    assert value("count > 3 and date = 1", count=5, date=1) is True


def test_the_instant_is_the_callers():
    expression = compile_expression("today()")

    assert expression.evaluate({}, now=datetime(2026, 3, 2, 17, 0, tzinfo=UTC)) == date(2026, 3, 2)
    assert expression.evaluate({}, now=datetime(2026, 3, 2, 17, 0, tzinfo=UTC).astimezone(SHANGHAI)) == date(2026, 3, 3)


def test_expressions_that_share_an_evaluation_share_its_budget():
    evaluation = Evaluation({"n": 1}, now=MONDAY)

    assert compile_expression("n + 1").evaluate_in(evaluation) == Decimal(2)
    assert compile_expression("n + 2").evaluate_in(evaluation.with_names({"n": Decimal(5)})) == Decimal(7)


def test_values_leave_as_json():
    values = [Decimal("1.50"), Decimal(2), date(2026, 3, 2), time(9, 30), timedelta(hours=1), {"a": [None, True]}]

    assert to_json(values) == [1.5, 2, "2026-03-02", "09:30:00", "PT1H", {"a": [None, True]}]
