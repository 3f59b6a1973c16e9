"""Time zones by their names in the IANA data base."""

from datetime import UTC, tzinfo
from functools import cache, lru_cache

from oql.errors import Code, unknown


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """The time zone of a name such as `Europe/Berlin`. Raises CastFailed, with the nearest name as its hint."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # only programs that name a zone need it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = "zones are named like Europe/Berlin"
        raise unknown(Code.CAST_FAILED, "a time zone", name, _zones(), hint=hint) from None


@cache
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())
