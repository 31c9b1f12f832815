"""The heartbeat: wakes the cases and starts the schedules that are due, and reads nothing else."""

from __future__ import annotations

import logging
import threading

from engine.commands import cases as case_commands
from engine.commands.errors import LostRace
from engine.commands.schedules import run_schedule, skip_schedule
from engine.commands.site import Site
from engine.complaints import SCHEDULE, Actor
from engine.database import DatabaseAway
from engine.queries.due import due_cases, due_schedules

_log = logging.getLogger(__name__)
#: Cases woken before looking at the clock again.
_BATCH = 100
_SECONDS = 1.0
#: Not the case's fault: the next tick finds it due again.
_TRY_AGAIN = (DatabaseAway, LostRace)


def tick(site: Site) -> int:
    """Do what is due now, one transaction each; how many things were done. Several workers may tick at once."""
    now = site.clock()
    with site.database.reading() as connection:
        waiting = due_cases(connection, now=now, limit=_BATCH)
        schedules = due_schedules(connection, now=now)
    done = 0
    for case in waiting:
        try:
            with site.acting(Actor.system(case.company_id)) as context:
                done += case_commands.wake(context, case.case_id)
        except _TRY_AGAIN:
            _log.warning("case not woken", extra={"action": "wake_failed", "case": case.case_id})
        except Exception as error:  # noqa: BLE001 -- it would stay due and be tried for ever: somebody has to look first
            _log.exception("case cannot be woken", extra={"action": "wake_failed", "case": case.case_id})
            with site.acting(Actor.system(case.company_id)) as context:
                case_commands.stop_waking(context, case.case_id, _reason(error))
    for due in schedules:
        try:
            with site.acting(Actor(due.company_id, SCHEDULE)) as context:
                done += run_schedule(context, due.procedure, due.schedule) is not None
        except _TRY_AGAIN:
            _log.warning("schedule not run", extra={"action": "schedule_failed", "schedule": due.schedule})
        except Exception as error:  # noqa: BLE001 -- as above
            _log.exception("schedule cannot be run", extra={"action": "schedule_failed", "schedule": due.schedule})
            with site.acting(Actor(due.company_id, SCHEDULE)) as context:
                skip_schedule(context, due.procedure, due.schedule, _reason(error))
    return done


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


class Ticker:
    """Ticks once a second in a thread of its own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.wait(_SECONDS):
            try:
                while tick(self._site) >= _BATCH:
                    continue
            except Exception:  # noqa: BLE001 -- the database is away: the next tick tries again
                _log.warning("tick failed", extra={"action": "tick_failed"}, exc_info=True)
