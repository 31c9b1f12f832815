"""Turns habits from Python, JavaScript, JUEL and Chinese input methods into the FEEL they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.feel.tokens import Token, TokenKind

#: Foreign symbol -> what FEEL writes.
SYMBOLS: Final = {
    "==": "=",
    "&&": "and",
    "||": "or",
    "<>": "!=",
    "&": "and",
    "|": "or",
    "＆": "and",
    "｜": "or",
    "＝": "=",
    "＞": ">",
    "＜": "<",
    "（": "(",
    "）": ")",
    "，": ",",
    "、": ",",
    "：": ":",
    "！": "!",
    "；": "",
    ";": "",
    "。": "",
    "．": ".",
    "？": "?",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "＋": "+",
    "－": "-",
    "＊": "*",
    "／": "/",
}

#: Words of Python -> FEEL.
WORDS: Final = {"True": "true", "False": "false", "None": "null"}

_OPENING_QUOTES: Final = "“‘＂＇"
_CLOSING_QUOTES: Final = "”’＂＇"


def is_foreign(token: Token) -> bool:
    """True for tokens that never stand in FEEL, so that the author had another language in mind."""
    if token.kind is TokenKind.QUOTED:
        return True
    if token.kind is not TokenKind.SYMBOL:
        return False
    return token.text in SYMBOLS or token.text in {"${", "#{", "!", "%"} or token.text in _OPENING_QUOTES


def rewritten(source: str, tokens: Sequence[Token]) -> str:
    """*source* with every foreign habit replaced. The caller checks whether the result is FEEL."""
    pieces: list[str] = []
    position = index = wrappers = 0
    while index < len(tokens) - 1:
        token = tokens[index]
        used, text = _replacement(source, tokens, index)
        if token.text in ("${", "#{") and token.kind is TokenKind.SYMBOL:
            wrappers += 1
        elif token.text == "}" and token.kind is TokenKind.SYMBOL and wrappers:
            wrappers, text = wrappers - 1, ""
        pieces.append(source[position : token.start])
        pieces.append(text)
        index += used
        position = tokens[index - 1].end
    return "".join([*pieces, source[position:]]).strip()


def _replacement(source: str, tokens: Sequence[Token], index: int) -> tuple[int, str]:
    """How many tokens from *index* on are replaced, and by what."""
    token, following = tokens[index], tokens[index + 1]
    written = source[token.start : token.end]
    if token.kind is TokenKind.QUOTED:
        return 1, '"' + token.text[1:-1].replace('"', '\\"') + '"'
    if token.kind is TokenKind.NAME:
        return _word(tokens, index, written)
    if token.kind is not TokenKind.SYMBOL:
        return 1, written
    if token.text in ("${", "#{"):
        return 1, ""
    if token.text in ("!", "！") and following.kind is TokenKind.NAME:
        return 2, f"not({following.text})"
    if token.text in _OPENING_QUOTES:
        return _quoted(source, tokens, index)
    return 1, SYMBOLS.get(token.text, written)


def _word(tokens: Sequence[Token], index: int, written: str) -> tuple[int, str]:
    following = [token.text for token in tokens[index + 1 : index + 3]]
    if written == "is" and following[:1] == ["None"]:
        return 2, "= null"
    if written == "is" and following == ["not", "None"]:
        return 3, "!= null"
    if written == "not" and tokens[index + 1].kind is TokenKind.NAME:
        return 2, f"not({following[0]})"
    return 1, WORDS.get(written, written)


def _quoted(source: str, tokens: Sequence[Token], index: int) -> tuple[int, str]:
    for end in range(index + 1, len(tokens)):
        if tokens[end].kind is TokenKind.SYMBOL and tokens[end].text in _CLOSING_QUOTES:
            inner = source[tokens[index].end : tokens[end].start].replace('"', '\\"')
            return end - index + 1, f'"{inner}"'
    return 1, '"'
