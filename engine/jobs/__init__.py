"""Work that happens later and outside: mail, letters, counting. The port, its adapters, and nothing that knows a case.

Only the adapter modules in here import the job library.
"""

from engine.jobs.port import Failed, Handler, Job, Jobs

__all__ = ["Failed", "Handler", "Job", "Jobs"]
