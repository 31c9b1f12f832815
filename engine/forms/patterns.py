"""Patterns of text fields: the subset of regular expressions that Python and browsers read alike, at bounded cost.

A pattern is written by whoever writes a form and run on whatever a customer types, so a pattern that could run for
minutes is refused when the form is read. The estimate is the product of the widths of everything that may repeat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: How many characters a field with a pattern may hold at most.
MAX_LENGTH: Final = 200
_MAX_DEPTH: Final = 10
_MAX_WORK: Final = 10_000_000
_ESCAPES: Final = frozenset("dwDW^$\\.*+?()[]{}|/")
_CLASS_ESCAPES: Final = _ESCAPES | frozenset("-&!#%,:;<=>@`~")
_CLASS_FORBIDDEN: Final = frozenset("()[{}/|")
#: Browsers reserve these in classes when they stand twice, for operations on sets.
_CLASS_DOUBLED: Final = frozenset("&!#$%*+,.:;<=>?@^`~")
_COUNTED: Final = re.compile(r"\{(\d{1,4})(,(\d{1,4})?)?\}", re.ASCII)


def pattern_problem(pattern: str) -> str | None:
    """Why *pattern* is not accepted, as the end of a sentence, or None when it is fine."""
    scanner = _Scanner(pattern)
    try:
        scanner.alternatives(depth=0)
        if scanner.at < len(pattern):
            return f"has a {pattern[scanner.at]!r} at position {scanner.at + 1} that closes nothing"
        re.compile(pattern, re.ASCII)
    except _NotPortable as problem:
        return str(problem)
    except (re.error, OverflowError) as error:
        return f"is not a regular expression: {error}"
    if scanner.work > _MAX_WORK:
        return "repeats so much that it could take very long; use fewer * and + or give them limits, e.g. {1,10}"
    return None


def matches(pattern: str, text: str) -> bool:
    r"""Whether all of *text* matches. ``\d`` and ``\w`` mean ASCII, as in browsers."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


class _NotPortable(Exception):
    """Carries the answer of ``pattern_problem``; never leaves this module."""


@dataclass
class _Scanner:
    """Recursive descent over a pattern; every method leaves ``at`` behind what it read."""

    pattern: str
    at: int = 0
    work: int = 1  #: product of the widths of what may repeat

    def alternatives(self, *, depth: int) -> bool:
        """Read up to a closing parenthesis. True when what was read may match in texts of different length or ways."""
        if depth > _MAX_DEPTH:
            raise _NotPortable(f"nests groups deeper than {_MAX_DEPTH}")
        varies = False
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                self.at += 1
                varies = True
                self.work *= 2
            else:
                varies |= self._repeated_atom(depth=depth)
        return varies

    def _repeated_atom(self, *, depth: int) -> bool:
        inner_varies = self._atom(depth=depth)
        low, high = self._quantifier()
        if high > 1 and inner_varies:
            raise _NotPortable("repeats a group that itself varies, which could take very long; write it out instead")
        self.work *= max(high - low + 1, 1)
        return inner_varies or low != high

    def _atom(self, *, depth: int) -> bool:
        character = self.pattern[self.at]
        self.at += 1
        if character == "(":
            return self._group(depth=depth)
        if character == "[":
            self._character_class()
        elif character == "\\":
            self._escape(_ESCAPES)
        elif character in "*+?{}]":
            raise _NotPortable(f"has a {character!r} at position {self.at} that needs a backslash before it")
        return False

    def _group(self, *, depth: int) -> bool:
        if self.pattern.startswith("?", self.at) and not self.pattern.startswith("?:", self.at):
            raise _NotPortable("uses (?…), which browsers and servers read differently")
        self.at += 2 if self.pattern.startswith("?:", self.at) else 0
        varies = self.alternatives(depth=depth + 1)
        if self.at >= len(self.pattern):
            raise _NotPortable("has a '(' that is never closed")
        self.at += 1
        return varies

    def _character_class(self) -> None:
        start = self.at
        self.at += 1 if self.pattern.startswith("^", self.at) else 0
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            character = self.pattern[self.at]
            self.at += 1
            if character == "\\":
                self._escape(_CLASS_ESCAPES)
            elif character in _CLASS_FORBIDDEN or self._is_reserved_in_class(character, start):
                raise _NotPortable(f"has a {character!r} inside [ ] at position {self.at}; put a backslash before it")
        if self.at >= len(self.pattern) or self.at == start:
            raise _NotPortable("has a '[' that is never closed or holds nothing")
        self.at += 1

    def _is_reserved_in_class(self, character: str, start: int) -> bool:
        before, after = self.pattern[self.at - 2], self.pattern[self.at : self.at + 1]
        if character == "-":
            return self.at - 1 == start or before == "^" or after in {"]", "-", ""}
        return character in _CLASS_DOUBLED and after == character

    def _escape(self, allowed: frozenset[str]) -> None:
        escaped = self.pattern[self.at : self.at + 1]
        if escaped not in allowed or not escaped:
            raise _NotPortable(f"uses '\\{escaped}', which browsers and servers read differently")
        self.at += 1

    def _quantifier(self) -> tuple[int, int]:
        rest = self.pattern[self.at :]
        if rest[:1] in {"*", "+", "?"}:
            low, high, length = {"*": (0, MAX_LENGTH, 1), "+": (1, MAX_LENGTH, 1), "?": (0, 1, 1)}[rest[0]]
        elif found := _COUNTED.match(rest):
            low = int(found[1])
            high = low if found[2] is None else int(found[3] or MAX_LENGTH)
            length = found.end()
        else:
            return 1, 1
        self.at += length
        if self.pattern[self.at : self.at + 1] in {"?", "+", "*", "{"} and self.at < len(self.pattern):
            raise _NotPortable("has two signs of repetition one after the other")
        if low > high or high > MAX_LENGTH:
            raise _NotPortable(f"repeats more than {MAX_LENGTH} times or less than it should")
        return low, high
