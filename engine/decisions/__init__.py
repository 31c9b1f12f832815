"""DMN decisions: read, check, evaluate. DMN 1.2 to 1.5, conformance level 2 and most boxed expressions of level 3.

Pure: no clock, no database. May be imported by procedures and everything above; imports ``engine.feel``,
``engine.safe_xml``, ``engine.findings`` and ``engine.errors``.
"""

from engine.decisions.errors import DecisionError
from engine.decisions.evaluation import Outcome, evaluate
from engine.decisions.files import check_decisions, read_decisions
from engine.decisions.model import Decision, DecisionModel, HitPolicy

__all__ = [
    "Decision",
    "DecisionError",
    "DecisionModel",
    "HitPolicy",
    "Outcome",
    "check_decisions",
    "evaluate",
    "read_decisions",
]
