"""A loop of four user tasks: what the uncorrected library can run too (its joins break inside loops)."""

from __future__ import annotations

from tests.interpreter.building import chain, element, end, flow, process, start, user

STEPS = ("receive", "assess", "answer", "ask")
LOOP = process(
    start() + element("exclusiveGateway", "merge") + "".join(user(step) for step in STEPS)
    + element("exclusiveGateway", "satisfied", default="satisfied_merge") + end()
    + chain("start", "merge", *STEPS, "satisfied", "merge") + flow("satisfied", "end", "done = true")
)  # fmt: skip
#: The same with the library's own expression language.
STOCK_LOOP = LOOP.replace("done = true", "done == True")
