"""Crons that are due: each slot becomes one job, whoever looks and however often.

The job, the slot that has fired and the next one are written in one frame, which first checks that the cron is as it
was read. Of the slots that passed while nobody looked only the last one fires.
"""

import logging
from functools import partial

from oql import schedules
from oql.errors import OqlError
from oql.jobs import records
from oql.local import new_id
from oql.schedules import Cron
from substrate.errors import NotFound
from substrate.interface import Frame, Namespace

AT_ONCE = 100
"""Crons that one call sees to; the rest stays due."""

_log = logging.getLogger("oql.worker")


def fire_due(namespace: Namespace, now: float) -> None:
    """Makes a job of each cron whose slot has come at `now`, in Unix seconds. Raises StoreError."""
    try:
        due = schedules.due_until(namespace, now, AT_ONCE)
    except NotFound:
        return
    fired = [namespace.submit(partial(_fire, cron, now)) for cron in due]
    for one in fired:
        one.result()


def _fire(cron: Cron, now: float, frame: Frame) -> None:
    assert cron.due is not None
    try:
        slot = schedules.latest(cron.schedule, cron.zone, cron.due, now)
        following = schedules.next_after(cron.schedule, cron.zone, slot)
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
