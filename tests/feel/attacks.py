"""Expressions written to hurt: known ones, and any number of generated ones.

Every one has to end within half a second and ten megabytes, in a FeelError or in a bounded value.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from engine.feel.builtins import builtins

#: What the attackers find in the case.
CONTEXT = {
    "huge": 10**5000,
    "long": "a" * 20_000,
    "emoji": "😀" * 20_000,
    "many": list(range(5_000)),
    "rows": [{"n": number, "t": "x" * 10} for number in range(2_000)],
    "list": [1, 2, 3],
    "deep": None,
}
for _ in range(500):
    CONTEXT["deep"] = [CONTEXT["deep"]]

KNOWN = [
    # numbers
    "sort(rows, function(x, i) partition(1e6000, huge))",
    "sort(rows, function(x, i) date(1e6000, 1, 1) = null)",
    "sort(rows, function(x, i) time(1e6000, 1, 1) = null)",
    'sort(rows, function(x, i) substring("abc", 1, 1e6000) = "")',
    "9**9**9",
    "9**9**9**9**9",
    "(9**999)**999",
    "10**6144 * 10",
    "1e999999999",
    "-1e999999999999999999",
    "0.1**99999999",
    "1.0000000001**99999999999999999999",
    "exp(99999999999)",
    "log(0)",
    "sqrt(-1)",
    "1/0",
    "modulo(1e6000, 3)",
    "modulo(1, 0)",
    "decimal(1, 999999999)",
    "decimal(1/3, -999999999)",
    "floor(1e6144, 6000)",
    "9" * 9_000,
    "string(1e6144)",
    "huge * huge",
    # depth
    "(" * 9_000,
    "(" * 4_000 + "1" + ")" * 4_000,
    "[" * 4_000 + "]" * 4_000,
    "{a:" * 3_000,
    "-" * 9_000 + "1",
    "not(" * 2_000 + "true" + ")" * 2_000,
    "if " * 3_000,
    "1" + "+1" * 4_000,
    "x" + ".x" * 4_000,
    "x" + "[1]" * 3_000,
    "true" + " and true" * 1_000,
    "function(f) " * 800 + "1",
    "1 instance of " + "list<" * 1_500,
    "deep = deep",
    "count(deep)",
    # lists and loops
    "[1..100000000000]",
    "for i in 1..100000000000 return i",
    "for i in [1..100000000000] return i",
    "count(for i in 1..99999999 return 1)",
    "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
    "some x in 1..100000000000 satisfies x < 0",
    "every x in 1..100000000000 satisfies x > 0",
    "for i in 1..100000 return partial",
    "for i in 1..60 return [partial, partial]",
    "string(for i in 1..60 return [partial, partial])",
    "(for i in 1..60 return [partial, partial]) = (for i in 1..60 return [partial, partial])",
    "flatten(for i in 1..60 return [partial, partial])",
    "distinct values(for i in 1..20000 return i)",
    "sort(for i in 1..20000 return -i, function(a, b) a < b)",
    "sort(for i in 1..20000 return i, function(a, b) true)",
    "list[for i in 1..1000000 return i]",
    "many[many[many[item > 0][1] > 0][1] > 0]",
    "union(many, many, many, many)",
    "index of(many, many)",
    "concatenate(" + ", ".join(["many"] * 500) + ")",
    # texts
    'for i in 1..100000 return if i = 1 then "ab" else partial[-1] + partial[-1]',
    "string join(for i in 1..100000 return long, long)",
    'replace(long, "a", long)',
    "upper case(long + long)",
    'split(long, "")',
    "substring(long, -99999999999999999999, 99999999999999999999)",
    # functions
    "{f: function(x) f(x), r: f(1)}.r",
    "(function(f) f(f))(function(f) f(f))",
    "{y: function(f, n) f(f, n + 1) + f(f, n + 1), r: y(y, 1)}.r",
    "list replace(many, function(a, b) count(many) > 0, 1)",
    # regular expressions
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")',
    'matches(long, "(a|a)*b")',
    'matches(long, "(a*)*(a*)*(a*)*b")',
    'matches(long, "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)b")',
    'matches("a", "a{9999}{9999}{9999}")',
    'matches("a", "((((a{99}){99}){99}){99})")',
    'matches("aa", "(a)\\\\1")',
    'matches("a", "' + "(" * 300 + "a" + ")" * 300 + '")',
    'matches("a", "[[[[")',
    'replace(long, "a*?", "b")',
    'split(long, "(a?){200}a{200}")',
    # dates
    'date("9999-12-31") + duration("P999999999D")',
    'date("0001-01-01") - duration("P1D")',
    'date("0001-01-01") - duration("P999999Y")',
    'duration("P999999999D") * 1e30',
    'duration("P999999999999999999999999D")',
    "date(1e300, 1, 1)",
    'time("10:00:00@../../../../etc/passwd")',
    'date and time("2026-01-01T00:00:00@America")',
    'for d in @"0001-01-01"..@"9999-12-31" return d',
    # text tricks
    '"' + "\\u0000" * 1_000 + '"',
    "\u202e1 + 1",
    "\x00",
    "\ud800",
    '"' * 9_999,
    "//" * 5_000,
    "/*" * 5_000,
    " " * 10_001,
    "",
    "__import__('os').system('true')",
    "().__class__.__mro__[1].__subclasses__()",
    "x.__class__.__init__.__globals__",
    # one cheap call, many times
    "for i in 1..99999 return function(x) x",
    "for i in 1..99999 return {a: {b: {c: {}}}}",
    "for i in 1..99999 return {}",
    "for i in 1..99999 return [i..i+1]",
    'for i in 1..99999 return @"P1D"*i',
    "for i in 1..99999 return string(i*1.1)",
    "for i in 1..99999 return [[[[[]]]]]",
    "for i in 1..60 return upper case(emoji + emoji + emoji)",
    "for i in 1..9999 return emoji + string(i)",
    'for i in 1..9999 return matches("a", "a{" + string(1000+modulo(i,900)) + "}")',
    'for i in 1..9999 return matches("a", "((a{9}){9}){" + string(modulo(i,20)) + "}")',
    'for i in 1..9999 return matches(long, "[^b]*b")',
    'for i in 1..9999 return split(long, "a")',
    'for i in 1..999 return split(emoji, "\\s")',
    'for i in 1..9999 return number("1" + string join(for j in 1..999 return "1"))',
    "for i in 1..9999 return 3.7 ** 1234.56",
    "for i in 1..99999 return 1.0000001 ** 0.333333333",
    "for i in 1..99999 return exp(1000.123)",
    "for i in 1..99999 return log(1.0000000000000000001)",
    "for i in 1..99999 return sqrt(1/7*i)",
    "for i in 1..9999 return decimal(1e6000,6000)",
    "for i in 1..9999 return modulo(1e6000, 7)",
    "for i in 1..99999 return floor(1e6144)",
    "for i in 1..99999 return odd(9e6143)",
    "for i in 1..9999 return string(1e-6143)",
    "for i in 1..9999 return contains(long, long)",
    'for i in 1..9999 return contains(long + long, "aaaaaaaaaaaaaaaaaaaab")',
    'for i in 1..9999 return substring before(long, "b")',
    "for i in 1..9999 return substring(long, 2)",
    "for i in 1..9999 return trim(long)",
    "for i in 1..9999 return starts with(long, long)",
    'for i in 1..9999 return long = (long + "")',
    "for i in 1..9999 return long < long",
    "for i in 1..9999 return string length(long)",
    "for i in 1..9999 return get entries(rows[1])",
    "for i in 1..9999 return context put(rows[1], string(i), i)",
    "for i in 1..9999 return context merge(rows)",
    "sort(many, function(a,b) count(many) > 1)",
    "for i in 1..9999 return list contains(many, 99999)",
    "for i in 1..9999 return many = many",
    "for i in 1..9999 return rows.n",
    "for i in 1..9999 return rows[n > 1e9]",
    "for i in 1..9999 return sum(rows.n)",
    "for i in 1..9999 return stddev(many)",
    "for i in 1..9999 return mode(many)",
    "for i in 1..9999 return median(many)",
    "for i in 1..9999 return max(many)",
    'for i in 1..9999 return min("a", long)',
    "for i in 1..9999 return distinct values(many)",
    "for i in 1..9999 return flatten([many,[many]])",
    "for i in 1..9999 return partition(many, 1)",
    "for i in 1..9999 return many[-1]",
    "for i in 1..9999 return many[item = 5]",
    "for i in 1..9999 return reverse(many)",
    "for i in 1..9999 return sublist(many, 1, 4999)",
    'for i in 1..9999 return date("2026-01-01") + duration("P1D") * i',
    'for i in 1..99999 return date and time("2026-01-01T00:00:00@Asia/Shanghai")',
    'for i in 1..99999 return @"2026-01-01T00:00:00@Asia/Shanghai" < @"2026-01-01T00:00:00@Europe/Paris"',
    'for i in 1..99999 return time("00:00:00@Asia/" + string(i))',
    'for i in 1..99999 return years and months duration(@"0001-01-01", @"9999-12-31")',
    'for i in 1..99999 return week of year(@"2026-01-01")',
    'for i in 1..9999 return range("[1.." + string(i) + "]")',
    'for i in 1..9999 return range("[\\"' + "." * 9000 + '\\"..\\"a\\"]")',
    "for i in 1..9999 return string(rows)",
    'for i in 1..9999 return string({"a b": 1, "c d": 2})',
    "for i in 1..9999 return 1 in (1..9)",
    "for i in 1..9999 return overlaps([1..i], [2..9])",
    "for i in 1..9999 return is(rows, rows)",
    "for i in 1..9999 return rows instance of list<context<n: number, t: string>>",
    "for i in 1..9999 return (function(a: list<context<n: number>>) 1)(rows)",
    "{f: function(n, g) if n < 1 then 1 else g(n-1, g) + g(n-1, g), r: f(99, f)}.r",
    "for i in 1..9999 return index of(rows, {n: 1})",
    "for i in 1..9999 return union(rows, rows)",
    "for i in 1..9999 return lower case(emoji)",
    'for i in 1..9999 return replace(long, "b", "c")',
    "for i in 1..99999 return deep",
    "huge + huge",
    "string(huge)",
    "for i in 1..99999 return huge",
    "for i in 1..9999 return huge * huge",
    "for i in 1..9999 return abs(huge)",
    "if " * 49 + "true" + " then 1 else 2" * 49,
    "[" * 49 + "]" * 49,
    "1" + " + 1" * 110,
    "a" + ".b" * 110,
    "a" * 9999,
    '"' + "\\u0041" * 1600 + '"',
    "a b " * 2000,
    "date and time " * 600,
    "x in (" * 45,
    "{" + ",".join(f"k{i}: {i}" for i in range(900)) + "}",
    "[" + ",".join(str(i) for i in range(2000)) + "]",
    "[" + ",".join('@"P1D"' for i in range(1200)) + "]",
    "[" + ",".join(f'matches("a","a{{{1000 + i}}}")' for i in range(400)) + "]",
    "for " + ",".join(f"x{i} in 1..9" for i in range(40)) + " return 1",
    "lenght(1)" + " + lenght(1)" * 100,
    "[" + ",".join(f"abcdefghijklm{i}(1)" for i in range(550)) + "]",
    # everything a name may reach
    "x.__dict__",
    "now().__class__",
    "many.__len__",
    "{__class__: 1}.__class__",
    'get value({}, "__class__")',
    'open("/etc/passwd")',
    'eval("1")',
    'exec("import os")',
    "globals()",
    'function(a) external {java: {class: "java.lang.Runtime"}}',
    "string.format(1)",
    '"{0.__class__}" + "%s"',
    "item[item[item[item]]]",
    "partial",
    "?",
    "[?, ?][?]",
]


class Attacker:
    """Makes expressions that combine what costs: loops, growth, depth, patterns, large numbers, recursion."""

    ATOMS = (
        "1", "0", "-1", "1e6000", "9e99999", "0.1", "huge", "long", "emoji", "many", "rows", "deep", "list", "null",
        "true", '"a"', '""', '@"9999-12-31"', '@"P999999999D"', '@"00:00:00"', '@"2026-01-01T00:00:00@Asia/Shanghai"',
        "[1..1e15]", "[]", "{}", "item", "partial", "partial[-1]", "x", "i", "now()", "(> 1)", "abs", "missing",
    )  # fmt: skip
    PATTERNS = (
        "(a+)+$", "(a|a)*b", "(.*)*b", "a{900}", "((a{9}){9}){9}", "(a?){99}a{99}", "[^b]*b", "\\\\p{L}+", "(", "",
        "^$", "(((((a*)*)*)*)*)*", ".*.*.*.*=", "[[a-z-[aeiou]]", "(?:a|b|ab)*c", "\\\\1(a)",
    )  # fmt: skip

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._calls = sorted(builtins())

    def attack(self) -> str:
        return self._make(self._random.randint(1, 6))

    def _make(self, depth: int) -> str:
        if depth == 0:
            return self._random.choice(self.ATOMS)
        return getattr(self, self._random.choice(self.WAYS))(depth - 1)

    def loop(self, depth: int) -> str:
        bound = self._random.choice(("9", "99", "9999", "99999999", "1e15"))
        kind = self._random.choice(
            ("for i in 1..{} return {}", "some i in 1..{} satisfies {}", "every i in [1..{}] satisfies {}")
        )
        return kind.format(bound, self._make(depth))

    def nested_loop(self, depth: int) -> str:
        source = self._random.choice(("many", "rows", "list", "1..999"))
        return f"for i in {source}, x in {source} return {self._make(depth)}"

    def growth(self, depth: int) -> str:
        grown = self._random.choice(
            ("partial[-1] + partial[-1]", "[partial, partial]", "partial", "concatenate(partial, partial)")
        )
        return f"for i in 1..9999 return if i = 1 then {self._make(depth)} else {grown}"

    def call(self, depth: int) -> str:
        count = self._random.randint(0, 3)
        return f"{self._random.choice(self._calls)}({', '.join(self._make(depth // 2) for _ in range(count))})"

    def pattern(self, depth: int) -> str:
        text = self._random.choice(("long", '"aaaaaaaaaaaaaaaaaaaaaaaaaaa!"', self._make(depth)))
        pattern = self._random.choice(self.PATTERNS)
        return self._random.choice(('matches({}, "{}")', 'replace({}, "{}", "$1$1")', 'split({}, "{}")')).format(
            text, pattern
        )

    def operation(self, depth: int) -> str:
        operator = self._random.choice(
            ("+", "-", "*", "/", "**", "=", "<", "in", "and", "or", "instance of list<number> =")
        )
        return f"({self._make(depth)} {operator} {self._make(depth // 2)})"

    def filtered(self, depth: int) -> str:
        return f"{self._random.choice(('many', 'rows', 'deep', 'list'))}[{self._make(depth)}]"

    def recursion(self, depth: int) -> str:
        return f"(function(i) i(i) + {self._make(depth)})(function(x) x(x))"

    def sorted(self, depth: int) -> str:
        return f"sort({self._random.choice(('many', 'rows'))}, function(x, i) {self._make(depth)})"

    def context(self, depth: int) -> str:
        return f"{{a: {self._make(depth)}, b: [a, a, a], c: [b, b, b], x: {self._make(depth // 2)}}}"

    def brackets(self, depth: int) -> str:
        count = self._random.choice((1, 9, 45, 60, 900))
        opening, closing = self._random.choice((("(", ")"), ("[", "]"), ("{a: ", "}"), ("-", ""), ("not(", ")")))
        return opening * count + self._make(depth) + closing * count

    def chain(self, depth: int) -> str:
        link = self._random.choice(
            (" + 1", ".a", "[1]", " and true", " ** 2", "[item > 1]", ".n", " instance of number")
        )
        return self._make(depth) + link * self._random.choice((3, 30, 110, 900))

    WAYS = (
        "loop", "nested_loop", "growth", "call", "call", "pattern", "operation", "filtered", "recursion", "sorted",
        "context", "brackets", "chain",
    )  # fmt: skip


def generated(count: int, seed: int) -> Iterator[str]:
    attacker = Attacker(seed)
    return (attacker.attack() for _ in range(count))
