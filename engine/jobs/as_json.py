"""How a job stands in a row of a job engine: as JSON, never as anything that runs when it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.jobs.port import Job


def to_json(job: Job) -> dict[str, Any]:
    return {"kind": job.kind, "id": job.id, "argument": dict(job.argument)}


def from_json(job: Mapping[str, Any]) -> Job:
    return Job(job["kind"], job["id"], job["argument"])


def dumped(value: Any) -> str:
    """Raises TypeError for what is not JSON."""
    return json.dumps(value, default=_refuse)


def _refuse(value: Any) -> Any:
    raise TypeError(f"expected JSON, found {type(value).__name__}")
