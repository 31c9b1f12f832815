"""The functions every expression may call (DMN 1.5, 10.3.4), one module a subject.

Each function takes the evaluation and its arguments as FEEL values of the declared types, and answers null where FEEL
does. New ones go into their subject's table; nothing else has to know of them.
"""

from engine.feel.builtins.registry import Builtin, builtins, invoke_builtin

__all__ = ["Builtin", "builtins", "invoke_builtin"]
