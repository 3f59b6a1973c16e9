"""What the verbs on calendars do; their forms are in oql/verbs/calendars.py.

What takes long, iCalendar text above all, is done before the step's frame of the store is opened.
"""

from heapq import nsmallest

from oql import zones
from oql.calendars import events, moments, records
from oql.calendars.asking import (
    WEIGHT,
    at_most,
    event_of,
    no_calendar,
    order,
    reading_of,
    see_to,
    shown,
    start_of,
    times,
    window_of,
    zone_of,
)  # fmt: skip
from oql.calendars.events import Stretch
from oql.calendars.free import free
from oql.calendars.records import Kept
from oql.errors import Code, expected, failed
from oql.values import Value, kind_of
from oql.verbs.declare import Any, Object, Text, Whole
from oql.verbs.run import Run
from oql.verbs.time import Duration
from substrate.interface import Frame, SystemTables

_LONGEST_NAME = 200


def create_calendar(run: Run, name: Text, *, using: Text) -> Value:
    """Makes a calendar. Raises DatabaseError where there is one of the name."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise expected(Code.TYPE_FAILED, f"a name of 1 to {_LONGEST_NAME} visible characters", "another text")
    zones.zone(using)

    def work(frame: Frame) -> Value:
        if not records.make(frame, name, using, run.clock()):
            raise failed(Code.DATABASE_ERROR, f"there is a calendar `{name}` already")
        return True

    return run.commit(work)


def list_calendars(run: Run) -> Value:
    """Lists all calendars by name."""
    found = reading_of(run, records.listed)
    return [{"name": name, "zone": zone, "events": count} for name, zone, count in found]


def delete_calendar(run: Run, name: Text) -> Value:
    """Deletes a calendar with its events."""

    def work(frame: Frame) -> Value:
        if not records.remove(frame, name):
            raise no_calendar(name, frame)
        return True

    return run.commit(work)


def create_event(
    run: Run, event: Any, *, from_: Any, at: Any, to: Any, using: Text | None, as_: Text | None, into: Text
) -> Value:
    """Adds an event, and gives its id."""
    told = {"start": start_of(from_, at), "end": to, "zone": using, "repeat": as_}
    made = event_of(run, event, told, into)
    kept = Kept(run.context.new_id(4), into, made)

    def work(frame: Frame) -> Value:
        see_to(run, frame, into)
        records.add(frame, kept)
        return kept.id

    return run.commit(work)


def get_event(run: Run, id: Any, *, using: Text | None) -> Value:  # noqa: A002 - the word for it
    """Gives an event, or null."""
    found = reading_of(run, lambda reading: records.found(reading, str(id)))
    return shown(found, found.event.first, using) if found else None


def get_events(
    run: Run,
    calendar: Text | None,
    *,
    from_: Any,
    to: Any,
    where: Text | None,
    using: Text | None,
    limit: Whole | None,
) -> Value:
    """Gives what takes place between two moments, by its start."""
    wanted = (where or "").casefold()
    most = run.context.limits.rows
    if limit is not None and not 0 <= limit <= most:
        raise expected(Code.TYPE_FAILED, f"from 0 to {most:,} behind LIMIT", f"{limit:,}")

    def work(reading: SystemTables) -> list[Value]:
        window = window_of(reading, calendar, run.context.now if from_ is None else from_, to, using)
        whole = times(run, reading, calendar, window)
        every = (each for each in whole if wanted in each[0].event.title.casefold())
        found = nsmallest(limit, every, key=order) if limit is not None else sorted(at_most(every, most), key=order)
        return [shown(kept, time, using) for kept, time in found]

    return reading_of(run, work)


def get_next_event(run: Run, calendar: Text | None, *, from_: Any, using: Text | None) -> Value:
    """Gives what starts next, or null."""

    def work(reading: SystemTables) -> Value:
        zone = zones.zone(using or zone_of(reading, calendar))
        at = run.context.now if from_ is None else moments.unix(from_, zone)
        brief = records.next_brief(reading, calendar, at)
        best = (brief, brief.event.first) if brief else None
        for kept in records.long_from(reading, calendar, at):
            end = best[1].start if best else moments.END
            time = next((time for time in kept.event.times(Stretch(at, end), run.look) if time.start >= at), None)
            best = (kept, time) if time else best
        return shown(*best, using) if best else None

    return reading_of(run, work)


def update_event(run: Run, id: Any, *, with_: Object) -> Value:  # noqa: A002 - the word for it
    """Changes parts of an event, and tells whether there was one."""

    def work(frame: Frame) -> Value:
        found = records.found(frame, str(id))
        if found is None:
            return False
        if with_.get("calendar", found.calendar) != found.calendar:
            raise failed(
                Code.TYPE_FAILED, "an event stays in its calendar", "delete it, and create it in the other one"
            )
        records.change(frame, Kept(found.id, found.calendar, events.changed(found.event, with_, run.look)))
        return True

    return run.commit(work)


def delete_event(run: Run, id: Any, *, at: Any) -> Value:  # noqa: A002 - the word for it
    """Deletes an event, or one time of it, and tells whether it was there."""

    def work(frame: Frame) -> Value:
        if at is None:
            return records.delete(frame, str(id))
        found = records.found(frame, str(id))
        skipped = found.event.without(at, run.look) if found else None
        if found is None or skipped is None:
            return False
        records.change(frame, Kept(found.id, found.calendar, skipped))
        return True

    return run.commit(work)


def check_availability(
    run: Run, calendar: Text | None, *, from_: Any, to: Any, for_: Duration, using: Text | None
) -> Value:
    """Gives the free times between two moments."""
    most = run.context.limits.rows

    def work(reading: SystemTables) -> list[Value]:
        zone = zones.zone(using or zone_of(reading, calendar))
        window = window_of(reading, calendar, from_, to, using)
        taken = (time for kept, time in times(run, reading, calendar, window) if kept.event.busy)
        found = free(window, at_most(taken, most), for_)
        return [{"start": moments.shown(each.start, zone), "end": moments.shown(each.end, zone)} for each in found]

    return reading_of(run, work)


def book_slot(run: Run, event: Any, *, from_: Any, at: Any, to: Any, using: Text | None, into: Text) -> Value:
    """Adds an event where its time is free, and gives its id, else null."""
    made = event_of(run, event, {"start": start_of(from_, at), "end": to, "zone": using}, into)
    if made.repeat or not made.busy:
        raise failed(Code.TYPE_FAILED, "a slot is one time that is taken", "leave `repeat` and `busy` out")
    kept = Kept(run.context.new_id(4), into, made)

    def work(frame: Frame) -> Value:
        see_to(run, frame, into)
        for other, time in times(run, frame, into, made.first):
            if other.event.busy and time.start < made.first.end and made.first.start < time.end:
                return None
        records.add(frame, kept)
        return kept.id

    return run.commit(work)


def count_events(run: Run, calendar: Text | None, *, from_: Any, to: Any, using: Text | None) -> Value:
    """Counts events, or how often they take place."""
    if (from_ is None) != (to is None):
        raise failed(Code.TYPE_FAILED, "`CALENDAR COUNT` takes both FROM and TO, or neither")

    def work(reading: SystemTables) -> int:
        if from_ is None:
            zone_of(reading, calendar)
            return records.count(reading, calendar)
        window = window_of(reading, calendar, from_, to, using)
        return sum(1 for _ in times(run, reading, calendar, window))

    return reading_of(run, work)


def export(run: Run, calendar: Text) -> Value:
    """Gives a calendar as iCalendar text."""
    from oql.calendars.icalendar import written

    def work(reading: SystemTables) -> tuple[str, list[Kept]]:
        kept = []
        for each in records.of_calendar(reading, calendar):
            run.claim(WEIGHT)
            kept.append(each)
        return zone_of(reading, calendar), kept

    zone, kept = reading_of(run, work)
    return written(calendar, zone, kept, run.context.now, run.look)


def import_(run: Run, text: Any, *, into: Text) -> Value:
    """Adds the events of iCalendar text, and gives how many they were."""
    from oql.calendars.icalendar import read_events

    zone = reading_of(run, lambda reading: records.zone_of(reading, into))
    found = read_events(_text_of(run, text), zone, run)
    ids = [run.context.new_id(4) for _ in found.events]

    def work(frame: Frame) -> Value:
        if records.zone_of(frame, into) is None:
            records.make(frame, into, found.zone, run.clock())
        for number, (id, event) in enumerate(zip(ids, found.events, strict=True)):  # noqa: A001 - as above
            if number % 256 == 0:
                run.look()
            records.add(frame, Kept(id, into, event))
        return len(ids)

    return run.commit(work)


def _text_of(run: Run, given: Value) -> str | bytes:
    if isinstance(given, str) and given.startswith("/root/"):
        from oql.calendars.icalendar import MOST_BYTES
        from oql.verbs.files import bytes_of

        return bytes_of(run, "CALENDAR IMPORT", given, MOST_BYTES)
    if isinstance(given, (str, bytes)):
        return given
    raise expected(Code.TYPE_FAILED, "iCalendar text, or the path of a file of such", kind_of(given))
