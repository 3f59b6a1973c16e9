"""Crons that are due: each slot becomes one job, whoever looks and however often.

The job, the slot that has fired and the next one are written in one frame, which first checks that the cron is as it
was read. Of the slots that passed while nobody looked only the last one fires.
"""

import logging
from functools import partial

from oql import schedules
from oql.context import report_fault
from oql.errors import OqlError
from oql.jobs import records
from oql.local import new_id
from oql.schedules import Cron
from substrate.errors import NotFound, StoreError
from substrate.interface import DatabaseError, Frame, Namespace

AT_ONCE = 100
"""Crons that one call sees to; the rest stays due."""

_log = logging.getLogger("oql.worker")


def fire_due(namespace: Namespace, now: float) -> None:
    """Makes a job of each cron whose slot has come at `now`, in Unix seconds. Raises StoreError, DatabaseError."""
    try:
        due = schedules.due_until(namespace, now, AT_ONCE)
    except NotFound:
        return
    fired = [namespace.submit(partial(_fire, cron, now)) for cron in due]
    for cron, one in zip(due, fired, strict=True):
        try:
            one.result()
        except (StoreError, DatabaseError):
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours with one cron is not that of all others
            _log.warning("a slot of the cron %s is passed over: internal fault %s", cron.name, report_fault(fault))
            namespace.write(partial(_pass_over, cron, now))


def _fire(cron: Cron, now: float, frame: Frame) -> None:
    try:
        slot, following = _slots(cron, now)
    except OqlError as error:  # the zone is known no longer
        _log.warning("the cron %s is stopped: %s", cron.name, error.message)
        schedules.stopped(frame, cron)
        return
    if schedules.moved(frame, cron, slot, following):
        records.create(
            frame,
            id=new_id(7),
            kind="cron",
            name=cron.name,
            source=cron.source,
            request={},
            now=now,
            idempotency_key=f"cron:{cron.name}:{slot:.0f}",
        )


def _pass_over(cron: Cron, now: float, frame: Frame) -> None:
    """Goes on to the next slot without a job; a cron of which that cannot be found is stopped."""
    try:
        slot, following = _slots(cron, now)
    except Exception as fault:  # noqa: BLE001 - it would stay due, and be looked at again without end
        _log.warning("the cron %s is stopped: internal fault %s", cron.name, report_fault(fault))
        schedules.stopped(frame, cron)
        return
    schedules.moved(frame, cron, slot, following)


def _slots(cron: Cron, now: float) -> tuple[float, float | None]:
    """The last slot that has come, and the one behind it. Raises OqlError."""
    assert cron.due is not None
    slot = schedules.latest(cron.schedule, cron.zone, cron.due, now)
    return slot, schedules.next_after(cron.schedule, cron.zone, slot)
