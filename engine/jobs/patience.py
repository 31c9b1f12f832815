"""How long every adapter tries, and when it gives up."""

from __future__ import annotations

from datetime import timedelta

#: 0.2 s, then 1.7 times longer each time: about three minutes before a job counts as failed.
FIRST_RETRY_SECONDS = 0.2
RETRY_GROWTH = 1.7
ATTEMPTS = 12
#: A job whose process died so often while doing it is taken for the cause and never started again. High enough that
#: one that merely stood beside the cause, or was under way at several restarts in a row, is not given up with it.
CRASHES = 10
#: Jobs under way at once in one process.
CONCURRENCY = 32
#: Finished jobs are known so long, for the same id put again and for whoever asks what happened.
KEEP = timedelta(days=30)


def stopped_too_often(crashes: int) -> str:
    """Why a job is given up that died *crashes* times too often."""
    return f"the worker stopped {crashes + 1} times during this job"


def reason(error: BaseException) -> str:
    """What a job failed of, in one line."""
    return f"{type(error).__name__}: {error}"[:500]
