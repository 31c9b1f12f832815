"""Regular expressions of XPath and XML Schema, matched in time linear in the text.

Every pattern becomes a small program that is run for all alternatives at once (Thompson's construction, Pike's
machine), so no pattern can make it go back and try again. What that cannot do, back-references, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from engine.feel.limits import MAX_NESTING, MAX_PATTERN, MAX_PROGRAM

Charge = Callable[[int], None]
#: One alternative under way: where it is in the program, and what its groups hold.
_Thread = tuple[int, tuple[int, ...]]
_Is = Callable[[str], bool]


class PatternError(Exception):
    """The pattern is no regular expression, or more than may be asked for. *size*: instructions written until then."""

    def __init__(self, message: str, *, size: int = 0) -> None:
        super().__init__(message)
        self.size = size


# -- tree ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Char:
    accepts: _Is


@dataclass(frozen=True, slots=True)
class _Edge:
    kind: Literal["^", "$"]
    lines: bool


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Tree, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    parts: tuple[_Tree, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Tree
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class _Group:
    part: _Tree
    number: int


_Tree = _Char | _Edge | _Sequence | _Choice | _Repeat | _Group

# -- program: opcode and two operands ------------------------------------------------------------------------------

_CHAR, _EDGE, _SPLIT, _SAVE, _MATCH = range(5)


@dataclass(slots=True)
class _Instruction:
    code: int
    accepts: _Is = bool
    edge: _Edge | None = None
    first: int = 0  #: where to go on, of _SPLIT the preferred way; of _SAVE the slot is in *second*
    second: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. Texts are paid for through *charge* while they are searched."""

    _program: tuple[_Instruction, ...]
    groups: int

    @property
    def size(self) -> int:
        """Instructions."""
        return len(self._program)

    def search(self, text: str, start: int, charge: Charge) -> tuple[int, ...] | None:
        """Slots of the leftmost match from *start* on: begin and end of the whole, then of each group; -1 = none."""
        program = self._program
        unset = (-1,) * (2 * self.groups + 2)
        best: tuple[int, ...] | None = None
        threads: list[_Thread] = []
        for position in range(start, len(text) + 1):
            if best is None:
                # A new attempt starts behind all that are under way: an earlier start wins.
                seen = {counter for counter, _ in threads}
                self._follow(threads, seen, (0, unset), text=text, position=position)
            if not threads:
                if best is not None:
                    break
                charge(1)
                continue
            charge(2 + 2 * len(threads))
            following: list[_Thread] = []
            reached: set[int] = set()
            for counter, slots in threads:
                instruction = program[counter]
                if instruction.code == _MATCH:
                    best = slots
                    break
                if position < len(text) and instruction.accepts(text[position]):
                    self._follow(following, reached, (instruction.first, slots), text=text, position=position + 1)
            # The instructions walked through without reading cost as much as the threads that came out.
            charge(len(reached))
            threads = following
        return best

    def replace(self, text: str, replacement: str, charge: Charge, charge_text: Charge) -> str:
        """*text* with every match replaced; ``$1`` stands for a group. Raises PatternError as XPath's fn:replace."""
        template = _template(replacement, self.groups)
        pieces: list[str] = []
        length = position = 0
        for slots in self._matches(text, charge):
            piece = text[position : slots[0]] + "".join(
                part if isinstance(part, str) else text[slots[2 * part] : slots[2 * part + 1]]
                for part in template
                if isinstance(part, str) or slots[2 * part] >= 0
            )
            length += len(piece)
            charge_text(length)
            pieces.append(piece)
            position = slots[1]
        return "".join(pieces) + text[position:]

    def split(self, text: str, charge: Charge) -> list[str]:
        parts, position = [], 0
        for slots in self._matches(text, charge):
            parts.append(text[position : slots[0]])
            position = slots[1]
        return [*parts, text[position:]]

    def _matches(self, text: str, charge: Charge) -> list[tuple[int, ...]]:
        if self.search("", 0, charge) is not None:
            raise PatternError("the pattern matches nothing at all, everywhere")
        found: list[tuple[int, ...]] = []
        position = 0
        while (slots := self.search(text, position, charge)) is not None:
            found.append(slots)
            position = max(slots[1], position + 1)
        return found

    def _follow(self, threads: list[_Thread], seen: set[int], begin: _Thread, *, text: str, position: int) -> None:
        """Add everything reached from *begin* without reading a character, in order of preference."""
        waiting = [begin]
        while waiting:
            counter, slots = waiting.pop()
            if counter in seen:
                continue
            seen.add(counter)
            instruction = self._program[counter]
            if instruction.code == _SPLIT:
                waiting += [(instruction.second, slots), (instruction.first, slots)]
            elif instruction.code == _SAVE:
                slot = instruction.second
                waiting.append((instruction.first, (*slots[:slot], position, *slots[slot + 1 :])))
            elif instruction.code == _EDGE:
                assert instruction.edge is not None
                if _holds(instruction.edge, text, position):
                    waiting.append((instruction.first, slots))
            else:
                threads.append((counter, slots))


@lru_cache(maxsize=64)
def compile_pattern(pattern: str, flags: str) -> Pattern:
    """*flags* as XPath: ``s m i x q``. Raises PatternError."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError("the pattern is too long")
    if not set("smixq").issuperset(flags):
        raise PatternError(f"unknown flags {flags!r}")
    reader = _Reader(pattern, flags)
    tree = reader.read()
    writer = _Writer()
    writer.write(_Group(tree, 0))
    writer.add(_Instruction(_MATCH))
    return Pattern(tuple(writer.program), reader.groups)


def _holds(edge: _Edge, text: str, position: int) -> bool:
    if edge.kind == "^":
        # A line break at the very end begins no line (XPath functions 3.1, 5.6.1.1).
        return position == 0 or (edge.lines and text[position - 1] == "\n" and position < len(text))
    return position == len(text) or (edge.lines and text[position] == "\n")


def _template(replacement: str, groups: int) -> list[str | int]:
    parts: list[str | int] = []
    for match in re.finditer(r"\\([\\$])|\$([0-9])|([^\\$])|.", replacement, re.DOTALL):
        if match[1] or match[3]:
            parts.append(match[1] or match[3])
        elif match[2]:
            if int(match[2]) <= groups:
                parts.append(int(match[2]))
        else:
            raise PatternError("a replacement writes \\$ and \\\\ for these characters")
    return parts


class _Writer:
    """Lays a tree out as instructions; each goes on to the next unless it says otherwise."""

    def __init__(self) -> None:
        self.program: list[_Instruction] = []

    def add(self, instruction: _Instruction) -> int:
        if len(self.program) >= MAX_PROGRAM:
            raise PatternError("the pattern is too large", size=MAX_PROGRAM)
        self.program.append(instruction)
        return len(self.program) - 1

    def write(self, tree: _Tree) -> None:
        match tree:
            case _Char(accepts):
                self.add(_Instruction(_CHAR, accepts=accepts, first=len(self.program) + 1))
            case _Edge():
                self.add(_Instruction(_EDGE, edge=tree, first=len(self.program) + 1))
            case _Sequence(parts):
                for part in parts:
                    self.write(part)
            case _Group(part, number):
                self._save(2 * number)
                self.write(part)
                self._save(2 * number + 1)
            case _Choice(parts):
                self._choice(parts)
            case _Repeat():
                self._repeat(tree)

    def _save(self, slot: int) -> None:
        self.add(_Instruction(_SAVE, first=len(self.program) + 1, second=slot))

    def _jump(self) -> int:
        """An instruction that goes to one place, set later."""
        return self.add(_Instruction(_SPLIT))

    def _choice(self, parts: tuple[_Tree, ...]) -> None:
        exits = []
        for part in parts[:-1]:
            split = self._jump()
            self.write(part)
            exits.append(self._jump())
            self.program[split].first, self.program[split].second = split + 1, len(self.program)
        self.write(parts[-1])
        for jump in exits:
            self.program[jump].first = self.program[jump].second = len(self.program)

    def _repeat(self, tree: _Repeat) -> None:
        for _ in range(tree.least):
            self.write(tree.part)
        if tree.most is None:
            split = self._jump()
            self.write(tree.part)
            back = self._jump()
            self.program[back].first = self.program[back].second = split
            self._aim(split, tree, len(self.program))
            return
        splits = []
        for _ in range(tree.most - tree.least):
            splits.append(self._jump())
            self.write(tree.part)
        for split in splits:
            self._aim(split, tree, len(self.program))

    def _aim(self, split: int, tree: _Repeat, leave: int) -> None:
        ways = (leave, split + 1) if tree.lazy else (split + 1, leave)
        self.program[split].first, self.program[split].second = ways


class _Reader:
    """Reads a pattern (XML Schema part 2, appendix G, with the additions of XPath functions 5.6.1)."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._text, self._position, self._nesting, self._in_class = pattern, 0, 0, 0
        self._flags = flags
        self._folds = "i" in flags
        self.groups = 0
        #: Whether white space means nothing outside of classes.
        self._skips_space = "x" in flags and "q" not in flags

    def read(self) -> _Tree:
        if "q" in self._flags:
            return _Sequence(tuple(self._literal(character) for character in self._text))
        tree = self._choice()
        if self._peek():
            raise PatternError("a closing bracket has no opening one")
        return tree

    def _peek(self) -> str:
        while self._skips_space and not self._in_class and self._text[self._position : self._position + 1] in _SPACE:
            self._position += 1
        return self._text[self._position] if self._position < len(self._text) else ""

    def _next(self) -> str:
        if not self._peek():
            raise PatternError("the pattern ends too early")
        self._position += 1
        return self._text[self._position - 1]

    def _choice(self) -> _Tree:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise PatternError("the pattern nests too deep")
        parts = [self._sequence()]
        while self._peek() == "|":
            self._next()
            parts.append(self._sequence())
        self._nesting -= 1
        return parts[0] if len(parts) == 1 else _Choice(tuple(parts))

    def _sequence(self) -> _Tree:
        parts: list[_Tree] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._quantified(self._atom()))
        return _Sequence(tuple(parts))

    def _quantified(self, atom: _Tree) -> _Tree:
        sign = self._peek()
        if sign not in ("?", "*", "+", "{") or not sign:
            return atom
        self._next()
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None), "{": (0, 0)}[sign]
        if sign == "{":
            least, most = self._counts()
        lazy = self._peek() == "?"
        if lazy:
            self._next()
        if self._peek() in ("?", "*", "+", "{") and self._peek():
            raise PatternError("two quantifiers stand together")
        if isinstance(atom, _Edge):
            return _Sequence(()) if least == 0 else atom
        return _Repeat(atom, least, most, lazy)

    def _counts(self) -> tuple[int, int | None]:
        match = re.compile(r"([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}").match(self._text, self._position)
        if not match:
            raise PatternError("a count is written {2}, {2,} or {2,5}")
        self._position = match.end()
        least = int(match[1])
        most = least if not match[2] else (int(match[3]) if match[3] else None)
        if (most is not None and most < least) or max(least, most or 0) > MAX_PROGRAM:
            raise PatternError("a count is too large or falls")
        return least, most

    def _atom(self) -> _Tree:
        sign = self._next()
        match sign:
            case "(":
                return self._group()
            case "[":
                return _Char(self._class())
            case ".":
                return _Char(bool if "s" in self._flags else lambda c: c not in "\n\r")
            case "^":
                return _Edge("^", lines="m" in self._flags)
            case "$":
                return _Edge("$", lines="m" in self._flags)
            case "\\":
                return _Char(self._folded(self._escape()))
            case "?" | "*" | "+" | "{" | "}" | "]":
                raise PatternError(f"{sign} needs something before it, or a \\")
            case _:
                return self._literal(sign)

    def _group(self) -> _Tree:
        if self._text.startswith("?:", self._position):
            self._position += 2
            inner = self._choice()
        elif self._peek() == "?":
            raise PatternError("only (?: is known of the groups with ?")
        else:
            self.groups += 1
            number = self.groups
            inner = _Group(self._choice(), number)
        if self._next() != ")":
            raise PatternError("a bracket is not closed")
        return inner

    def _literal(self, character: str) -> _Char:
        if self._folds and character.lower() != character.upper():
            return _Char(self._folded(lambda c: c == character))
        return _Char(lambda c: c == character)

    def _folded(self, accepts: _Is) -> _Is:
        if not self._folds:
            return accepts
        return lambda c: accepts(c) or accepts(c.lower()[:1]) or accepts(c.upper()[:1])

    def _escape(self) -> _Is:
        sign = self._next()
        if sign in _SINGLE:
            meant = _SINGLE[sign]
            return lambda c: c == meant
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign.lower() in _CLASSES and sign.isupper():
            inner = _CLASSES[sign.lower()]
            return lambda c: not inner(c)
        if sign in ("p", "P"):
            return self._category(negated=sign == "P")
        raise PatternError(f"\\{sign} is not known")

    def _category(self, *, negated: bool) -> _Is:
        if self._skips_space:
            rest = self._text[self._position :]
            named, closing, after = rest.partition("}")
            self._text = self._text[: self._position] + re.sub(r"\s", "", named) + closing + after
        match = re.compile(r"\{(Is[A-Za-z0-9-]{1,40}|[LMNPZSC][a-z]?)\}").match(self._text, self._position)
        if not match or (match[1].startswith("Is") and match[1] not in _BLOCKS):
            raise PatternError("a category is written \\p{L}, \\p{Lu} or \\p{IsBasicLatin}")
        self._position = match.end()
        wanted = match[1]
        if block := _BLOCKS.get(wanted):
            first, last = block
            return lambda c: (first <= c <= last) != negated
        return lambda c: unicodedata.category(c).startswith(wanted) != negated

    def _class(self) -> _Is:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise PatternError("the pattern nests too deep")
        self._in_class += 1
        negated = self._peek() == "^"
        if negated:
            self._next()
        tests: list[_Is] = []
        without: _Is | None = None
        while self._peek() != "]" or not tests:
            if self._peek() == "-" and self._text[self._position + 1 : self._position + 2] == "[":
                self._position += 2
                without = self._class()
                break
            tests.append(self._folded(self._class_part()))
        if self._next() != "]":
            raise PatternError("a subtraction ends its class")
        self._in_class -= 1
        self._nesting -= 1
        return lambda c: any(test(c) for test in tests) != negated and not (without and without(c))

    def _class_part(self) -> _Is:
        first = self._next()
        if first == "\\":
            if self._peek() not in _SINGLE:
                return self._escape()
            first = _SINGLE[self._next()]
        elif first in "[]":
            raise PatternError("[ and ] within a class need a \\")
        if self._peek() != "-" or self._text[self._position + 1 : self._position + 2] in ("]", "[", ""):
            return lambda c: c == first
        self._next()
        last = self._next()
        if last == "\\":
            last = _SINGLE.get(self._next(), "")
        if not last or first > last:
            raise PatternError("a class range falls or has no end")
        return lambda c: first <= c <= last


_SPACE: Final = ("\t", "\n", "\r", " ")
#: The blocks of Unicode that our users' texts are of.
_BLOCKS: Final[Mapping[str, tuple[str, str]]] = {
    "IsBasicLatin": ("\x00", "\x7f"),
    "IsLatin-1Supplement": ("\x80", "\xff"),
    "IsLatinExtended-A": ("\u0100", "\u017f"),
    "IsGreek": ("\u0370", "\u03ff"),
    "IsCyrillic": ("\u0400", "\u04ff"),
    "IsGeneralPunctuation": ("\u2000", "\u206f"),
    "IsCJKSymbolsandPunctuation": ("\u3000", "\u303f"),
    "IsHiragana": ("\u3040", "\u309f"),
    "IsKatakana": ("\u30a0", "\u30ff"),
    "IsCJKUnifiedIdeographs": ("\u4e00", "\u9fff"),
    "IsHalfwidthandFullwidthForms": ("\uff00", "\uffef"),
}
_SINGLE: Final[Mapping[str, str]] = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    **{character: character for character in "\\|.?*+(){}$-[]^"},
}
_CLASSES: Final[Mapping[str, _Is]] = {
    "d": lambda c: unicodedata.category(c) == "Nd",
    "s": lambda c: c in " \t\n\r",
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
    "i": lambda c: c.isalpha() or c in "_:",
    "c": lambda c: c.isalnum() or c in "_:.-·",
}
