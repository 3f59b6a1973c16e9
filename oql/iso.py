"""Moments as texts of ISO 8601."""

from datetime import UTC, datetime

_LAST = 253_402_300_799.0
"""The last second of the year 9999, for which there is a text."""


def text(moment: datetime) -> str:
    """A moment with the offset of its zone, `Z` for UTC; fractions of seconds only where it has some."""
    shown = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return f"{shown.removesuffix('+00:00')}Z" if moment.tzinfo is UTC else shown


def utc(at: float, timespec: str = "milliseconds") -> str:
    """A Unix time in UTC: `2026-03-29T14:00:00.000Z`, without fractions for `seconds`. Later ones are the last."""
    shown = datetime.fromtimestamp(min(at, _LAST), UTC).isoformat(timespec=timespec)
    return shown.replace("+00:00", "Z")
