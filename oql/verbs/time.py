"""Verbs on time. Moments are Unix seconds or ISO 8601 text, in UTC unless the text or USING says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from oql import durations, iso, zones
from oql.arithmetic import divide, rounded
from oql.context import Context
from oql.errors import Code, OqlError, expected, failed
from oql.values import Value, as_number, text_form
from oql.verbs.declare import Any, Family, Kind, Text, describe
from oql.verbs.run import Run

family = Family("time", "Time", failure=Code.CAST_FAILED)

Duration = Annotated[float, Kind("duration", frozenset({int, float}), durations.seconds)]
"""A length of time in seconds: a number, or text such as `"1h30m"`."""

Form = Literal[
    "date", "time", "datetime", "iso", "year", "month", "day", "hour", "minute", "second",
    "day-name", "month-name", "week", "unix",
]  # fmt: skip

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}


@family.verb(
    "TIME",
    examples=[
        ('TIME "2026-01-15T08:00:00Z" AS datetime', "2026-01-15 08:00:00"),
        ('TIME "2026-01-15T08:00:00Z" AS time USING "Europe/Berlin"', "09:00:00"),
        ('TIME 1768464000 AS "day-name"', "Thursday"),
        ('TIME "2026-01-15T09:00:00+01:00"', 1768464000),
    ],
)
def time(context: Context, moment: Any = "now", *, as_: Form | None = None, using: Text = "UTC") -> str | int | float:
    """Gives a moment in another form; without one, the time at which the program began.

    The moment is a number of Unix seconds, ISO 8601 text with hyphens (UTC where it names no offset), or
    "now". Without AS it becomes a number of Unix seconds, with AS text: parts have two digits (`month` is
    "01"), `week` is the ISO week, and `iso` ends in Z, or in the offset of the zone that USING names.
    Fractions of a second show in numbers, `unix` and `iso` only.
    """
    found = _local(_moment(moment, context), using)
    return FORMS[as_](found) if as_ else _unix(found)


@family.verb("TIME NOW", examples=[("TIME NOW AS date SET ?d AFTER LENGTH ?d", 10)])
def time_now(context: Context, *, as_: Form | None = None, using: Text = "UTC") -> str | int | float:
    """Gives the time at which the program began, in the form that AS names."""
    found = _local(_now(context), using)
    return FORMS[as_](found) if as_ else _unix(found)


@family.verb(
    "TIME ADD",
    examples=[
        ('TIME ADD "2026-01-15T08:00:00Z" WITH "2d"', "2026-01-17T08:00:00Z"),
        ('TIME ADD 1768464000 WITH "-1h30m"', 1768458600),
    ],
)
def time_add(context: Context, moment: Any, *, with_: Duration) -> str | int | float:
    """Moves a moment by a duration, which may be negative. Text gives `iso` text, a number gives a number."""
    start = _moment(moment, context)
    try:
        moved = start + timedelta(seconds=with_)
    except OverflowError:
        raise _out_of_range() from None
    return _unix(moved) if as_number(moment) is not None else iso.text(moved)


@family.verb(
    "TIME DIFF",
    examples=[
        ('TIME DIFF "2026-01-15" TO "2026-02-01" AS day', 17),
        ('TIME DIFF "2026-01-15T08:00:00Z" TO "2026-01-15T09:30:00Z" AS hour', 1.5),
    ],
)
def time_diff(
    context: Context,
    start: Any,
    *,
    to: Any,
    as_: Literal["second", "minute", "hour", "day", "week"] = "second",
) -> int | float:
    """Counts the units from one moment to another, with decimals; negative when the second is earlier."""
    elapsed = (_moment(to, context) - _moment(start, context)) // _MICROSECOND
    return rounded(divide(elapsed, _UNITS[as_] * 1_000_000))


@family.verb("SLEEP", examples=[('SLEEP "1ms"', True)], exec_class="Wait", effect="wait", acts=True)
def sleep(run: Run, duration: Duration) -> bool:
    """Waits for a duration, such as "500ms", "1s", "2m" or "1h", or for a number of seconds."""
    run.wait(checked(duration))
    return True


def checked(duration: Duration, failure: Code = Code.CAST_FAILED) -> Duration:
    """A length of time that something may take, or last from now on."""
    if not 0 <= duration <= durations.LONGEST:
        raise expected(failure, f"from 0 to {durations.LONGEST:,} seconds", describe(duration))
    return duration


def _now(context: Context) -> datetime:
    return _EPOCH + timedelta(seconds=int(context.now))


def _moment(value: Value, context: Context) -> datetime:
    """The moment that a value stands for, in UTC."""
    if value == "now":
        return _now(context)
    number = as_number(value)
    try:
        if number is not None:
            return _EPOCH + timedelta(seconds=number)
        if isinstance(value, str) and "-" in value:
            read = datetime.fromisoformat(value.strip())
            return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except OverflowError:
        raise _out_of_range() from None
    except ValueError:
        pass  # the error below says what fits
    hint = 'write it like "2026-01-15T08:00:00Z", or as a number of seconds'
    raise expected(Code.CAST_FAILED, "a moment", describe(value), hint=hint)


def _local(moment: datetime, zone: str) -> datetime:
    try:
        return moment.astimezone(zones.zone(zone))
    except OverflowError:
        raise _out_of_range() from None


def _out_of_range() -> OqlError:
    return failed(Code.CAST_FAILED, "the moment is outside the years 1 to 9999")


def _unix(moment: datetime) -> int | float:
    return rounded(divide((moment - _EPOCH) // _MICROSECOND, 1_000_000))


FORMS: dict[str, Callable[[datetime], str]] = {
    "date": lambda moment: moment.date().isoformat(),
    "time": lambda moment: moment.time().isoformat("seconds"),
    "datetime": lambda moment: moment.replace(tzinfo=None).isoformat(" ", "seconds"),
    "iso": iso.text,
    "year": lambda moment: f"{moment.year:04}",
    "month": lambda moment: f"{moment.month:02}",
    "day": lambda moment: f"{moment.day:02}",
    "hour": lambda moment: f"{moment.hour:02}",
    "minute": lambda moment: f"{moment.minute:02}",
    "second": lambda moment: f"{moment.second:02}",
    "day-name": lambda moment: _DAYS[moment.weekday()],
    "month-name": lambda moment: _MONTHS[moment.month - 1],
    "week": lambda moment: f"{moment.isocalendar().week:02}",
    "unix": lambda moment: text_form(_unix(moment)),
}
"""What AS of TIME names."""
