"""A Pratt parser: FEEL source to a tree (DMN 1.5, 10.3.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar, Final

from engine.feel import hints
from engine.feel.errors import FeelError, limit_reached
from engine.feel.limits import MAX_DEPTH, MAX_NESTING
from engine.feel.nodes import (
    All,
    AnyOf,
    Arithmetic,
    Between,
    Call,
    Compare,
    ContextOf,
    Filter,
    FunctionOf,
    If,
    In,
    Input,
    InstanceOf,
    ListOf,
    Literal,
    Loop,
    Name,
    Negate,
    Node,
    Path,
    RangeOf,
    Steps,
    Test,
    Tests,
    TypeOf,
    measure,
)
from engine.feel.numbers import number_from_text
from engine.feel.temporal import parse_temporal
from engine.feel.tokens import Token, TokenKind, place, tokenize

_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _SIGN, _TYPE, _POSTFIX = range(1, 10)

_INFIX_POWER: Final = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "between", "in"), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/", _PRODUCT),
    "**": _POWER,
    "instance": _TYPE,
    **dict.fromkeys((".", "[", "("), _POSTFIX),
}
_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_KEYWORDS: Final = frozenset((
    "if", "then", "else", "for", "in", "return", "some", "every", "satisfies",
    "and", "or", "between", "true", "false", "null", "function", "instance", "external",
))  # fmt: skip
#: Properties of several words that a path may name without anybody declaring them.
_PROPERTIES: Final = frozenset(("time offset", "start included", "end included"))
_TYPE_NAMES: Final = frozenset(
    (
        "date and time",
        "days and time duration",
        "day and time duration",
        "years and months duration",
        "year and month duration",
    )
)


def parse_expression(source: str, names: frozenset[str], functions: frozenset[str]) -> Node:
    """The tree of *source*. *names* may have several words; *functions* are the built-ins' names.

    Raises FeelError.
    """
    return _parse(source, names, functions, _Parser.whole_expression)


def parse_unary_tests(source: str, names: frozenset[str], functions: frozenset[str]) -> Tests:
    """The tree of a decision table's cell. Raises FeelError."""
    tests = _parse(source, names, functions, _Parser.whole_tests)
    assert isinstance(tests, Tests)
    return tests


def _parse(source: str, names: frozenset[str], functions: frozenset[str], read: Callable[[_Parser], Node]) -> Node:
    tokens = tokenize(source)
    try:
        node = read(_Parser(source, tokens, names, functions))
    except FeelError as error:
        if error.reason == "foreign":
            raise _with_rewriting(
                error, source, tokens, lambda text: read(_Parser(text, tokenize(text), names, functions))
            ) from None
        raise
    if measure(node)[1] > MAX_DEPTH:
        raise limit_reached("levels of an expression", MAX_DEPTH)
    return node


def _with_rewriting(error: FeelError, source: str, tokens: list[Token], read: Callable[[str], object]) -> FeelError:
    """*error* with the whole expression in FEEL, where replacing every foreign habit gives one."""
    suggestion = hints.rewritten(source, tokens)
    try:
        read(suggestion)
    except FeelError:
        return error
    return FeelError(
        error.message,
        line=error.line,
        column=error.column,
        expected=error.expected,
        found=error.found,
        suggestion=suggestion,
        reason="foreign",
    )


class _Names:
    """Known names of several words, found by their first word."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}

    def add(self, name: str) -> None:
        try:
            words = tuple(token.text for token in tokenize(name)[:-1])
        except FeelError:
            return
        if len(words) > 1:
            known = self._by_first.setdefault(words[0], [])
            known.append((words, name))
            known.sort(key=lambda entry: -len(entry[0]))

    def longest(self, tokens: list[Token], index: int) -> tuple[int, str] | None:
        """Number of tokens and name of the longest known name that starts at *index*."""
        for words, name in self._by_first.get(tokens[index].text, ()):
            if tuple(token.text for token in tokens[index : index + len(words)]) == words:
                return len(words), name
        return None


@lru_cache(maxsize=256)
def _known(names: frozenset[str]) -> _Names:
    """Shared by every expression compiled with the same *names*; nobody adds to it."""
    known = _Names()
    for name in names:
        known.add(name)
    return known


class _Parser:
    def __init__(self, source: str, tokens: list[Token], names: frozenset[str], functions: frozenset[str]) -> None:
        self._source, self._tokens, self._index = source, tokens, 0
        self._nesting = 0
        self._declared = names
        self._given, self._functions = _known(names), _known(functions)
        self._properties, self._types = _known(_PROPERTIES), _known(_TYPE_NAMES)
        #: Names of several words that the source itself declares, e.g. as a key of a context.
        self._names = _Names()
        self._range_end = False

    def whole_expression(self) -> Node:
        node = self._expression()
        self._expect_end()
        return node

    def whole_tests(self) -> Tests:
        if self._at("-") and self._peek(1).kind is TokenKind.END:
            return Tests(())
        if self._is_negation():
            self._index += 2
            tests = self._tests_until(")")
            self._expect_end()
            return Tests(tests, negated=True)
        tests = (self._test(),)
        while self._accept(","):
            tests += (self._test(),)
        self._expect_end()
        return Tests(tests)

    # -- tokens ----------------------------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _peek(self, ahead: int) -> Token:
        return self._tokens[min(self._index + ahead, len(self._tokens) - 1)]

    def _at(self, text: str) -> bool:
        token = self._token
        return token.text == text and token.kind in (TokenKind.SYMBOL, TokenKind.NAME)

    def _accept(self, text: str) -> bool:
        if not self._at(text):
            return False
        self._index += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(repr(text))

    def _expect_end(self) -> None:
        if self._token.kind is not TokenKind.END:
            raise self._unexpected("an operator or the end")

    def _unexpected(self, expected: str) -> FeelError:
        token = self._token
        if hints.is_foreign(token):
            return self._foreign(token, hints.SYMBOLS.get(token.text, ""))
        line, column = place(self._source, token.start)
        suggestion = ""
        previous = self._tokens[self._index - 1] if self._index else None
        if token.kind is TokenKind.NAME and token.text == "is":
            return self._foreign(token, "")
        if previous and previous.kind is TokenKind.NAME and previous.text == "not":
            return self._foreign(previous, "not(…)")
        if previous and previous.kind is TokenKind.NAME and token.kind is TokenKind.NAME:
            suggestion = f"{previous.text}_{token.text}, or declare the name of several words"
        return FeelError(
            f"expected {expected}, found {token.shown}",
            line=line,
            column=column,
            expected=expected,
            found=token.text,
            suggestion=suggestion,
        )

    def _foreign(self, token: Token, suggestion: str) -> FeelError:
        line, column = place(self._source, token.start)
        return FeelError(
            f"expected FEEL, found {token.text!r} of another language",
            line=line,
            column=column,
            expected=suggestion or "FEEL",
            found=token.text,
            suggestion=suggestion,
            reason="foreign",
        )

    # -- expressions -----------------------------------------------------------------------------------------------

    def _expression(self, power: int = 0) -> Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise limit_reached("levels of nesting", MAX_NESTING)
        node = self._prefix()
        while (binding := self._infix_power()) > power:
            node = self._infix(node, binding)
        self._nesting -= 1
        return node

    def _infix_power(self) -> int:
        token = self._token
        if token.kind not in (TokenKind.SYMBOL, TokenKind.NAME):
            return 0
        if token.text == "[" and self._range_end and not self._starts_expression(self._peek(1)):
            return 0
        return _INFIX_POWER.get(token.text, 0)

    def _starts_expression(self, token: Token) -> bool:
        if token.kind is TokenKind.SYMBOL:
            return token.text in "([{-?@"
        return token.kind is not TokenKind.END and token.text not in (
            "and",
            "or",
            "then",
            "else",
            "return",
            "satisfies",
        )

    def _prefix(self) -> Node:
        token = self._token
        match token.kind:
            case TokenKind.NUMBER:
                self._index += 1
                return Literal(self._number(token))
            case TokenKind.TEXT:
                self._index += 1
                return Literal(token.text)
            case TokenKind.NAME:
                return self._word(token)
            case TokenKind.SYMBOL if token.text in self._SYMBOL_PREFIXES:
                self._index += 1
                return self._SYMBOL_PREFIXES[token.text](self)
            case _:
                raise self._unexpected("a value")

    def _longest_name(self) -> tuple[int, str] | None:
        return self._names.longest(self._tokens, self._index) or self._given.longest(self._tokens, self._index)

    def _number(self, token: Token) -> Decimal:
        number = number_from_text(token.text)
        if number is None:
            line, column = place(self._source, token.start)
            raise FeelError(
                "expected a number below 1e6145, found a larger one", line=line, column=column, reason="limit"
            )
        return number

    def _word(self, token: Token) -> Node:
        if known := self._longest_name():
            self._index += known[0]
            return Name(known[1], token.start)
        known = self._functions.longest(self._tokens, self._index)
        if known and self._peek(known[0]).text == "(":
            self._index += known[0]
            return Name(known[1], token.start)
        if token.text in self._WORD_PREFIXES and not (token.text == "function" and self._peek(1).text != "("):
            self._index += 1
            return self._WORD_PREFIXES[token.text](self)
        if token.text in _KEYWORDS:
            raise self._unexpected("a value")
        if token.text in hints.WORDS and token.text not in self._declared:
            raise self._foreign(token, hints.WORDS[token.text])
        self._index += 1
        return Name(token.text, token.start)

    def _parenthesis(self) -> Node:
        limited, self._range_end = self._range_end, False
        node = self._expression()
        self._range_end = limited
        if self._accept(".."):
            return self._range(node, low_closed=False)
        self._expect(")")
        return node

    def _bracket(self) -> Node:
        if self._accept("]"):
            return ListOf(())
        limited, self._range_end = self._range_end, False
        first = self._expression()
        if self._accept(".."):
            self._range_end = limited
            return self._range(first, low_closed=True)
        items = [first]
        while self._accept(","):
            items.append(self._expression())
        self._expect("]")
        self._range_end = limited
        return ListOf(tuple(items))

    def _open_range(self) -> Node:
        low = self._expression(_COMPARISON)
        self._expect("..")
        return self._range(low, low_closed=False)

    def _range(self, low: Node, *, low_closed: bool) -> Node:
        limited, self._range_end = self._range_end, True
        high = self._expression(_COMPARISON)
        self._range_end = limited
        if self._accept("]"):
            return RangeOf(low, high, low_closed=low_closed, high_closed=True)
        if self._accept(")") or self._accept("["):
            return RangeOf(low, high, low_closed=low_closed, high_closed=False)
        raise self._unexpected("the end of the range, one of ] ) [")

    def _context(self) -> Node:
        entries: list[tuple[str, Node]] = []
        while not self._accept("}"):
            if entries:
                self._expect(",")
            entries.append((self._key(), self._expression()))
        return ContextOf(tuple(entries))

    def _key(self) -> str:
        if self._token.kind is TokenKind.TEXT:
            key = self._token.text
            self._index += 1
            self._expect(":")
        else:
            key = self._declared_until(":")
        self._names.add(key)
        return key

    def _declared_until(self, *ends: str) -> str:
        """A name that is declared here: everything up to one of *ends*, which is taken too if it is one symbol."""
        start = self._index
        while not any(self._at(end) for end in ends):
            if self._token.kind not in (TokenKind.NAME, TokenKind.NUMBER) and self._token.text not in tuple("+-*/'."):
                raise self._unexpected("a name")
            self._index += 1
        words = self._tokens[start : self._index]
        if not words or words[0].kind is not TokenKind.NAME:
            raise self._unexpected("a name")
        name = self._source[words[0].start : words[-1].end]
        self._names.add(name)
        if len(ends) == 1:
            self._index += 1
        return " ".join(name.split())

    def _negative(self) -> Node:
        operand = self._expression(_SIGN)
        if isinstance(operand, Literal) and isinstance(operand.value, Decimal):
            return Literal(-operand.value)
        return Negate(operand)

    def _temporal(self) -> Node:
        token = self._token
        value = parse_temporal(token.text) if token.kind is TokenKind.TEXT else None
        if value is None:
            raise self._unexpected('a date, time or duration in quotes, such as "2026-03-02"')
        self._index += 1
        return Literal(value)

    def _comparison_test(self) -> Node:
        operator = self._tokens[self._index - 1].text
        return Test(operator, self._expression(_COMPARISON))

    def _if(self) -> Node:
        condition = self._expression()
        self._expect("then")
        then = self._expression()
        self._expect("else")
        return If(condition, then, self._expression())

    def _for(self) -> Node:
        return Loop("for", self._iterators("return"), self._expression())

    def _some(self) -> Node:
        return Loop("some", self._iterators("satisfies"), self._expression())

    def _every(self) -> Node:
        return Loop("every", self._iterators("satisfies"), self._expression())

    def _iterators(self, end: str) -> tuple[tuple[str, Node], ...]:
        iterators = []
        while True:
            name = self._declared_until("in")
            source = self._expression()
            if self._accept(".."):
                source = Steps(source, self._expression())
            iterators.append((name, source))
            if not self._accept(","):
                break
        self._expect(end)
        return tuple(iterators)

    def _function(self) -> Node:
        self._expect("(")
        parameters: list[tuple[str, TypeOf | None]] = []
        while not self._accept(")"):
            if parameters:
                self._expect(",")
            name = self._declared_until(",", ")", ":")
            parameters.append((name, self._type() if self._accept(":") else None))
        if self._at("external"):
            raise self._unexpected("a FEEL body: functions of other languages are not run")
        return FunctionOf(tuple(parameters), self._expression())

    # -- after a value ---------------------------------------------------------------------------------------------

    def _infix(self, left: Node, power: int) -> Node:
        operator = self._token.text
        self._index += 1
        match operator:
            case "or":
                return AnyOf((*(left.parts if isinstance(left, AnyOf) else (left,)), self._expression(power)))
            case "and":
                return All((*(left.parts if isinstance(left, All) else (left,)), self._expression(power)))
            case "between":
                low = self._expression(_COMPARISON)
                self._expect("and")
                return Between(left, low, self._expression(_COMPARISON))
            case "in":
                return self._in(left)
            case "instance":
                self._expect("of")
                return InstanceOf(left, self._type())
            case ".":
                return Path(left, self._property())
            case "[":
                return self._filter(left)
            case "(":
                return self._call(left)
            case "+" | "-" | "*" | "/" | "**":
                return Arithmetic(operator, left, self._expression(power))
            case _:
                return self._compare(operator, left)

    def _compare(self, operator: str, left: Node) -> Node:
        if isinstance(left, Compare) and operator not in ("=", "!="):
            self._index -= 1
            raise self._unexpected('"and" between two comparisons, such as 1 < x and x < 5')
        if self._at("="):
            raise self._unexpected("a value")
        return Compare(operator, left, self._expression(_COMPARISON))

    def _filter(self, left: Node) -> Node:
        limited, self._range_end = self._range_end, False
        condition = self._expression()
        self._expect("]")
        self._range_end = limited
        return Filter(left, condition)

    def _in(self, value: Node) -> Node:
        if self._at("(") and self._is_test_list():
            self._index += 1
            return In(value, self._tests_until(")"))
        return In(value, (self._test(),))

    def _is_test_list(self) -> bool:
        """True if the parenthesis at hand holds tests: it starts with a comparison or has a comma of its own."""
        if self._peek(1).text in _COMPARISONS:
            return True
        depth = 0
        for token in self._tokens[self._index :]:
            if token.kind is not TokenKind.SYMBOL:
                continue
            if token.text in ("(", "[", "{"):
                depth += 1
            elif token.text in (")", "]", "}"):
                depth -= 1
            if depth == 0:
                return False
            if depth == 1 and token.text == ",":
                return True
        return False

    def _tests_until(self, end: str) -> tuple[Node, ...]:
        tests = [self._test()]
        while self._accept(","):
            tests.append(self._test())
        self._expect(end)
        return tuple(tests)

    def _test(self) -> Node:
        """One positive unary test. Inside a table's cell it may be any expression, behind ``in`` no condition."""
        if self._token.kind is TokenKind.SYMBOL and self._token.text in _COMPARISONS:
            self._index += 1
            return self._comparison_test()
        return self._expression(_COMPARISON if self._index and self._tokens[self._index - 1].text == "in" else 0)

    def _is_negation(self) -> bool:
        """True if the cell is ``not(…)`` and nothing else."""
        if not (self._at("not") and self._peek(1).text == "("):
            return False
        depth = 0
        for position, token in enumerate(self._tokens[self._index + 1 :], self._index + 1):
            if token.kind is TokenKind.SYMBOL and token.text in "([{":
                depth += 1
            elif token.kind is TokenKind.SYMBOL and token.text in ")]}":
                depth -= 1
            if depth == 0:
                return self._tokens[position + 1].kind is TokenKind.END
        return False

    def _property(self) -> str:
        found = self._longest_name() or self._properties.longest(self._tokens, self._index)
        if found:
            self._index += found[0]
            return found[1]
        if self._token.kind is not TokenKind.NAME:
            raise self._unexpected("a name")
        self._index += 1
        return self._tokens[self._index - 1].text

    def _call(self, function: Node) -> Node:
        limited, self._range_end = self._range_end, False
        positional: list[Node] = []
        named: list[tuple[str, Node]] = []
        while not self._accept(")"):
            if positional or named:
                self._expect(",")
            if self._is_argument_name():
                named.append((self._declared_until(":"), self._expression()))
            elif named:
                raise self._unexpected("a name and a colon, as the arguments before have")
            else:
                positional.append(self._expression())
        self._range_end = limited
        return Call(function, tuple(positional), tuple(named))

    def _is_argument_name(self) -> bool:
        position = self._index
        while self._tokens[position].kind is TokenKind.NAME:
            position += 1
        return position > self._index and self._tokens[position].text == ":"

    # -- types -----------------------------------------------------------------------------------------------------

    def _type(self) -> TypeOf:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise limit_reached("levels of nesting", MAX_NESTING)
        read = self._type_below()
        self._nesting -= 1
        return read

    def _type_below(self) -> TypeOf:
        if known := self._types.longest(self._tokens, self._index):
            self._index += known[0]
            return TypeOf(known[1].replace("day and", "days and").replace("year and month ", "years and months "))
        if self._token.kind is not TokenKind.NAME:
            raise self._unexpected("a type")
        name = self._token.text
        self._index += 1
        while self._accept("."):
            name += f".{self._property()}"
        if not self._accept("<"):
            return TypeOf(name)
        if name == "context":
            return TypeOf(name, fields=self._type_fields())
        arguments: list[TypeOf] = []
        while not self._accept(">"):
            if arguments:
                self._expect(",")
            arguments.append(self._type())
        if name == "function" and self._accept("->"):
            arguments.append(self._type())
        return TypeOf(name, tuple(arguments))

    def _type_fields(self) -> tuple[tuple[str, TypeOf], ...]:
        fields: list[tuple[str, TypeOf]] = []
        while not self._accept(">"):
            if fields:
                self._expect(",")
            fields.append((self._declared_until(":"), self._type()))
        return tuple(fields)

    def _input(self) -> Node:
        return Input()

    def _true(self) -> Node:
        return Literal(value=True)

    def _false(self) -> Node:
        return Literal(value=False)

    def _null(self) -> Node:
        return Literal(None)

    _SYMBOL_PREFIXES: ClassVar[Mapping[str, Callable[[_Parser], Node]]] = {
        "(": _parenthesis,
        "[": _bracket,
        "]": _open_range,
        "{": _context,
        "-": _negative,
        "@": _temporal,
        "?": _input,
        **dict.fromkeys(_COMPARISONS, _comparison_test),
    }
    _WORD_PREFIXES: ClassVar[Mapping[str, Callable[[_Parser], Node]]] = {
        "if": _if,
        "for": _for,
        "some": _some,
        "every": _every,
        "function": _function,
        "true": _true,
        "false": _false,
        "null": _null,
    }
