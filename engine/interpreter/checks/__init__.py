"""What in a package's diagrams does not run, with place, reason and way out; and what the others need from the files.

One pass over the XML. Whatever is not known to run is refused by name: SpiffWorkflow ignores link events, signal ends,
conditions on a single flow, unconnected nodes and more without a word. Used by ``definition`` only.
"""

from engine.interpreter.checks.files import read_package
from engine.interpreter.checks.sheet import Reading

__all__ = ["Reading", "read_package"]
