"""Complaint policy without a database: who may do what, how cases are numbered, how customers find theirs. Pure."""

from engine.complaints.actors import ANYBODY, CUSTOMER, SCHEDULE, SYSTEM, TRIGGER, Absent, Actor
from engine.complaints.callers import caller_number
from engine.complaints.filings import Doubt, FilingStatus, may_decide_filing
from engine.complaints.permissions import (
    NOBODY,
    Barred,
    Capacity,
    capacity_to_act,
    refusal_to_act,
    refusal_to_audit,
    refusal_to_export,
    refusal_to_own,
)
from engine.complaints.references import (
    case_number,
    counter_scope,
    is_number_pattern,
    is_shop_code,
    letter_code,
    letter_hash,
    plain_letter_code,
    shop_code,
    tracking_code,
    tracking_hash,
)
from engine.complaints.signing import agreement
from engine.complaints.veil import CLEAR, COVER, Veil, masked_text, veil_of

__all__ = [
    "ANYBODY",
    "CLEAR",
    "COVER",
    "CUSTOMER",
    "NOBODY",
    "SCHEDULE",
    "SYSTEM",
    "TRIGGER",
    "Absent",
    "Actor",
    "Barred",
    "Capacity",
    "Doubt",
    "FilingStatus",
    "Veil",
    "agreement",
    "caller_number",
    "capacity_to_act",
    "case_number",
    "counter_scope",
    "is_number_pattern",
    "is_shop_code",
    "letter_code",
    "letter_hash",
    "masked_text",
    "may_decide_filing",
    "plain_letter_code",
    "refusal_to_act",
    "refusal_to_audit",
    "refusal_to_export",
    "refusal_to_own",
    "shop_code",
    "tracking_code",
    "tracking_hash",
    "veil_of",
]
