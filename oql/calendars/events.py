"""One event: how programs write it, how it is kept, and when it takes place.

Its start is kept as the wall clock of its zone shows it, and so what is repeated at 9:00 stays at 9:00 in summer. An
event of whole days is kept by days; it takes place from midnight to midnight of its zone. Its end is no part of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from oql import durations, zones
from oql.calendars import moments, rules
from oql.calendars.moments import END
from oql.errors import Code, OqlError, expected, failed, nearest
from oql.json import loads
from oql.values import Value, kind_of, to_json
from oql.verbs.declare import describe

LONGEST_BRIEF = 31 * 86_400.0
"""Seconds of an event that is found by its start alone."""

_DAY = 86_400.0
_LONGEST = {"title": 1_000, "location": 1_000, "description": 16_384, "uid": 1_000}
_MOST_DATA_BYTES = 16_384
_MOST_EXCEPTIONS = 1_000
_KEYS = (
    "title", "start", "end", "duration", "zone", "location", "description", "repeat", "except", "busy", "data",
)  # fmt: skip
_TOLD = ("id", "calendar", "all_day")
"""Keys of an event that is shown, which tell nothing of it."""


class Stretch(NamedTuple):
    """From one moment to another, in Unix seconds; the second is not part of it."""

    start: float
    end: float


@dataclass(frozen=True)
class Event:
    """An event. `start`: a day or the wall clock of `zone`; `length`: days, or seconds of an event with times.

    `repeat`: the text of a rule, or empty; `until`: the start of the last time, None for no end; `skipped`: starts that
    do not take place. `uid` and `occurrence` are those of iCalendar: one time of a series that was changed names it.
    """

    title: str
    start: date | datetime
    length: float
    zone: str
    repeat: str = ""
    until: datetime | None = None
    skipped: frozenset[str] = frozenset()
    busy: bool = True
    location: str = ""
    description: str = ""
    data: Value = None
    uid: str = ""
    occurrence: str = ""

    @cached_property
    def all_day(self) -> bool:
        """Whether it lasts whole days."""
        return not isinstance(self.start, datetime)

    @cached_property
    def tz(self) -> tzinfo:
        """Its zone."""
        return zones.zone(self.zone)

    @cached_property
    def first(self) -> Stretch:
        """When it takes place for the first time, skipped or not."""
        return self._stretch(self.start)

    @cached_property
    def last_end(self) -> float:
        """When it is over for good, or some time later."""
        if not self.repeat:
            return self.first.end
        return END if self.until is None else min(END, self._stretch(self.until).end)

    @property
    def brief(self) -> bool:
        """Whether it is found by its start alone."""
        return not self.repeat and self.first.end - self.first.start <= LONGEST_BRIEF

    def times(self, window: Stretch, look: Callable[[], None]) -> Iterator[Stretch]:
        """When it takes place within a window, even in part, in order. `look` is called now and then, and may raise."""
        for shown in self._starts(window, look):
            if self.key(shown) not in self.skipped:
                found = self._stretch(shown)
                if found.start >= window.end:
                    return
                if found.end > window.start or found.start >= window.start:
                    yield found

    def key(self, shown: date | datetime) -> str:
        """A start as `skipped` names it."""
        return shown.isoformat()[: 10 if self.all_day else None]

    def _starts(self, window: Stretch, look: Callable[[], None]) -> Iterator[date | datetime]:
        if not self.repeat:
            yield self.start
            return
        length = self.first.end - self.first.start
        after = moments.local(max(window.start - length - 2 * _DAY, moments.BEGINNING), self.tz)
        until = moments.local(min(window.end + _DAY, END - _DAY), self.tz)
        until = until if self.until is None else min(until, self.until)
        start = _at_midnight(self.start)
        for found in rules.occurrences(rules.read(self.repeat), start, after, look, until=until):
            yield found.date() if self.all_day else found

    def _stretch(self, shown: date | datetime) -> Stretch:
        """A time of the event that begins when a clock of its zone shows this."""
        if self.all_day:
            day = shown.date() if isinstance(shown, datetime) else shown
            end = day + timedelta(days=self.length)
            return Stretch(moments.seconds(day, self.tz), moments.seconds(end, self.tz))
        start = moments.seconds(shown, self.tz)
        return Stretch(start, start + self.length)

    def without(self, at: Value, look: Callable[[], None]) -> "Event | None":
        """The event without the time that starts at a moment; None where none does. Raises CastFailed, TypeFailed."""
        key = skipped_key(self, at)
        begins = moments.unix(key, self.tz)
        if not self.repeat or all(found.start != begins for found in self.times(Stretch(begins, begins + 1), look)):
            return None
        if len(self.skipped) >= _MOST_EXCEPTIONS:
            raise failed(Code.TYPE_FAILED, f"the event leaves out {_MOST_EXCEPTIONS:,} times already")
        return replace(self, skipped=self.skipped | {key})

    def shown(self, taken: Stretch, zone: tzinfo | None = None) -> dict[str, Value]:
        """One time of the event as programs see it, moments in its own zone or another."""
        tz = zone or self.tz
        optional = {"location": self.location, "description": self.description, "repeat": self.repeat}
        shown: dict[str, Value] = {
            "title": self.title,
            "start": self._shown(taken.start, tz),
            "end": self._shown(taken.end, tz),
            "all_day": self.all_day,
            "zone": self.zone,
            "busy": self.busy,
            **{key: value for key, value in optional.items() if value},
        }
        if self.skipped:
            shown["except"] = sorted(self.skipped)
        return shown if self.data is None else {**shown, "data": self.data}

    def _shown(self, at: float, zone: tzinfo) -> str:
        return moments.local(at, self.tz).date().isoformat() if self.all_day else moments.shown(at, zone)

    def kept(self) -> str:
        """The event as JSON, which `of_kept` reads."""
        fields: dict[str, Value] = {
            "title": self.title, "start": self.start.isoformat(), "length": self.length, "zone": self.zone,
            "repeat": self.repeat, "until": self.until.isoformat() if self.until else None,
            "skipped": sorted(self.skipped), "busy": self.busy, "location": self.location,
            "description": self.description, "data": self.data, "uid": self.uid, "occurrence": self.occurrence,
        }  # fmt: skip
        if isinstance(self.start, datetime) and self.start.fold:
            fields["fold"] = 1
        return to_json({key: value for key, value in fields.items() if value not in ("", None, [])}).decode()


def of_kept(text: str) -> Event:
    """The event of what `kept` gave."""
    fields: Any = loads(text.encode(), max_depth=100)
    start, until = fields["start"], fields.pop("until", None)
    day = date.fromisoformat(start) if len(start) == len("2026-01-01") else None
    fields["start"] = day or datetime.fromisoformat(start).replace(fold=fields.pop("fold", 0))
    fields["skipped"] = frozenset(fields.get("skipped", ()))
    return Event(**fields, until=datetime.fromisoformat(until) if until else None)


def read(given: Mapping[str, Value], zone: str, look: Callable[[], None]) -> Event:
    """The event that an object tells of, in this zone unless it names one. Raises TypeFailed, CastFailed."""
    given = {key: value for key, value in given.items() if value is not None and key not in _TOLD}
    for key in given:
        if key not in _KEYS:
            raise _unknown(key)
    zone = _text(given, "zone") or zone
    tz = zones.zone(zone)
    title = _text(given, "title")
    if not title.strip():
        raise failed(Code.TYPE_FAILED, "the event has no title", _FORM)
    if "start" not in given:
        raise failed(Code.TYPE_FAILED, "the event has no start", _FORM)
    start = moments.wall_clock(given["start"], tz)
    event = Event(
        title, start, _length(given, start, tz), zone, busy=_truth(given), location=_text(given, "location"),
        description=_text(given, "description"), data=_data(given),
    )  # fmt: skip
    if event.first.end > END:
        raise failed(Code.CAST_FAILED, f"the event ends behind the year {moments.LAST_YEAR}")
    return repeated(event, _text(given, "repeat"), given.get("except", []), look)


def repeated(event: Event, text: str, excepted: Value, look: Callable[[], None]) -> Event:
    """The event repeated by a rule, but for some starts. Raises CastFailed, TypeFailed."""
    if not text:
        return event
    rule = rules.read(text)
    start = _at_midnight(event.start)
    until = rule.until
    if until is not None and rule.until_utc:
        at = moments.seconds(until, zones.zone("UTC"))
        until = moments.local(min(max(at, moments.BEGINNING - _DAY), END - _DAY), event.tz)
    if until is not None and until < start:
        raise failed(Code.CAST_FAILED, "the event is repeated until a time before it starts")
    if rule.count is not None:
        *_, until = islice(rules.occurrences(rule, start, start, look, until=until), rule.count)
    name = text.strip().upper().removeprefix("RRULE:")
    name = f"FREQ={name}" if name in rules.FREQUENCIES else name
    return replace(event, repeat=name, until=until, skipped=_skipped(event, excepted))


_FORM = 'an event is such as {"title": "Lunch", "start": "2026-01-15T12:00:00", "end": "2026-01-15T13:00:00"}'


def _length(given: Mapping[str, Value], start: date | datetime, tz: tzinfo) -> float:
    if "end" in given and "duration" in given:
        raise failed(Code.TYPE_FAILED, "the event has both an `end` and a `duration`", "leave one of them out")
    if not isinstance(start, datetime):
        return _days(given, start, tz)
    if "end" in given:
        length = moments.unix(given["end"], tz) - moments.seconds(start, tz)
    elif "duration" in given:
        length = _duration(given)
    else:
        raise failed(Code.TYPE_FAILED, "the event has neither an `end` nor a `duration`", _FORM)
    if not length >= 0:
        raise failed(Code.CAST_FAILED, "the event ends before it starts")
    return round(length, 3)


def _days(given: Mapping[str, Value], start: date, tz: tzinfo) -> int:
    """How many days an event of whole days has: one, where it does not say."""
    if "duration" in given:
        length = _duration(given) / _DAY
    elif "end" in given:
        end = moments.wall_clock(given["end"], tz)
        if isinstance(end, datetime):
            hint = "write both as days, or both as moments"
            raise failed(Code.CAST_FAILED, "the event starts with a day and ends with a moment", hint)
        length = (end - start).days
    else:
        length = 1
    if length != int(length) or not 1 <= length <= 100_000:
        hint = "the end of an event of whole days is the day behind its last one"
        raise failed(Code.CAST_FAILED, "an event of whole days has one at least", hint)
    return int(length)


def _duration(given: Mapping[str, Value]) -> float:
    found = durations.seconds(given["duration"])
    if found is None or not 0 <= found <= durations.LONGEST:
        raise expected(Code.CAST_FAILED, 'a `duration` such as "1h30m"', describe(given["duration"]))
    return found


def _text(given: Mapping[str, Value], key: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise expected(Code.TYPE_FAILED, f"text as `{key}` of the event", kind_of(value))
    longest = _LONGEST.get(key, 1_000)
    if len(value) > longest or "\0" in value:
        raise expected(Code.TYPE_FAILED, f"at most {longest:,} characters as `{key}` of the event", f"{len(value):,}")
    return value


def _truth(given: Mapping[str, Value]) -> bool:
    value = given.get("busy", True)
    if not isinstance(value, bool):
        raise expected(Code.TYPE_FAILED, "true or false as `busy` of the event", describe(value))
    return value


def _data(given: Mapping[str, Value]) -> Value:
    data = given.get("data")
    if len(to_json(data)) > _MOST_DATA_BYTES:
        raise failed(Code.TYPE_FAILED, f"the `data` of an event has at most {_MOST_DATA_BYTES:,} bytes of JSON")
    return data


def _skipped(event: Event, excepted: Value) -> frozenset[str]:
    if not isinstance(excepted, list) or len(excepted) > _MOST_EXCEPTIONS:
        found = kind_of(excepted) if not isinstance(excepted, list) else f"{len(excepted):,}"
        raise expected(Code.TYPE_FAILED, f"an array of at most {_MOST_EXCEPTIONS:,} moments as `except`", found)
    return frozenset(skipped_key(event, value) for value in excepted)


def skipped_key(event: Event, value: Value) -> str:
    """The start of a time of an event, as `skipped` names it: of a day alone the time of day is that of the event."""
    shown = moments.wall_clock(value, event.tz)
    if not event.all_day and not isinstance(shown, datetime):
        shown = datetime.combine(shown, _at_midnight(event.start).time())
    return event.key(shown)


def _at_midnight(shown: date | datetime) -> datetime:
    """A start with a time of day."""
    return shown if isinstance(shown, datetime) else datetime.combine(shown, time())


def _unknown(key: str) -> OqlError:
    guess = nearest(key, _KEYS)
    hint = f"did you mean `{guess}`?" if guess else f"an event has {', '.join(_KEYS)}"
    return failed(Code.TYPE_FAILED, f"`{key[:60]}` is no part of an event", hint)


def changed(event: Event, changes: Mapping[str, Value], look: Callable[[], None]) -> Event:
    """The event with these parts instead of its own; null takes one away. One that is moved stays as long as it is."""
    before = event.shown(event.first)
    whole: dict[str, Value] = {**before, **changes}
    if "end" in changes or "duration" in changes:
        whole |= {key: changes.get(key) for key in ("end", "duration")}
    elif "start" in changes or "zone" in changes:
        whole["end"] = None
        if event.all_day != isinstance(moments.wall_clock(whole["start"], event.tz), datetime):
            whole["duration"] = event.length * (_DAY if event.all_day else 1)
    if "start" not in changes:
        whole["start"] = event.start.isoformat()
    if not whole.get("repeat"):
        whole["except"] = None
    return replace(read(whole, event.zone, look), uid=event.uid, occurrence=event.occurrence)
