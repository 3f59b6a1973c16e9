"""Moments as programs write them, read against the wall clock of a zone; inside they are Unix seconds.

    "2026-01-15T09:00:00"        by the clock of the zone
    "2026-01-15T08:00:00Z"       with its own offset
    1768464000                   Unix seconds
    "2026-01-15"                 a day: for an event a whole one, else its beginning

Where a clock is put forward, a time that it leaves out counts by the offset from before (RFC 5545, 3.3.5): 2:30 is
3:30. Of a time that comes twice the first counts.
"""

import re
from datetime import UTC, date, datetime, time, tzinfo

from oql import iso
from oql.errors import Code, OqlError, expected, failed
from oql.values import Value, as_number
from oql.verbs.declare import describe

FIRST_YEAR, LAST_YEAR = 1900, 2199
BEGINNING = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()
END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()
"""Where all calendars end."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LONGEST = 40
_HINT = 'write it like "2026-01-15T09:00:00", or "2026-01-15" for a whole day'


def wall_clock(value: Value, zone: tzinfo) -> date | datetime:
    """A day, or a moment as a clock of the zone shows it, without a zone. Raises CastFailed."""
    number = as_number(value)
    if number is not None:
        return local(inside(float(number)), zone)
    read = _read(value) if isinstance(value, str) else None
    if read is None:
        raise expected(Code.CAST_FAILED, "a moment", describe(value), hint=_HINT)
    if isinstance(read, datetime) and read.tzinfo:
        return local(inside(read.timestamp()), zone)
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise _out_of_range()
    return read.replace(microsecond=read.microsecond // 1_000 * 1_000) if isinstance(read, datetime) else read


def unix(value: Value, zone: tzinfo) -> float:
    """The Unix seconds of a moment, or of the beginning of a day. Raises CastFailed."""
    return seconds(wall_clock(value, zone), zone)


def seconds(shown: date | datetime, zone: tzinfo) -> float:
    """When a clock of the zone shows this, or the day begins, in Unix seconds."""
    at = shown if isinstance(shown, datetime) else datetime.combine(shown, time())
    return at.replace(tzinfo=zone).timestamp()


def local(at: float, zone: tzinfo) -> datetime:
    """What a clock of the zone shows at a moment, without a zone; `fold` tells the second of two such moments."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def shown(at: float, zone: tzinfo) -> str:
    """A moment as ISO 8601 text with the offset of the zone, `Z` for UTC."""
    return iso.text(datetime.fromtimestamp(at, zone))


def inside(at: float) -> float:
    """The moment itself, to the millisecond. Raises CastFailed outside of the years of calendars."""
    if not BEGINNING <= at < END:  # not a number is not inside either
        raise _out_of_range()
    return round(at, 3)


def _read(text: str) -> date | datetime | None:
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if "-" in text and len(text) <= _LONGEST else None
    except ValueError:
        return None


def _out_of_range() -> OqlError:
    return failed(Code.CAST_FAILED, f"the moment is outside the years {FIRST_YEAR} to {LAST_YEAR}")
