"""Procedures that the uncorrected library can run too, and how a step of them is measured on both engines.

Its parallel joins break inside loops, so the loop has none: it is the complaint of the tests with that part in a row.
Parallel blocks stand in a procedure of their own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any, Protocol

from tests.interpreter.building import boundary, chain, element, end, flow, process, script, start, timer, user
from tests.interpreter.complaint import ROUND

#: With the process it calls 31 elements; eight user tasks a round.
LOOP = process(
    start() + user("register") + script("classify", 'if amount > 1000 then "high" else "low"', "severity")
    + element("exclusiveGateway", "merge") + user("triage")
    + boundary("triage_late", "triage", timer("'P1D'"), interrupting=False) + user("notice") + end("noticed")
    + element("exclusiveGateway", "admissible", default="admissible_investigate") + user("reject") + end("rejected")
    + user("investigate") + boundary("investigate_late", "investigate", timer("'P5D'")) + user("take_over")
    + element("exclusiveGateway", "taken") + user("request_info")
    + element("callActivity", "expert", calledElement="expert_process") + user("draft") + user("approve")
    + element("exclusiveGateway", "approved", default="approved_compute") + script("compute", "amount * 2", "total")
    + user("send_answer") + user("feedback") + boundary("feedback_late", "feedback", timer("'P14D'"))
    + element("exclusiveGateway", "satisfied", default="satisfied_close") + user("close") + end("closed")
    + chain("start", "register", "classify", "merge", "triage", "admissible")
    + chain("triage_late", "notice", "noticed")
    + flow("admissible", "reject", "admitted = false") + chain("reject", "rejected")
    + chain("admissible", "investigate", "taken", "request_info", "expert", "draft", "approve", "approved")
    + chain("investigate_late", "take_over", "taken")
    + flow("approved", "draft", "agreed = false") + chain("approved", "compute", "send_answer", "feedback", "satisfied")
    + chain("feedback_late", "close") + flow("satisfied", "merge", "content = false")
    + chain("satisfied", "close", "closed")
)  # fmt: skip
_SUMMARY = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(340))
#: What the case knows from registering on: a kilobyte.
DATA = {"amount": 500, "admitted": True, "agreed": True, "content": False, "summary": _SUMMARY}


def blocks(count: int) -> str:
    """*count* pairs of user tasks beside each other, one pair after the other."""
    body = start() + end()
    before = "start"
    for n in range(count):
        split, left, right, join = (f"{name}{n}" for name in ("split", "left", "right", "join"))
        body += element("parallelGateway", split) + user(left) + user(right) + element("parallelGateway", join)
        body += chain(before, split, left, join) + chain(split, right, join)
        before = join
    return process(body + chain(before, "end"))


def for_stock(diagram: str) -> str:
    """*diagram* with its expressions in the library's own language, Python."""
    for ours, stock in _EXPRESSIONS.items():
        diagram = diagram.replace(ours, stock)
    return diagram


_EXPRESSIONS = {
    " = false": " == False",
    'if amount &gt; 1000 then "high" else "low"': 'severity = "high" if amount &gt; 1000 else "low"',
    "<script>amount * 2": "<script>total = amount * 2",
    "<script>7": "<script>expert_score = 7",
}


class Walk(Protocol):
    """A case on either engine, loaded and saved at every step as a server does."""

    step: Any  #: what the last step left

    def do(self, element: str, **data: Any) -> object:
        """Complete the user task that is open there."""


def milliseconds_a_step(walk: Walk, rounds: Sequence[int], *, times: int) -> dict[int, tuple[float, Any]]:
    """CPU of a step in each of *rounds*, median of *times*, and what the case was at its begin.

    The rounds take turns, so that a busy machine disturbs all alike.
    """
    begun = {}
    for number in range(1, max(rounds) + 1):
        if number in rounds:
            begun[number] = walk.step
        _round(walk)
    costs: dict[int, list[float]] = {number: [] for number in begun}
    for _ in range(times):
        for number, walk.step in begun.items():
            costs[number].append(_round(walk))
    return {number: (median(costs[number]) / len(ROUND) * 1000, begun[number]) for number in begun}


def _round(walk: Walk) -> float:
    begin = time.process_time()
    for task in ROUND:
        walk.do(task, **{f"{task}_note": "seen"})
    return time.process_time() - begin
