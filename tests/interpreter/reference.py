"""An independent reference of BPMN's token semantics for models made of blocks, and the models themselves.

A model is built twice from the same random choices: as BPMN for the interpreter, and as a term for the reference. The
reference rewrites terms: it knows nothing of tokens, joins, scopes or saved states, so an error in those shows.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

from tests.interpreter.building import element, flow

Term = tuple[Any, ...]
DONE: Term = ("done",)
FLAGS = 4


class Model:
    """One random model: ``xml`` is the body of its process, ``term`` its meaning."""

    def __init__(self, random: Random, depth: int = 3) -> None:
        self.random = random
        self._count = 0
        self.has_instances = False
        self._parts: list[str] = []
        entry, exit_, term = self._block(depth)
        start, end = self._new("start"), self._new("end")
        self._parts += [element("startEvent", start), element("endEvent", end)]
        self._flow(start, entry)
        self._flow(exit_, end)
        self.term: Term = term
        self.xml = "".join(self._parts)

    def _new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _flow(self, source: str, target: str, when: str = "") -> str:
        id_ = self._new("flow")
        self._parts.append(flow(source, target, when, id_))
        return id_

    def _block(self, depth: int) -> tuple[str, str, Term]:
        kinds = {
            "task": 6, "sequence": 4, "exclusive": 3, "parallel": 4, "inclusive": 2, "loop": 3, "subprocess": 2,
            "instances": 1, "boundary": 1,
        }  # fmt: skip
        kind = self.random.choices(list(kinds), list(kinds.values()))[0] if depth > 0 else "task"
        made: tuple[str, str, Term] = getattr(self, f"_{kind}")(depth - 1)
        return made

    def _blocks(self, depth: int) -> list[tuple[str, str, Term]]:
        return [self._block(depth) for _ in range(self.random.randint(2, 3))]

    def _task(self, _: int) -> tuple[str, str, Term]:
        id_ = self._new("task")
        self._parts.append(element("userTask", id_))
        return id_, id_, ("task", id_)

    def _sequence(self, depth: int) -> tuple[str, str, Term]:
        blocks = self._blocks(depth)
        for (_, exit_, _), (entry, _, _) in pairwise(blocks):
            if self.random.random() < 0.2:
                self._link(exit_, entry)
            else:
                self._flow(exit_, entry)
        return blocks[0][0], blocks[-1][1], ("sequence", *(term for _, _, term in blocks))

    def _link(self, source: str, target: str) -> None:
        """What a flow does, drawn as a link."""
        throws, catches = self._new("throws"), self._new("catches")
        link = f'<linkEventDefinition name="{throws}"/>'
        self._parts += [
            element("intermediateThrowEvent", throws, link),
            element("intermediateCatchEvent", catches, link),
        ]
        self._flow(source, throws)
        self._flow(catches, target)

    def _split(self, tag: str, depth: int, *, conditions: bool) -> tuple[str, str, Term]:
        split, join = self._new("split"), self._new("join")
        blocks = self._blocks(depth)
        flags = [f"v{self.random.randrange(FLAGS)}" for _ in blocks[1:]]
        flows = []
        for index, (entry, exit_, _) in enumerate(blocks):
            when = f"{flags[index]} = true" if conditions and index < len(flags) else ""
            flows.append(self._flow(split, entry, when))
            self._flow(exit_, join)
        default = {"default": flows[-1]} if conditions else {}
        self._parts += [element(tag, split, **default), element(tag, join)]
        return split, join, (tag, tuple(flags), *(term for _, _, term in blocks))

    def _exclusive(self, depth: int) -> tuple[str, str, Term]:
        return self._split("exclusiveGateway", depth, conditions=True)

    def _parallel(self, depth: int) -> tuple[str, str, Term]:
        return self._split("parallelGateway", depth, conditions=False)

    def _inclusive(self, depth: int) -> tuple[str, str, Term]:
        return self._split("inclusiveGateway", depth, conditions=True)

    def _loop(self, depth: int) -> tuple[str, str, Term]:
        """A block that is done again while its own counter, kept by its last task, says so."""
        merge, ask, choice = self._new("again"), self._new("ask"), self._new("choice")
        entry, exit_, term = self._block(depth)
        self._flow(merge, entry)
        self._flow(exit_, ask)
        self._flow(ask, choice)
        self._flow(choice, merge, f"{ask}_more = true")
        out = self._new("exclusive")
        default = self._flow(choice, out)
        self._parts += [
            element("exclusiveGateway", merge),
            element("userTask", ask),
            element("exclusiveGateway", choice, default=default),
            element("exclusiveGateway", out),
        ]
        return merge, out, ("loop", ask, term)

    def _subprocess(self, depth: int) -> tuple[str, str, Term]:
        return self._around("subprocess", "", depth)

    def _instances(self, depth: int) -> tuple[str, str, Term]:
        """Two instances. Parallel ones are single tasks: of longer ones the reference could not tell which went on."""
        self.has_instances = True
        sequential = self.random.random() < 0.5
        inner = (
            f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><loopCardinality>2</loopCardinality>'
            "</multiInstanceLoopCharacteristics>"
        )
        id_, _, (_, term) = self._around("subprocess", inner, depth if sequential else 0)
        return id_, id_, ("sequence", term, term) if sequential else ("parallelGateway", (), term, term)

    def _around(self, prefix: str, extra: str, depth: int) -> tuple[str, str, Term]:
        id_ = self._new(prefix)
        outer, self._parts = self._parts, []
        entry, exit_, term = self._block(depth)
        start, end = self._new("start"), self._new("end")
        self._parts += [element("startEvent", start), element("endEvent", end)]
        self._flow(start, entry)
        self._flow(exit_, end)
        inner, self._parts = "".join(self._parts), outer
        self._parts.append(element("subProcess", id_, extra + inner))
        return id_, id_, ("subprocess", term)

    def _boundary(self, depth: int) -> tuple[str, str, Term]:
        """A sub-process that a message may end; both ways meet again."""
        id_, _, (_, term) = self._around("guarded", "", depth)
        event, other, join = self._new("cancel"), self._new("task"), self._new("join")
        self._parts += [
            element("boundaryEvent", event, '<messageEventDefinition messageRef="m_stop"/>', attachedToRef=id_),
            element("userTask", other),
            element("exclusiveGateway", join),
        ]
        self._flow(id_, join)
        self._flow(event, other)
        self._flow(other, join)
        return id_, join, ("guarded", term, ("task", other))


class Reference:
    """The state of one case of a model: a term that shrinks."""

    def __init__(self, model: Model, flags: dict[str, bool]) -> None:
        self.flags = flags
        self.term = self._ready(model.term)

    @property
    def open(self) -> list[str]:
        return sorted(_open(self.term).elements())

    @property
    def guarded(self) -> bool:
        """Whether a message would end something now."""
        return _guards(self.term) == 1

    @property
    def done(self) -> bool:
        return self.term == DONE

    def complete(self, task: str, *, more: bool = False) -> None:
        self.term, found = self._complete(self.term, task, more)
        assert found

    def stop(self) -> None:
        self.term = _stop(self.term)

    def _ready(self, term: Term) -> Term:
        match term:
            case ("sequence", first, *rest):
                ready = self._ready(first)
                if ready == DONE:
                    return self._ready(("sequence", *rest)) if rest else DONE
                return ("running", ready, *rest)
            case ("exclusiveGateway", flags, *blocks):
                chosen = next(
                    (block for flag, block in zip(flags, blocks, strict=False) if self.flags[flag]), blocks[-1]
                )
                return self._ready(chosen)
            case ("inclusiveGateway", flags, *blocks):
                chosen = [block for flag, block in zip(flags, blocks, strict=False) if self.flags[flag]] or [blocks[-1]]
                return self._together([self._ready(block) for block in chosen])
            case ("parallelGateway", _, *blocks):
                return self._together([self._ready(block) for block in blocks])
            case ("loop", ask, block):
                return self._looping(self._ready(block), ask, block)
            case ("subprocess", block):
                return self._ready(block)
            case ("guarded", block, other):
                return self._guard(self._ready(block), other)
        return term

    @staticmethod
    def _together(blocks: list[Term]) -> Term:
        running = [block for block in blocks if block != DONE]
        return ("together", *running) if running else DONE

    @staticmethod
    def _looping(current: Term, ask: str, block: Term) -> Term:
        return ("looping", ("task", ask) if current == DONE else current, ask, block)

    @staticmethod
    def _guard(current: Term, other: Term) -> Term:
        return DONE if current == DONE else ("guard", current, other)

    def _complete(self, term: Term, task: str, more: bool) -> tuple[Term, bool]:  # noqa: FBT001
        match term:
            case ("task", name):
                return (DONE, True) if name == task else (term, False)
            case ("running", current, *rest):
                current, found = self._complete(current, task, more)
                if current == DONE:
                    return (self._ready(("sequence", *rest)) if rest else DONE), found
                return ("running", current, *rest), found
            case ("together", *blocks):
                for index, block in enumerate(blocks):
                    after, found = self._complete(block, task, more)
                    if found:
                        return self._together([*blocks[:index], after, *blocks[index + 1 :]]), True
            case ("looping", ("task", name), ask, block) if name == ask == task:
                return (self._ready(("loop", ask, block)) if more else DONE), True
            case ("looping", current, ask, block):
                current, found = self._complete(current, task, more)
                return self._looping(current, ask, block), found
            case ("guard", current, other):
                current, found = self._complete(current, task, more)
                return self._guard(current, other), found
        return term, False


def _open(term: Term) -> Counter[str]:
    match term:
        case ("task", name):
            return Counter([name])
        case ("running" | "looping" | "guard", current, *_):
            return _open(current)
        case ("together", *blocks):
            return sum((_open(block) for block in blocks), Counter())
    return Counter()


def _guards(term: Term) -> int:
    match term:
        case ("guard", current, _):
            return 1 + _guards(current)
        case ("running" | "looping", current, *_):
            return _guards(current)
        case ("together", *blocks):
            return sum(_guards(block) for block in blocks)
    return 0


def _stop(term: Term) -> Term:
    match term:
        case ("guard", _, other):
            return other
        case ("running", current, *rest):
            return ("running", _stop(current), *rest)
        case ("looping", current, *rest):
            return ("looping", _stop(current), *rest)
        case ("together", *blocks):
            return ("together", *(_stop(block) for block in blocks))
    return term
