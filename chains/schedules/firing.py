"""Schedules that are due: each slot becomes one execution, whoever looks and however often.

The execution, the slot that has fired and the next one are written in one frame, which first reads the schedule as it
is now. Of the slots that passed while nobody looked the last one fires, or none (catch_up).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from chains.library import Kind
from chains.lowering import ChainRefused
from chains.schedules import crons, record
from chains.schedules.record import LastRun, Schedule
from oql.context import report_fault
from oql.errors import OqlError
from substrate.errors import NotFound, StoreError
from substrate.interface import DatabaseError, Frame, Namespace

AT_ONCE = 100
"""Schedules that one call sees to; the rest stays due."""
MISSED_S = 60.0
"""A slot that is so old was missed: nobody was there in its minute."""

_log = logging.getLogger("oql.chains")


class Launch(Protocol):
    """Starts a run in a frame of the namespace; see `chains.launching.Launcher`."""

    def __call__(
        self, frame: Frame, kind: Kind, name: str, values: Mapping[str, Any], now: float, *, waits: bool
    ) -> str:
        """The id of the new execution. Raises OqlError, before anything is written."""


def fire_due(namespace: Namespace, now: float, launch: Launch) -> None:
    """Starts what is due at `now`, in Unix seconds. Raises StoreError."""
    try:
        due = record.due_until(namespace, now, AT_ONCE)
    except NotFound:
        return
    fired = [namespace.submit(partial(_fire, schedule, now, launch)) for schedule in due]
    for schedule, one in zip(due, fired, strict=True):
        try:
            one.result()
        except (StoreError, DatabaseError):
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours with one schedule is not that of all others
            error = f"internal error {report_fault(fault)}"
            namespace.write(partial(_fire, schedule, now, partial(_refuse, error)))


def run_now(frame: Frame, schedule: Schedule, now: float, launch: Callable[[], str]) -> LastRun:
    """Starts a run outside of the times of a schedule, also of one that is switched off."""
    last = _started(launch, now)
    record.keep(frame, replace(schedule, last=last))
    return last


def _fire(id_: str, now: float, launch: Launch, frame: Frame) -> None:
    schedule = record.find(frame, id_)
    if schedule is None or schedule.due is None or schedule.due > now:
        return  # somebody else was here first
    try:
        slot = crons.latest(schedule.cron, schedule.zone, schedule.due, now)
        following = crons.next_after(schedule.cron, schedule.zone, slot)
    except OqlError as error:  # the zone is known no longer
        _log.warning("the schedule %s is stopped: %s", schedule.id, error.message)
        last = LastRun(now, outcome="error", error=error.message)
        record.keep(frame, replace(schedule, due=None, last=last))
        return
    last_run = schedule.last
    if now - slot < MISSED_S or schedule.catch_up == "once":
        start = partial(launch, frame, schedule.kind, schedule.name, schedule.input, now, waits=True)
        last_run = _started(start, now)
    record.keep(frame, replace(schedule, due=following, last=last_run))


def _started(launch: Callable[[], str], now: float) -> LastRun:
    try:
        return LastRun(now, launch())
    except OqlError as refusal:
        return LastRun(now, outcome="error", error=refusal.message)


def _refuse(error: str, *_: object, **__: object) -> str:
    raise ChainRefused(error)
