"""Every correction to SpiffWorkflow, in one place: nothing of it is used uncorrected, nothing is patched globally.

SpiffWorkflow reads the diagram (its node parsers) and drives the life cycle of a task (its ``Task`` and
``TaskSpec``). The classes here are subclasses that replace what is wrong in 3.2.0:

====================================  =================================================================================
defect of 3.2.0                       correction
====================================  =================================================================================
joins in loops fire early             ``gateways``: a join consumes one waiting token of each incoming flow
stale data, lost updates at joins     ``data``: each value has the number of its writing, a join takes the last
nested data shared between branches   data is never changed in place (``engine.interpreter.data``)
prediction grows as 2^k               ``nodes.Node._predict``: no prediction, a task's children are made when it is done
history kept in the tree, each step   ``tokens``: a finished task is removed at once, only live tokens are kept; all
costs O(age), silent end at depth     scans are flat
1000
``time.time()`` and ``now()``         ``tokens.Token``, ``events``: instants come from the step
random task ids                       ``tokens.Token``: ids count up, keys are element path and occurrence
boundary events through hidden        ``events``: watchers are children of the activity they watch; cycles keep their
split and join tasks; cycle           reminders; no hidden tasks, so none in the history
reminders deleted
event gateway with two timers         ``events.EventGateway``: each event is a token of its own
messages for everybody who waits,     ``events``: the one that has waited longest takes a message of its name and
correlations of others                correlation
signals, links and compensation       ``triggers``, ``events``: read from the diagram, each sent, followed or refused
forgotten, error starts begin at once
conditions not asked, or not over     ``tokens.Case``: asked in every step, over the data as if all branches joined
what others write
event sub-processes never interrupt,  ``activities.EventSubProcess``: waits in its scope, as a token of its own
hold the case open, change the
specification of other cases
data objects looked for without end   ``parser``: lines to data objects are not followed
multi-instance: ``None`` items hang,  ``activities``: instances are children of the activity, results by index
``NameError``, order of completion
outgoing flows sorted by height,      ``parser``: flows in document order, kept with id and condition
flow ids lost, recursion per node
Python in eleven places               ``expressions``: FEEL only
====================================  =================================================================================

``tests/interpreter/defects.py`` names every defect that was measured, its test and what shows it in the library.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

CORRECTED_VERSION: Final = "3.2.0"


def require_corrected_version() -> None:
    """Raises RuntimeError unless the installed SpiffWorkflow is the one these corrections were written against."""
    if (installed := version("SpiffWorkflow")) != CORRECTED_VERSION:
        raise RuntimeError(
            f"expected SpiffWorkflow {CORRECTED_VERSION}, found {installed}: review engine/interpreter/corrections"
        )
