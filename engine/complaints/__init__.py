"""Complaint policy without a database: who may do what, how cases are numbered, how customers find theirs. Pure."""

from engine.complaints.actors import CUSTOMER, SCHEDULE, SYSTEM, Actor
from engine.complaints.permissions import refusal_to_act, refusal_to_own
from engine.complaints.references import case_number, counter_scope, tracking_code, tracking_hash

__all__ = [
    "CUSTOMER",
    "SCHEDULE",
    "SYSTEM",
    "Actor",
    "case_number",
    "counter_scope",
    "refusal_to_act",
    "refusal_to_own",
    "tracking_code",
    "tracking_hash",
]
