"""Work that happens later and outside: mail, letters, counting. The port, its adapters, and nothing that knows a case.

Only the adapter modules in here import the job library.
"""

from engine.jobs.engines import job_engine, refuse_jobs_of_another
from engine.jobs.port import Failed, Handler, Job, JobEngine, Jobs
from engine.jobs.repeating import Repeating

__all__ = ["Failed", "Handler", "Job", "JobEngine", "Jobs", "Repeating", "job_engine", "refuse_jobs_of_another"]
