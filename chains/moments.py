"""Moments as the chain API shows them."""

from datetime import UTC, datetime

_LAST = 253_402_300_799.0


def moment(at: float) -> str:
    """A Unix time in ISO 8601, in UTC with milliseconds: `2026-03-29T14:00:00.000Z`."""
    return datetime.fromtimestamp(min(at, _LAST), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
