"""How much one expression may ask for. A hostile author meets these walls, an honest one never does."""

from __future__ import annotations

from typing import Final

#: Characters of source text. The longest condition of our own has 300.
MAX_SOURCE: Final = 10_000
#: Brackets, ``if``, ``for`` … inside each other.
MAX_NESTING: Final = 50
#: Levels of the parsed tree; long chains such as ``1 + 1 + …`` add one level a link.
MAX_DEPTH: Final = 120
#: Functions that wait for each other at one moment.
MAX_CALLS: Final = 24
#: Units of work of one evaluation: about one for each operation, list slot or 8 characters of text made.
MAX_STEPS: Final = 100_000
#: Characters a text may grow to during evaluation.
MAX_TEXT: Final = 100_000
#: Lists and contexts inside each other in data and results.
MAX_DATA_DEPTH: Final = 50
#: Values in one result; twenty characters of text count as one more.
MAX_RESULT: Final = 50_000
#: Characters and instructions of one regular expression.
MAX_PATTERN: Final = 500
MAX_PROGRAM: Final = 1_000
