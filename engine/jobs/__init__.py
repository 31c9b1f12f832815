"""Work that happens later and outside: mail, letters, counting. The port, its adapters, and nothing that knows a case.

Only the adapter modules in here import the job library.
"""

from engine.jobs.port import Failed, Handler, Job, Jobs
from engine.jobs.repeating import Repeating

__all__ = ["Failed", "Handler", "Job", "Jobs", "Repeating"]
