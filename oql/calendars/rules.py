"""Rules of repeated events, as RFC 5545 has them in RRULE, and the days and times they name.

    FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T230000Z        FREQ=MONTHLY;BYDAY=-1FR;COUNT=12

FREQ is DAILY, WEEKLY, MONTHLY or YEARLY: what repeats by hours, minutes or seconds is no event of a calendar. BYWEEKNO
is not known. Libraries search a rule from its beginning and, where it names nothing, to the end of time. Here the
search begins near the time that is asked for, says `look` all the while, and ends with the calendars.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import prod

from oql.calendars.moments import LAST_YEAR
from oql.errors import Code, expected, failed

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_TIMES = 10_000
"""What COUNT may be."""
MOST_IN_A_DAY = 100
"""Times of one day that BYHOUR, BYMINUTE and BYSECOND may name: all those of a period are in memory at once."""

_LONGEST = 1_000
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LOOK_EVERY = 64
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_HINT = 'write "daily", "weekly", "monthly", "yearly", or a rule such as "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"'
_NUMBERS = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `weekdays`: pairs of which one of the period (0 for every) and weekday, Monday is 0.

    `until`: the last moment, on the wall clock of the event unless `until_utc`.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_utc: bool = False
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    week_start: int = 0

    def starting(self, start: datetime) -> "Rule":
        """The rule with all that it leaves to the first occurrence."""
        told = self.weekdays or self.month_days or self.year_days
        months, month_days, weekdays = self.months, self.month_days, self.weekdays
        if self.frequency == "YEARLY" and not told:
            months, month_days = months or (start.month,), (start.day,)
        elif self.frequency == "MONTHLY" and not told:
            month_days = (start.day,)
        elif self.frequency == "WEEKLY" and not told:
            weekdays = ((0, start.weekday()),)
        return replace(
            self, months=months, month_days=month_days, weekdays=weekdays,
            hours=self.hours or (start.hour,), minutes=self.minutes or (start.minute,),
            seconds=self.seconds or (start.second,),
        )  # fmt: skip


def read(text: str) -> Rule:
    """The rule of a text. Raises CastFailed."""
    text = text.strip().upper().removeprefix("RRULE:")
    if text in FREQUENCIES:
        return Rule(text)
    if len(text) > _LONGEST or not text.isascii():
        raise expected(Code.CAST_FAILED, "a rule of repetition", "another text", hint=_HINT)
    parts = dict(_part(part) for part in text.split(";") if part)
    frequency = parts.pop("FREQ", "")
    if frequency not in FREQUENCIES:
        raise expected(Code.CAST_FAILED, "a rule by day, week, month or year", f"`{text[:100]}`", hint=_HINT)
    until, until_utc = _until(parts.pop("UNTIL", ""))
    week_start = parts.pop("WKST", "MO")
    rule = Rule(
        frequency,
        interval=_one(parts.pop("INTERVAL", "1"), "INTERVAL", 1_000),
        count=_one(parts.pop("COUNT"), "COUNT", MOST_TIMES) if "COUNT" in parts else None,
        until=until,
        until_utc=until_utc,
        weekdays=_weekdays(parts.pop("BYDAY", ""), frequency),
        week_start=_weekday(week_start),
        **{_FIELDS[name]: _numbers(parts.pop(name, ""), name) for name in _NUMBERS},
    )
    if parts:
        raise failed(Code.CAST_FAILED, f"`{next(iter(parts))[:40]}` is no known part of a rule of repetition", _HINT)
    if prod(len(times) or 1 for times in (rule.hours, rule.minutes, rule.seconds)) > MOST_IN_A_DAY:
        raise failed(Code.CAST_FAILED, f"a rule of repetition names at most {MOST_IN_A_DAY} times of one day")
    return rule


_FIELDS = {
    "BYMONTH": "months", "BYMONTHDAY": "month_days", "BYYEARDAY": "year_days", "BYSETPOS": "positions",
    "BYHOUR": "hours", "BYMINUTE": "minutes", "BYSECOND": "seconds",
}  # fmt: skip


def _part(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not value:
        raise expected(Code.CAST_FAILED, "NAME=value in a rule of repetition", f"`{part[:40]}`", hint=_HINT)
    return name.strip(), value.strip()


def _one(text: str, name: str, most: int) -> int:
    number = int(text) if text.isdecimal() and len(text) <= len(str(most)) else 0
    if not 1 <= number <= most:
        raise expected(Code.CAST_FAILED, f"{name} from 1 to {most:,}", f"`{text[:40]}`")
    return number


def _numbers(text: str, name: str) -> tuple[int, ...]:
    low, high = _NUMBERS[name]
    found = []
    for part in text.split(",") if text else ():
        number = int(part) if _NUMBER.fullmatch(part) else None
        if number is None or not low <= number <= high or (number == 0 and low < 0):
            raise expected(Code.CAST_FAILED, f"{name} from {low} to {high}", f"`{part[:40]}`")
        found.append(number)
    return tuple(sorted(set(found)))


def _weekdays(text: str, frequency: str) -> tuple[tuple[int, int], ...]:
    found = []
    for part in text.split(",") if text else ():
        ordinal = part[:-2]
        which = _numbers(ordinal, "BYYEARDAY")[0] if ordinal else 0
        if which and (frequency not in ("MONTHLY", "YEARLY") or abs(which) > 53):
            raise failed(Code.CAST_FAILED, f"`{part[:40]}` is no weekday of a rule by {frequency.lower()}")
        found.append((which, _weekday(part[-2:])))
    return tuple(dict.fromkeys(found))


def _weekday(name: str) -> int:
    if name not in _WEEKDAYS:
        raise expected(Code.CAST_FAILED, "a weekday from MO to SU", f"`{name[:40]}`")
    return _WEEKDAYS.index(name)


def _until(text: str) -> tuple[datetime | None, bool]:
    if not text:
        return None, False
    for form, length in (("%Y%m%dT%H%M%SZ", 16), ("%Y%m%dT%H%M%S", 15), ("%Y%m%d", 8)):
        if len(text) == length:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007 - of the event's clock, or UTC as is told
            except ValueError:
                break
            return (found if length > 8 else found.replace(hour=23, minute=59, second=59)), text.endswith("Z")
    raise expected(Code.CAST_FAILED, "UNTIL as 20261231 or 20261231T230000Z", f"`{text[:40]}`")


# occurrences


def occurrences(
    rule: Rule, start: datetime, after: datetime, look: Callable[[], None], *, until: datetime | None = None
) -> Iterator[datetime]:
    """The times of a rule on the wall clock, in order: the start itself, then those it names behind it.

    Those before `after` may be left out; COUNT is not heeded. Ends with `until`, which may be before that of the rule.
    `look` is called now and then, and may raise.
    """
    rule = rule.starting(start)
    if start >= after:
        yield start
    times = [time(h, m, s) for h in rule.hours for m in rule.minutes for s in rule.seconds]
    for number, days in enumerate(_periods(rule, start, after)):
        if number % _LOOK_EVERY == 0:
            look()
        found = [datetime.combine(day, at) for day in days for at in times]
        for each in _at_positions(found, rule.positions) if rule.positions else found:
            if until is not None and each > until:
                return
            if each > start and each >= after:
                yield each
        if until is not None and days and datetime.combine(days[0], time()) > until:
            return


def _at_positions(found: list[datetime], positions: tuple[int, ...]) -> list[datetime]:
    places = {at - 1 if at > 0 else len(found) + at for at in positions}
    return [each for place, each in enumerate(found) if place in places]


def _periods(rule: Rule, start: datetime, after: datetime) -> Iterator[list[date]]:
    """The days that a rule names in each of its periods, from about `after` on. Empty periods count."""
    make = {"DAILY": _day, "WEEKLY": _week, "MONTHLY": _month, "YEARLY": _year}[rule.frequency]
    number = max(0, _number(rule, start, after) // rule.interval - 1)
    while (days := make(rule, start.date(), number * rule.interval)) is not None:
        yield days
        number += 1


def _number(rule: Rule, start: datetime, after: datetime) -> int:
    """How many days, weeks, months or years lie between two moments, about."""
    if rule.frequency == "YEARLY":
        return after.year - start.year
    if rule.frequency == "MONTHLY":
        return (after.year - start.year) * 12 + after.month - start.month
    return (after.date() - start.date()).days // (7 if rule.frequency == "WEEKLY" else 1)


def _day(rule: Rule, start: date, number: int) -> list[date] | None:
    return _fitting(rule, [start + timedelta(days=number)]) if _within(start, number) else None


def _week(rule: Rule, start: date, number: int) -> list[date] | None:
    if not _within(start, 7 * number + 7):
        return None
    monday = start - timedelta(days=(start.weekday() - rule.week_start) % 7) + timedelta(weeks=number)
    return _fitting(rule, [monday + timedelta(days=day) for day in range(7)])


def _month(rule: Rule, start: date, number: int) -> list[date] | None:
    year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
    if year > LAST_YEAR:
        return None
    return [] if rule.months and month + 1 not in rule.months else _fitting(rule, _days_of(year, month + 1))


def _year(rule: Rule, start: date, number: int) -> list[date] | None:
    year = start.year + number
    if year > LAST_YEAR:
        return None
    months = rule.months or range(1, 13)
    return _fitting(rule, [day for month in months for day in _days_of(year, month)])


def _within(start: date, days: int) -> bool:
    return start.toordinal() + days < date(LAST_YEAR + 1, 1, 1).toordinal()


def _days_of(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]


def _fitting(rule: Rule, days: list[date]) -> list[date]:
    if rule.months:
        days = [day for day in days if day.month in rule.months]
    if rule.month_days:
        days = [day for day in days if _counted(day.day, calendar.monthrange(day.year, day.month)[1], rule.month_days)]
    if rule.year_days:
        length = 365
        days = [
            day for day in days if _counted(day.timetuple().tm_yday, length + calendar.isleap(day.year), rule.year_days)
        ]
    return [day for day in days if _on_weekday(rule, day)] if rule.weekdays else days


def _counted(place: int, length: int, wanted: tuple[int, ...]) -> bool:
    """Whether a place is wanted, counted from the beginning or from the end."""
    return place in wanted or place - length - 1 in wanted


def _on_weekday(rule: Rule, day: date) -> bool:
    return any(
        wanted == day.weekday() and (which == 0 or which in _ordinals(rule, day)) for which, wanted in rule.weekdays
    )


def _ordinals(rule: Rule, day: date) -> tuple[int, int]:
    """Which of its weekday a day is, in its month, or in its year by a rule that names no months; and from the end."""
    if rule.frequency == "MONTHLY" or rule.months:
        place, length = day.day, calendar.monthrange(day.year, day.month)[1]
    else:
        place, length = day.timetuple().tm_yday, 365 + calendar.isleap(day.year)
    return (place - 1) // 7 + 1, -((length - place) // 7 + 1)
