"""Crons: schedules of five fields, the moments ("slots") at which they come, and the rows that keep them.

    minute hour day-of-month month day-of-week        "30 2 * * 1-5"

A schedule is read against the wall clock of its zone. Where its hours are not all hours of the day, every time of day
that it names comes once on each of its days: what falls into the hour that is left out in spring comes at its end, and
of an hour that comes twice in autumn the first counts. Where the hour is `*` it goes by elapsed time: `0 * * * *` comes
every hour, also on those days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from cronsim import CronSim, CronSimError

from oql import zones
from oql.errors import Code, OqlError, expected, failed
from oql.values import Value, whole
from substrate.interface import Frame, Row, SystemTables

MOST_CRONS = 1_000
"""Crons that one namespace may have."""
_LONGEST = 200
_MINUTE = 60.0
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_FORM = 'write "minute hour day month weekday", such as "0 3 * * 1-5"'
_FIELDS = (
    ("a minute", "0 to 59"),
    ("an hour", "0 to 23"),
    ("a day of the month", "1 to 31, or L for the last"),
    ("a month", "1 to 12, or JAN to DEC"),
    ("a day of the week", "0 to 7, or SUN to SAT"),
)
_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron as it is kept. `last`: the slot that fired last; `due`: the one that comes next, None for none."""

    name: str
    schedule: str
    zone: str
    source: str
    created: float
    last: float | None
    fired: int
    due: float | None


# schedules


def next_after(schedule: str, zone: str, at: float, *, by_elapsed: bool = True) -> float | None:
    """The first slot behind a moment, both in Unix seconds; None where none comes in the next 50 years.

    by_elapsed: whether a schedule of every hour goes by elapsed time; else it is read against the wall clock too.
    Raises CastFailed: the schedule or the zone is none.
    """
    for slot in _slots(schedule, zone, at, by_elapsed):
        if slot > at:  # in the second pass of an hour that comes twice, the first one's slots are in the past
            return slot
    return None


def latest(schedule: str, zone: str, slot: float, now: float, *, by_elapsed: bool = True) -> float:
    """The last slot that is not behind `now`, where `slot` is one of these. As `next_after` otherwise."""
    since, until = slot, now
    while until - since >= _MINUTE:  # nothing comes behind `until`, and no two slots in one minute
        middle = (since + until) / 2
        found = next_after(schedule, zone, middle, by_elapsed=by_elapsed)
        if found is not None and found <= now:
            slot = since = found
        else:
            until = middle
    return slot


def check(schedule: str, zone: str, at: float) -> float:
    """The first slot of a schedule behind a moment. Raises CastFailed where none comes, also as `next_after`."""
    found = next_after(schedule, zone, at)
    if found is None:
        raise _never(schedule)
    return found


def _slots(schedule: str, zone: str, at: float, by_elapsed: bool) -> Iterator[float]:
    start = datetime.fromtimestamp(at, zones.zone(zone))
    return (slot.timestamp() for slot in CronSim(_by_wall_clock(schedule, by_elapsed), start))


@lru_cache(maxsize=256)
def _by_wall_clock(schedule: str, by_elapsed: bool) -> str:
    """The schedule in the words that make the library do what this module promises. Raises CastFailed.

    The library takes one by the wall clock when neither minute nor hour begins with `*`.
    """
    fields = _fields(schedule)
    try:
        read = CronSim(schedule, _ANY_DAY)
    except CronSimError:
        raise _wrong(schedule, fields) from None
    if by_elapsed and len(read.hours) == len(range(24)):
        fields[1] = "*"
    else:
        fields[:2] = fields[0].replace("*", "0-59"), fields[1].replace("*", "0-23")
    return " ".join(fields)


def _fields(schedule: str) -> list[str]:
    fields = schedule.split() if len(schedule) <= _LONGEST else []
    if len(fields) == len(_FIELDS) and schedule.isascii():
        return fields
    alias = _ALIASES.get(schedule.strip().lower())
    if alias:
        raise failed(Code.CAST_FAILED, f"`{schedule.strip()}` is no schedule here", f'write "{alias}"')
    found = "one that is too long" if len(schedule) > _LONGEST else f"`{schedule}`"
    raise expected(Code.CAST_FAILED, "a schedule of five fields", found, hint=_FORM)


def _wrong(schedule: str, fields: list[str]) -> OqlError:
    """Names the field that is wrong; where each is good by itself, it is a day that no month has."""
    for place, (field, (what, range_)) in enumerate(zip(fields, _FIELDS, strict=True)):
        alone = " ".join(field if place == other else "*" for other in range(len(_FIELDS)))
        try:
            CronSim(alone, _ANY_DAY)
        except CronSimError:
            hint = f"it may be {range_}; also a range 1-5, a list 1,5, a step */2, or * for any"
            return expected(Code.CAST_FAILED, f"{what} in the schedule `{schedule}`", f"`{field}`", hint=hint)
    return _never(schedule)


def _never(schedule: str) -> OqlError:
    hint = "choose days that the months have"
    return failed(Code.CAST_FAILED, f"the schedule `{schedule}` never comes", hint)


# rows

_SELECT = "SELECT name, schedule, zone, source, created, last, fired, due FROM cron"
_DEFINE = """
    INSERT INTO cron (name, schedule, zone, source, created, last, fired, due) VALUES (?, ?, ?, ?, ?, NULL, 0, ?)
    ON CONFLICT (name) DO UPDATE SET
        due = CASE WHEN cron.schedule = excluded.schedule AND cron.zone = excluded.zone AND cron.due IS NOT NULL
                   THEN cron.due ELSE excluded.due END,
        schedule = excluded.schedule, zone = excluded.zone, source = excluded.source
"""


def define(frame: Frame, name: str, schedule: str, zone: str, source: str, now: float) -> None:
    """Keeps a cron. One of the name is replaced; with the same schedule it keeps the slot that is due.

    Raises CastFailed: schedule, zone; QuotaExceeded: more crons than a namespace may have.
    """
    due = check(schedule, zone, now)
    [(others,)] = frame.system("SELECT count(*) FROM cron WHERE name <> ?", name)
    if cast(int, others) >= MOST_CRONS:
        raise failed(Code.QUOTA_EXCEEDED, f"there are {MOST_CRONS:,} crons already", "delete some with DELETE CRON")
    frame.system(_DEFINE, name, schedule, zone, source, now, due)


def delete(frame: Frame, name: str) -> bool:
    """Deletes a cron; False where there is none. What it has started goes on."""
    return bool(frame.system("DELETE FROM cron WHERE name = ? RETURNING name", name))


def listed(reading: SystemTables) -> list[Cron]:
    """All crons, by their names. Raises NotFound where the namespace was never written to."""
    return [_cron(row) for row in reading.system(f"{_SELECT} ORDER BY name")]


def found(reading: SystemTables, name: str) -> Cron | None:
    """The cron of a name. Raises as `listed`."""
    rows = reading.system(f"{_SELECT} WHERE name = ?", name)
    return _cron(rows[0]) if rows else None


def due_until(reading: SystemTables, now: float, most: int) -> list[Cron]:
    """The crons with a slot that has come, those that are longest due first. Raises as `listed`."""
    statement = f"{_SELECT} WHERE due <= ? ORDER BY due, name LIMIT ?"
    return [_cron(row) for row in reading.system(statement, now, most)]


def moved(frame: Frame, cron: Cron, slot: float, due: float | None) -> bool:
    """Notes that a slot has fired, and the next one; False where the cron is no longer as it was read."""
    return bool(
        frame.system(
            "UPDATE cron SET last = ?, fired = fired + 1, due = ? "
            "WHERE name = ? AND due = ? AND schedule = ? AND zone = ? AND source = ? RETURNING name",
            *(slot, due, cron.name, cron.due, cron.schedule, cron.zone, cron.source),
        )
    )


def stopped(frame: Frame, cron: Cron) -> None:
    """Ends a cron that can find no slot any more, and keeps it for people to look at."""
    frame.system("UPDATE cron SET due = NULL WHERE name = ? AND schedule = ?", cron.name, cron.schedule)


def described(cron: Cron) -> dict[str, Value]:
    """A cron as programs see it. Moments are Unix seconds, null for none."""
    return {
        "name": cron.name,
        "schedule": cron.schedule,
        "zone": cron.zone,
        "next": moment(cron.due),
        "last": moment(cron.last),
        "fired": cron.fired,
        "created": moment(cron.created),
        "source": cron.source,
    }


def moment(at: float | None) -> Value:
    """Unix seconds as programs see them: to the millisecond."""
    return None if at is None else whole(round(at, 3))


def _cron(row: Row) -> Cron:
    fields: Any = row
    return Cron(*fields)
