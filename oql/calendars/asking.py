"""What the verbs on calendars ask of the store: which events take place when, and in what zone."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from oql import zones
from oql.calendars import DEFAULT, events, moments, records
from oql.calendars.events import Event, Stretch
from oql.calendars.records import Kept
from oql.errors import Code, OqlError, expected, failed, limit_reached, nearest
from oql.tables.access import read
from oql.values import Value, kind_of
from oql.verbs.run import Run
from substrate.interface import Frame, SystemTables

T = TypeVar("T")

YEAR = 365 * 86_400.0
WEIGHT = 1_000
"""Bytes that one time of an event takes, about."""
_LOOK_EVERY = 256


def event_of(run: Run, given: Value, told: dict[str, Value], calendar: str) -> Event:
    """The event of a title or an object; `told` goes before that, but for nulls. Raises TypeFailed, CastFailed."""
    if isinstance(given, str):
        given = {"title": given}
    if not isinstance(given, dict):
        raise expected(Code.TYPE_FAILED, "the title of an event, or an object", kind_of(given))
    told = {key: value for key, value in told.items() if value is not None}
    zone = reading_of(run, lambda reading: zone_of(reading, calendar))
    return events.read({**given, **told}, zone, run.look)


def start_of(from_: Value, at: Value) -> Value:
    """The start that FROM or AT tells. Raises TypeFailed for both."""
    if from_ is not None and at is not None:
        raise failed(Code.TYPE_FAILED, "the step has both FROM and AT", "leave one of them out")
    return at if from_ is None else from_


def see_to(run: Run, frame: Frame, name: str) -> None:
    """Sees to it that a calendar is there. Raises DatabaseError."""
    if records.zone_of(frame, name) is None:
        if name != DEFAULT:
            raise no_calendar(name, frame)
        records.make(frame, name, "UTC", run.clock())


def zone_of(reading: SystemTables, calendar: str | None) -> str:
    """The zone of a calendar, UTC for all of them. Raises DatabaseError."""
    zone = records.zone_of(reading, calendar) if calendar is not None else None
    if zone is None and calendar not in (None, DEFAULT):
        raise no_calendar(str(calendar), reading)
    return zone or "UTC"


def window_of(reading: SystemTables, calendar: str | None, start: Value, end: Value, using: str | None) -> Stretch:
    """The time from FROM to TO (null: for a year), by the clock of the calendar or another zone. Raises CastFailed."""
    zone = zones.zone(using or zone_of(reading, calendar))
    begins = moments.unix(start, zone)
    window = Stretch(begins, min(begins + YEAR, moments.END) if end is None else moments.unix(end, zone))
    if window.end < window.start:
        raise failed(Code.CAST_FAILED, "the time ends before it starts", "FROM comes first, then TO")
    return window


def times(run: Run, reading: SystemTables, calendar: str | None, window: Stretch) -> Iterator[tuple[Kept, Stretch]]:
    """When the events of a calendar, or of all, take place within a window, in no order."""
    number = 0
    for kept in records.within(reading, calendar, window):
        for time in kept.event.times(window, run.look):
            if number % _LOOK_EVERY == 0:
                run.look()
                run.claim(_LOOK_EVERY * WEIGHT)
            number += 1
            yield kept, time


def at_most(found: Iterable[T], most: int) -> Iterator[T]:
    """What is found, as long as a read may return so much."""
    for number, each in enumerate(found):
        if number >= most:
            raise limit_reached("rows of one read", f"{most:,}", "narrow it with FROM and TO, or LIMIT")
        yield each


def order(found: tuple[Kept, Stretch]) -> tuple[float, float, str]:
    """By what times of events are sorted."""
    kept, time = found
    return time.start, time.end, kept.id


def shown(kept: Kept, time: Stretch, using: str | None) -> dict[str, Value]:
    """One time of an event as programs see it, in the zone that USING names, or its own."""
    zone = zones.zone(using) if using else None
    return {"id": kept.id, "calendar": kept.calendar, **kept.event.shown(time, zone)}


def reading_of(run: Run, work: Callable[[SystemTables], T]) -> T:
    """What is read of calendars."""
    return read(run, lambda reading, _: work(reading))


def no_calendar(name: str, reading: SystemTables) -> OqlError:
    """The error of a calendar that is not there."""
    guess = nearest(name, records.names(reading))
    hint = f"did you mean `{guess}`?" if guess else f'make it with CALENDAR CREATE CALENDAR "{name[:60]}"'
    return failed(Code.DATABASE_ERROR, f"there is no calendar `{name[:200]}`", hint)
