"""Cuts FEEL source into words, numbers, texts and symbols. Names of several words are put together by the parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.feel.errors import FeelError, limit_reached
from engine.feel.limits import MAX_SOURCE


class TokenKind(StrEnum):
    NAME = "name"
    NUMBER = "number"
    TEXT = "text"  #: ``"…"``
    QUOTED = "quoted"  #: ``'…'``, which is not FEEL
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str  #: as written; for TEXT what it means, without quotes and escapes
    start: int  #: offset into the source
    end: int

    @property
    def shown(self) -> str:
        """How an error message names the token."""
        return "the end" if self.kind is TokenKind.END else repr(self.text)


_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*")
    |(?P<quoted>(?<!\w)'[^'\n]*')
    |(?P<name>[^\W\d]\w*)
    |(?P<symbol>\*\*|\.\.|<=|>=|!=|->|==|&&|\|\||<>|[$\#]\{|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_SYMBOLS: Final = frozenset("+-*/=<>()[]{},:.?@'%;!&|$#~^`")
_SURROGATE_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def tokenize(source: str) -> list[Token]:
    """The tokens of *source*, the last of kind END. Raises FeelError for text without end and unknown characters."""
    if len(source) > MAX_SOURCE:
        raise limit_reached("characters of source", MAX_SOURCE)
    tokens = []
    for match in _TOKEN.finditer(source):
        kind, text = match.lastgroup, match.group()
        if kind == "space":
            continue
        if kind == "symbol" and text[0] not in _SYMBOLS:
            kind = _kind_of_rare(source, match.start(), text)
        meaning = _unescape(text[1:-1]) if kind == "text" else text
        tokens.append(Token(TokenKind(kind or "symbol"), meaning, match.start(), match.end()))
    tokens.append(Token(TokenKind.END, "", len(source), len(source)))
    return tokens


def place(source: str, offset: int) -> tuple[int, int]:
    """Line and column of *offset*, both from 1."""
    return source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset)


def _kind_of_rare(source: str, offset: int, text: str) -> str:
    """Pictograms and other high characters are names in FEEL (DMN 1.3, 10.3.1.2, rule 28)."""
    if ord(text) >= 0x10000 or text == "_":  # noqa: PLR2004 - the first code point beyond the basic plane
        return "name"
    if text in "“”‘’＝＞＜（），：；！＂＇［］｛｝＋－＊／．。、？｜＆":
        return "symbol"
    line, column = place(source, offset)
    if text == '"':
        raise FeelError("expected a closing quote on this line, found none", line=line, column=column, expected='"')
    raise FeelError(f"expected FEEL, found the character {text!r}", line=line, column=column, found=text)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    # XML and JSON carry characters beyond the basic plane as two \u escapes: they are put together again.
    plain = _SURROGATE_PAIR.sub(_joined, _ESCAPE.sub(_unescaped, text))
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", plain)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    # An unknown escape stays as it is: authors write regular expressions such as "\d+" with a single backslash.
    return _ESCAPED.get(match[3], match[0])


def _joined(match: re.Match[str]) -> str:
    high, low = ord(match[0][0]), ord(match[0][1])
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
