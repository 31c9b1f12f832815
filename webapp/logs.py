"""Logs that say what was done, by ids, and nothing that anybody wrote: no names, no numbers, no answers, no paths."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import orjson

#: What log calls pass as ``extra`` and may be written down.
_IDS: Final = (
    "action", "method", "endpoint", "status", "milliseconds", "company", "person", "case", "schedule", "message_id",
    "signal", "job", "reference", "worker",
)  # fmt: skip


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, what, ids, and of an error its type and where it came from."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": _said(record),
            **{name: value for name in _IDS if (value := getattr(record, name, None)) is not None},
        }
        if record.exc_info and record.exc_info[1]:
            line |= _error(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


class Lines(logging.Formatter):
    """The same for people who read along."""

    def format(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{name}={value}" for name in _IDS if (value := getattr(record, name, None)) is not None)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        lines = [f"{at} {record.levelname} {record.name} {_said(record)} {ids}".rstrip()]
        if record.exc_info and record.exc_info[1]:
            error = _error(record.exc_info[1])
            lines += [f"  {error['error']}", *(f"  {place}" for place in error["where"])]
        return "\n".join(lines)


def start_logging(*, as_json: bool) -> None:
    """Write logs of this process to standard error: of ours everything, of libraries warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_json else Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    if as_json:
        logging.getLogger("webapp.requests").setLevel(logging.INFO)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns at every request that waits for a thread


def _said(record: logging.LogRecord) -> str:
    """The words of the call without what was put into them, but of numbers: texts may be anybody's."""
    if record.args and not all(isinstance(value, int | float) for value in _values(record)):
        return str(record.msg)
    return record.getMessage()


def _values(record: logging.LogRecord) -> tuple[object, ...]:
    return tuple(record.args.values()) if isinstance(record.args, dict) else tuple(record.args or ())


def _error(error: BaseException) -> dict[str, Any]:
    """Its type and places in the code: its message may quote an answer or a whole row."""
    places = traceback.extract_tb(error.__traceback__)
    where = [f"{place.filename}:{place.lineno} {place.name}" for place in places]
    return {"error": type(error).__name__, "where": where}
