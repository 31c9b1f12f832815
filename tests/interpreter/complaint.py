"""The complaint procedure of the measurements: 38 elements, loop back, parallel join inside it, reminders, call, lanes."""

from __future__ import annotations

from tests.interpreter.building import boundary, chain, element, end, flow, process, script, start, timer, user

MAIN = process(
    start() + user("register", form="intake") + script("classify", 'if amount > 1000 then "high" else "low"', "severity")
    + element("exclusiveGateway", "merge") + user("triage", due="triage")
    + boundary("triage_late", "triage", timer("P1D"), interrupting=False) + user("notice") + end("noticed")
    + element("exclusiveGateway", "admissible", default="admissible_split") + user("reject") + end("rejected")
    + element("parallelGateway", "split") + user("investigate")
    + boundary("investigate_late", "investigate", timer("P5D")) + user("take_over") + element("exclusiveGateway", "taken")
    + user("request_info") + element("parallelGateway", "join") + element("callActivity", "expert", calledElement="expert_process")
    + user("draft") + user("approve") + element("exclusiveGateway", "approved", default="approved_compute")
    + script("compute", "amount * 1.19", "total") + user("send_answer") + user("feedback", due="feedback")
    + boundary("feedback_late", "feedback", timer("P14D")) + element("exclusiveGateway", "satisfied", default="satisfied_close")
    + user("close") + end("closed")
    + chain("start", "register", "classify", "merge", "triage", "admissible") + chain("triage_late", "notice", "noticed")
    + flow("admissible", "reject", "admissible = false") + chain("reject", "rejected") + chain("admissible", "split")
    + chain("split", "investigate", "taken", "join") + chain("investigate_late", "take_over", "taken")
    + chain("split", "request_info", "join", "expert", "draft", "approve", "approved")
    + flow("approved", "draft", "approved = false") + chain("approved", "compute", "send_answer", "feedback", "satisfied")
    + chain("feedback_late", "close") + flow("satisfied", "merge", "satisfied = false") + chain("satisfied", "close", "closed")
)  # fmt: skip
EXPERT = process(
    start("expert_start") + user("review") + script("score", "7", "expert_score") + end("expert_end")
    + chain("expert_start", "review", "score", "expert_end"),
    id="expert_process",
)  # fmt: skip
ROUND = ("triage", "investigate", "request_info", "review", "draft", "approve", "send_answer", "feedback")
