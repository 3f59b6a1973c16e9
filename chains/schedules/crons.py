"""When a schedule comes: crons of the language, all of them read against the wall clock.

A local time that a clock change skips comes at the next one that exists, a doubled one the first time alone; so a
schedule of every hour rests for the hour that comes twice.
"""

from oql import schedules, zones
from oql.errors import OqlError

INVALID, INVALID_ZONE = "Invalid cron expression", "Invalid timezone"


def next_after(cron: str, zone: str, at: float) -> float | None:
    """The first slot behind a moment, both in Unix seconds; None for never. Raises OqlError (CastFailed)."""
    return schedules.next_after(cron, zone, at, by_elapsed=False)


def latest(cron: str, zone: str, slot: float, now: float) -> float:
    """The last slot that is not behind `now`, where `slot` is one of these. Raises as `next_after`."""
    return schedules.latest(cron, zone, slot, now, by_elapsed=False)


def wrong(cron: object, zone: object, now: float) -> tuple[str, str] | None:
    """Why nothing can be scheduled so, as it is published, and what is wrong in particular; None where it can."""
    try:
        if not isinstance(cron, str) or next_after(cron, "UTC", now) is None:
            return INVALID, "it never comes"
    except OqlError as error:
        return INVALID, _told(error)
    try:
        if isinstance(zone, str) and zone:
            zones.zone(zone)
            return None
    except OqlError as error:
        return INVALID_ZONE, _told(error)
    return INVALID_ZONE, 'a zone has a name such as "Europe/Berlin"'


def _told(error: OqlError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
