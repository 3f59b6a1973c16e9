"""Dates and times: their JSON forms, and what may stand for them in a comparison.

A `timestamp` is a whole number of microseconds since 1970 in UTC, a `date` the text `YYYY-MM-DD`; both
reach from the year 1 to the year 9999, so that text, numbers and every engine order them alike.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from substrate.columns.reading import Unfit

_DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WRITTEN = re.compile(
    r"""
    (?P<day> \d{4}-\d\d-\d\d )
    (?: [Tt\ ] (?P<clock> \d\d:\d\d:\d\d ) (?: \. (?P<decimals> \d+ ) )?
        (?P<zone> [Zz] | [+-] (?: [01]\d | 2[0-3] ) : [0-5]\d )?
    )?
    """,
    re.ASCII | re.VERBOSE,
)

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- everything here counts in UTC, and naive times are faster
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH_UTC) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH_UTC) // _MICROSECOND
_DAY = 86_400_000_000


def timestamp(value: object) -> int:
    """The microseconds of an RFC 3339 text or of epoch seconds; what is finer is rounded to the nearest one."""
    if isinstance(value, str):
        return _in_range(_of_text(value)[0])
    return _in_range(_of_seconds(value))


def timestamp_text(micros: int) -> str:
    """RFC 3339 in UTC: with six decimals, or none where the microseconds are zero."""
    return f"{(_EPOCH + timedelta(microseconds=micros)).isoformat()}Z"


def comparable_timestamp(value: object) -> int:
    """As `timestamp`, but exact, and also from a date or a time without an offset, both in UTC."""
    if not isinstance(value, str):
        return _in_range(_of_seconds(value))
    micros, exact = _of_text(value, zone_needed=False)
    if not exact:
        raise Unfit
    return _in_range(micros)


def day(value: object) -> str:
    """A date of the calendar, `YYYY-MM-DD`."""
    if not isinstance(value, str) or not _DATE_ONLY.fullmatch(value):
        raise Unfit
    try:
        date.fromisoformat(value)
    except ValueError:
        raise Unfit("there is no such day") from None
    return value


def comparable_day(value: object) -> str:
    """As `day`, but also from the midnight (UTC) with which a day begins."""
    if not isinstance(value, str):
        raise Unfit
    if _DATE_ONLY.fullmatch(value):
        return day(value)
    micros = comparable_timestamp(value)
    if micros % _DAY:
        raise Unfit
    return timestamp_text(micros)[:10]


def datetime_of(micros: int) -> datetime:
    """A timestamp as an aware datetime in UTC."""
    return _EPOCH_UTC + timedelta(microseconds=micros)


def micros_of(moment: datetime) -> int:
    """A timestamp from an aware datetime of any zone."""
    return (moment - _EPOCH_UTC) // _MICROSECOND


def _of_text(value: str, *, zone_needed: bool = True) -> tuple[int, bool]:
    """The microseconds of a written time, and whether it was no finer than they are."""
    matched = _WRITTEN.fullmatch(value)
    if not matched or (zone_needed and not matched["zone"]):
        raise Unfit
    try:
        local = datetime.fromisoformat(f"{matched['day']}T{matched['clock'] or '00:00:00'}")
    except ValueError:
        raise Unfit("there is no such time") from None
    decimals = matched["decimals"] or ""
    micros = (local - _EPOCH) // _MICROSECOND + _rounded(decimals) - _offset(matched["zone"] or "Z")
    return micros, not decimals[6:].strip("0")


def _offset(zone: str) -> int:
    """The microseconds by which a zone is ahead of UTC: `Z`, `+02:00`, `-05:30`."""
    if zone in "Zz":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    return (-minutes if zone[0] == "-" else minutes) * 60_000_000


def _rounded(decimals: str) -> int:
    """The digits after the point of a second, in microseconds."""
    return int(decimals[:6].ljust(6, "0")) + (decimals[6:7] >= "5")


def _of_seconds(value: object) -> int:
    if type(value) is int:
        return value * 1_000_000
    if isinstance(value, float) and math.isfinite(value):
        return int((Decimal(repr(value)) * 1_000_000).to_integral_value())
    raise Unfit


def _in_range(micros: int) -> int:
    if _FIRST <= micros <= _LAST:
        return micros
    raise Unfit("times reach from the year 1 to the year 9999")
