"""The rows of calendars and events.

An event that is brief and not repeated is found by its start; how many of the others there may be is bounded, since
each of these has to be looked at that was not over before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from oql.calendars.events import LONGEST_BRIEF, Event, Stretch, of_kept
from oql.errors import Code, failed
from oql.tables.access import all_or_none
from substrate.interface import Cell, Frame, Row, SystemTables

MOST_CALENDARS = 1_000
MOST_LONG = 5_000
"""Events of a namespace that are repeated, or longer than a month."""

_SELECT = "SELECT id, calendar, fields, first FROM event"
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that is kept, with its id and the name of its calendar."""

    id: str
    calendar: str
    event: Event


def make(frame: Frame, name: str, zone: str, now: float) -> bool:
    """Makes a calendar; False where there is one of the name. Raises QuotaExceeded."""
    frame.check_quota()
    [(count,)] = frame.system("SELECT count(*) FROM calendar")
    if cast(int, count) >= MOST_CALENDARS:
        message = f"there are {MOST_CALENDARS:,} calendars already"
        raise failed(Code.QUOTA_EXCEEDED, message, "delete some with CALENDAR DELETE CALENDAR")
    made = frame.system(
        "INSERT INTO calendar (name, zone, created) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING name",
        *(name, zone, now),
    )
    return bool(made)


def zone_of(reading: SystemTables, name: str) -> str | None:
    """The zone of a calendar, None where there is none of the name."""
    rows = _rows(reading, "SELECT zone FROM calendar WHERE name = ?", name)
    return str(rows[0][0]) if rows else None


def names(reading: SystemTables) -> list[str]:
    """The names of all calendars."""
    return [str(name) for (name,) in _rows(reading, "SELECT name FROM calendar ORDER BY name")]


def listed(reading: SystemTables) -> list[tuple[str, str, int]]:
    """Name, zone and number of events of all calendars, by name."""
    rows: Any = _rows(
        reading,
        "SELECT name, zone, (SELECT count(*) FROM event WHERE event.calendar = calendar.name) "
        "FROM calendar ORDER BY name",
    )
    return [tuple(row) for row in rows]


def remove(frame: Frame, name: str) -> bool:
    """Deletes a calendar with its events; False where there is none."""
    frame.system("DELETE FROM event WHERE calendar = ?", name)
    return bool(frame.system("DELETE FROM calendar WHERE name = ? RETURNING name", name))


def add(frame: Frame, kept: Kept) -> None:
    """Keeps an event; one of the calendar with the same `uid` and `occurrence` is replaced. Raises QuotaExceeded."""
    frame.check_quota()
    event = kept.event
    if not event.brief:
        [(count,)] = frame.system("SELECT count(*) FROM event WHERE brief = 0")
        if cast(int, count) >= MOST_LONG:
            raise failed(Code.QUOTA_EXCEEDED, f"there are {MOST_LONG:,} repeated or long events already")
    frame.system(
        "INSERT INTO event (id, calendar, uid, occurrence, first, last, brief, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (calendar, uid, occurrence) DO UPDATE SET first = excluded.first, last = excluded.last, "
        "brief = excluded.brief, fields = excluded.fields",
        *(kept.id, kept.calendar, event.uid or kept.id, event.occurrence),
        *(event.first.start, event.last_end, event.brief, event.kept()),
    )


def change(frame: Frame, kept: Kept) -> None:
    """Writes an event that is kept anew."""
    event = kept.event
    frame.system(
        "UPDATE event SET first = ?, last = ?, brief = ?, fields = ? WHERE id = ?",
        *(event.first.start, event.last_end, event.brief, event.kept(), kept.id),
    )


def found(reading: SystemTables, id: str) -> Kept | None:  # noqa: A002 - the word for it
    """The event of an id."""
    rows = _rows(reading, f"{_SELECT} WHERE id = ?", id)
    return _kept(rows[0]) if rows else None


def delete(frame: Frame, id: str) -> bool:  # noqa: A002 - as above
    """Deletes an event; False where there is none."""
    return bool(frame.system("DELETE FROM event WHERE id = ? RETURNING id", id))


def within(reading: SystemTables, calendar: str | None, window: Stretch) -> Iterator[Kept]:
    """The events, of one calendar or all, that may take place within a window."""
    brief = "brief = 1 AND first > ? AND first < ? AND last >= ?"
    yield from _pages(reading, brief, calendar, window.start - LONGEST_BRIEF - 1, window.end, window.start)
    yield from _pages(reading, "brief = 0 AND first < ? AND last >= ?", calendar, window.end, window.start)


def next_brief(reading: SystemTables, calendar: str | None, at: float) -> Kept | None:
    """The first brief event that starts at a moment or later."""
    where, params = _of(calendar, "brief = 1 AND first >= ?", (at,))
    rows = _rows(reading, f"{_SELECT} WHERE {where} ORDER BY first, id LIMIT 1", *params)
    return _kept(rows[0]) if rows else None


def long_from(reading: SystemTables, calendar: str | None, at: float) -> Iterator[Kept]:
    """The events that are not brief and not over at a moment."""
    return _pages(reading, "brief = 0 AND last >= ?", calendar, at)


def of_calendar(reading: SystemTables, calendar: str | None) -> Iterator[Kept]:
    """All events of a calendar, or of all."""
    yield from _pages(reading, "brief = 1", calendar)
    yield from _pages(reading, "brief = 0", calendar)


def count(reading: SystemTables, calendar: str | None) -> int:
    """How many events there are."""
    where, params = _of(calendar, "id <> ''", ())
    rows = _rows(reading, f"SELECT count(*) FROM event WHERE {where}", *params)  # noqa: S608 - ours alone
    return cast(int, rows[0][0]) if rows else 0


def _pages(reading: SystemTables, condition: str, calendar: str | None, *params: Cell) -> Iterator[Kept]:
    """The events that fit, by their starts, some at a time, so that no number of them fills the memory."""
    where, bound = _of(calendar, condition, params)
    behind: tuple[Cell, ...] = (-1e300, "")
    while True:
        rows = _rows(
            reading,
            f"{_SELECT} WHERE {where} AND (first, id) > (?, ?) ORDER BY first, id LIMIT ?",
            *bound,
            *behind,
            _PAGE,
        )
        yield from map(_kept, rows)
        if len(rows) < _PAGE:
            return
        behind = rows[-1][3], rows[-1][0]


def _rows(reading: SystemTables, sql: str, *params: Cell) -> list[Row]:
    """The rows of a statement; none in a namespace that was never written to."""
    return all_or_none(lambda: reading.system(sql, *params))


def _of(calendar: str | None, condition: str, params: tuple[Cell, ...]) -> tuple[str, tuple[Cell, ...]]:
    return (condition, params) if calendar is None else (f"{condition} AND calendar = ?", (*params, calendar))


def _kept(row: Any) -> Kept:
    return Kept(row[0], row[1], of_kept(row[2]))
