"""iCalendar text (RFC 5545), from and to events.

Foreign text is cut into its events first, and the library reads these one by one, so that the definitions of zones are
never looked at: a zone is known by its name or not at all, and no rule of a file is ever searched for the changes of a
clock. Of an event is kept what `events` knows: title, times, rule, exceptions, place, description, and whether it
takes time. The library is loaded when it is first needed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from oql import zones
from oql.calendars import events, moments
from oql.calendars.events import Event
from oql.calendars.records import Kept
from oql.errors import Code, OqlError, failed
from oql.values import Value
from oql.verbs.run import Run

MOST_BYTES = 8 * 2**20
MOST_EVENTS = 10_000
_MOST_IN_EVENT = 2**18
"""Characters of one event."""
_WEIGHT = 8
"""Bytes that reading takes for each byte of the text, about."""
_PRODUCT = "-//OQL//Calendars//EN"


@dataclass(frozen=True, slots=True)
class Calendar:
    """What was read: the zone that the text names for all, and the events."""

    zone: str
    events: list[Event]


def read_events(text: str | bytes, zone: str | None, run: Run) -> Calendar:
    """The events of iCalendar text, in this zone where neither they nor the text name one.

    Raises ConvertFailed for what is no such text, CastFailed and TypeFailed for an event that no calendar takes.
    """
    lines = _lines(text, run)
    zone = _zone_of_all(lines) or zone or "UTC"
    found: dict[tuple[str, str], Event] = {}
    series: dict[str, set[str]] = {}
    for number, block in enumerate(_blocks(lines)):
        if number % 64 == 0:
            run.look()
        for event in _events(block, zone, run.look):
            found[event.uid, event.occurrence] = event
            if event.occurrence:
                series.setdefault(event.uid, set()).add(event.occurrence)
        if len(found) > MOST_EVENTS:
            raise _bad(f"the text has more than {MOST_EVENTS:,} events", "import it in parts")
    return Calendar(zone, [_but_for(event, series.get(event.uid, set())) for event in found.values()])


def written(name: str, zone: str, kept: Iterable[Kept], now: float, look: Callable[[], None]) -> str:
    """A calendar as iCalendar text; `now` is when that was, in Unix seconds."""
    import icalendar

    made = icalendar.Calendar()
    for key, value in (("VERSION", "2.0"), ("PRODID", _PRODUCT), ("X-WR-CALNAME", name), ("X-WR-TIMEZONE", zone)):
        made.add(key, value)
    stamp = datetime.fromtimestamp(int(now), UTC)
    used = set[str]()
    for number, each in enumerate(kept):
        if number % 64 == 0:
            look()
        made.add_component(_component(each, stamp))
        if each.event.zone != "UTC" and not each.event.all_day:
            used.add(each.event.zone)
    for zone_used in sorted(used):
        made.subcomponents.insert(0, _definition(zone_used))
    text: str = made.to_ical().decode()
    return text


# reading


def _lines(text: str | bytes, run: Run) -> list[str]:
    """The unfolded lines of the text."""
    from icalendar.parser import Contentlines

    if len(text) > MOST_BYTES:
        raise _bad(f"the text has more than {MOST_BYTES:,} bytes", "import it in parts")
    run.claim(_WEIGHT * len(text))
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        lines = [str(line) for line in Contentlines.from_ical(decoded)]  # type: ignore[no-untyped-call]  # it has no types
    except ValueError:
        raise _bad("the text is not UTF-8") from None
    if not any(line.strip().upper() == "BEGIN:VCALENDAR" for line in lines[:20]):
        raise _bad("expected iCalendar text, which begins with BEGIN:VCALENDAR")
    return lines


def _zone_of_all(lines: list[str]) -> str | None:
    for line in lines[:200]:
        name, _, value = line.partition(":")
        if name.upper() == "X-WR-TIMEZONE":
            return _zone(value.strip())
    return None


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """The lines of each event, without what is inside it, such as its alarms."""
    block: list[str] | None = None
    inside = size = 0
    for line in lines:
        word = line[:40].strip().upper()
        if word == "BEGIN:VEVENT" and block is None:
            block, inside, size = [], 0, 0
        elif block is None:
            continue
        elif word == "END:VEVENT" and inside == 0:
            yield block
            block = None
        elif word.startswith(("BEGIN:", "END:")):
            inside += 1 if word.startswith("BEGIN:") else -1
        elif inside == 0:
            block.append(line)
            size += len(line)
            if size > _MOST_IN_EVENT:
                raise _bad(f"an event has more than {_MOST_IN_EVENT:,} characters")
    if block is not None:
        raise _bad("the text ends inside an event: expected END:VEVENT")


_READ = frozenset({
    "UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "LOCATION",
    "DESCRIPTION", "TRANSP", "STATUS",
})  # fmt: skip


def _events(block: list[str], zone: str, look: Callable[[], None]) -> Iterator[Event]:
    """The event of these lines, and one for each further time that it names by itself."""
    import icalendar

    lines = [line for line in block if line.partition(":")[0].partition(";")[0].strip().upper() in _READ]
    rule = [line.partition(":")[2] for line in lines if line[:5].upper() == "RRULE"]
    text = "\r\n".join(["BEGIN:VEVENT", *(line for line in lines if line[:5].upper() != "RRULE"), "END:VEVENT", ""])
    try:
        read: Any = icalendar.Event.from_ical(text)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the library fails in many ways, always because of the text
        raise _bad(f"an event cannot be read: {str(error)[:200]}") from None
    title = str(read.get("SUMMARY", "")).strip() or "(no title)"
    try:
        _whole(read)
        yield from _times(read, title, rule, zone, look)
    except OqlError as error:
        if error.final:
            raise
        raise failed(error.code, f"the event `{title[:60]}`: {error.message}", error.hint) from None


def _whole(read: Any) -> None:
    """Raises ConvertFailed where a property could not be read."""
    from icalendar.prop import vBroken

    for name, value in read.items():
        if any(isinstance(each, vBroken) for each in (value if isinstance(value, list) else [value])):
            raise _bad(f"its {name} cannot be read")


def _times(read: Any, title: str, rule: list[str], zone: str, look: Callable[[], None]) -> Iterator[Event]:
    if len(rule) > 1:
        raise _bad("it has more than one RRULE")
    start, zone = _moment(read, "DTSTART", zone)
    tz = zones.zone(zone)
    given: dict[str, Value] = {
        "title": title[:1_000],
        "start": _written(start),
        "zone": zone,
        "location": str(read.get("LOCATION", ""))[:1_000],
        "description": str(read.get("DESCRIPTION", ""))[:16_384],
        "busy": _word(read, "TRANSP") != "TRANSPARENT" and _word(read, "STATUS") != "CANCELLED",
        **_end(read, start, zone),
    }
    occurrence = ""
    if "RECURRENCE-ID" in read:
        occurrence = _stamp(next(iter(_dates(read, "RECURRENCE-ID")), start), tz)
    elif rule:
        given |= {"repeat": rule[0], "except": [_written(_local(each, zone)) for each in _dates(read, "EXDATE")]}
    event = replace(events.read(given, zone, look), uid=str(read.get("UID", ""))[:1_000], occurrence=occurrence)
    yield event
    for further in _dates(read, "RDATE"):
        begins = _local(further, zone)
        if isinstance(start, datetime) and not isinstance(begins, datetime):
            begins = datetime.combine(begins, start.time())
        moved = {**given, "start": _written(begins), "repeat": None, "except": None}
        moved |= {"end": None, "duration": event.length * (86_400 if event.all_day else 1)}
        yield replace(events.read(moved, zone, look), uid=event.uid, occurrence=_stamp(begins, tz))


def _word(read: Any, name: str) -> str:
    return str(read.get(name, "")).upper()


def _moment(read: Any, name: str, zone: str) -> tuple[date | datetime, str]:
    """A day, or a moment by the clock of the zone that is given with it."""
    found = getattr(read.get(name), "dt", None)  # what stands there several times is a list
    if not isinstance(found, date):  # some texts are read as a time of day, a duration, or a pair
        raise _bad(f"it has no {name} that can be read")
    named = read[name].params.get("TZID")
    if named and isinstance(found, datetime):
        zone = _zone(str(named))
    elif isinstance(found, datetime) and found.tzinfo is not None:
        zone = "UTC"
    return _local(found, zone), zone


def _end(read: Any, start: date | datetime, zone: str) -> dict[str, Value]:
    if "DTEND" in read:
        end, end_zone = _moment(read, "DTEND", zone)
        if isinstance(end, datetime) and isinstance(start, datetime):
            return {"end": moments.seconds(end, zones.zone(end_zone))}
        days = not isinstance(start, datetime) and not isinstance(end, datetime)
        return {} if days and end <= start else {"end": _written(end)}
    if "DURATION" in read:
        found = getattr(read["DURATION"], "dt", None)
        if not isinstance(found, timedelta):
            raise _bad("it has no DURATION that can be read")
        return {"duration": found.total_seconds()}
    return {"duration": 0} if isinstance(start, datetime) else {}


def _dates(read: Any, name: str) -> list[date]:
    """The moments of a property that may stand there several times with several values each."""
    found = read.get(name, [])
    found = found if isinstance(found, list) else [found]
    listed = [each.dts if hasattr(each, "dts") else [each] for each in found]
    found = [getattr(each, "dt", None) for several in listed for each in several]
    return [each for each in found if isinstance(each, date)]  # a stretch of time is a pair


def _local(found: date | datetime, zone: str) -> date | datetime:
    if isinstance(found, datetime) and found.tzinfo is not None:
        return moments.local(moments.inside(found.timestamp()), zones.zone(zone))
    return found


def _written(shown: date | datetime) -> str:
    return shown.isoformat()


def _stamp(found: date | datetime, tz: Any) -> str:
    """What names one time of a series: its moment, or its day."""
    if not isinstance(found, datetime):
        return found.isoformat()
    at = found.timestamp() if found.tzinfo else moments.seconds(found, tz)
    return moments.shown(moments.inside(at), UTC)


def _but_for(event: Event, occurrences: set[str]) -> Event:
    """A series without the times that have events of their own."""
    if not event.repeat or not occurrences:
        return event
    keys = {events.skipped_key(event, each) for each in occurrences}
    return replace(event, skipped=event.skipped | keys)


def _zone(name: str) -> str:
    """The IANA name of a zone that has it, or another name that is known. Raises CastFailed."""
    from icalendar.timezone import tzp

    try:
        key = str(getattr(tzp.timezone(name.strip('"')), "key", name))
    except (OSError, ValueError):  # of a name that is no file's
        key = name
    zones.zone(key)
    return key


def _bad(message: str, hint: str | None = None) -> OqlError:
    return failed(Code.CONVERT_FAILED, message, hint)


# writing


def _component(kept: Kept, stamp: datetime) -> Any:
    import icalendar

    event, made = kept.event, icalendar.Event()
    start, end = (moments.local(at, event.tz) for at in event.first)
    made.add("UID", event.uid or kept.id)
    made.add("DTSTAMP", stamp)
    made.add("SUMMARY", event.title)
    made.add("DTSTART", start.date() if event.all_day else start.replace(tzinfo=event.tz))
    made.add("DTEND", end.date() if event.all_day else end.replace(tzinfo=event.tz))
    if event.occurrence:
        made.add("RECURRENCE-ID", _of_stamp(event.occurrence))
    if event.repeat:
        made.add("RRULE", icalendar.vRecur.from_ical(event.repeat))
    for key in sorted(event.skipped):
        at = date.fromisoformat(key) if event.all_day else datetime.fromisoformat(key).replace(tzinfo=event.tz)
        made.add("EXDATE", at)
    for name, text in (("LOCATION", event.location), ("DESCRIPTION", event.description)):
        if text:
            made.add(name, text)
    if not event.busy:
        made.add("TRANSP", "TRANSPARENT")
    return made


def _of_stamp(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _definition(zone: str) -> Any:
    import icalendar

    return icalendar.Timezone.from_tzid(zone)
