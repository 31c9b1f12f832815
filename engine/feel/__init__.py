"""FEEL, the expression language of DMN 1.3 to 1.5: parse, compile, evaluate.

Pure: no clock ("now" is an argument), no files but the time zones, no state but caches. Anything may import it; it
imports ``engine.errors`` only. Expressions are bounded (``limits.py``), so that a stranger's expression can be run.

>>> compile_expression("amount > 100 and days in [1..5]").evaluate(data, now=now)
"""

from engine.feel.compiler import call_function
from engine.feel.errors import FeelError
from engine.feel.evaluation import Evaluation
from engine.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.output import to_json
from engine.feel.values import FeelFunction, Range

__all__ = [
    "Evaluation",
    "Expression",
    "FeelError",
    "FeelFunction",
    "Range",
    "UnaryTests",
    "call_function",
    "compile_expression",
    "compile_unary_tests",
    "to_json",
]
