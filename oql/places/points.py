"""Places as values of a program: `"-33.92,18.42"`, `[-33.92, 18.42]`, or an object with `lat` and `lon` or `lng`."""

import math
import re
from dataclasses import dataclass
from typing import Any

from oql.errors import Code, OqlError, expected
from oql.values import Value, as_number
from oql.verbs.declare import describe

_PAIR = re.compile(r"\s*([+-]?[0-9.]{1,20})\s*[,;]\s*([+-]?[0-9.]{1,20})\s*")
_LONGITUDES = ("lon", "lng", "long", "longitude")
_LATITUDES = ("lat", "latitude")
_EXPECTED = 'a place such as "-33.92,18.42" or an object with lat and lon'


@dataclass(frozen=True, slots=True)
class Point:
    """A place by degrees: `lat` from -90 to 90, `lon` from -180 to 180."""

    lat: float
    lon: float

    @property
    def value(self) -> dict[str, Any]:
        """The place as programs see it."""
        return {"lat": self.lat, "lon": self.lon}


def point_of(value: Value, where: str = "") -> Point:
    """The place that a value names. `where`: which value it is, for the error. Raises TypeFailed."""
    found = point_in(value)
    if found is None:
        raise expected(Code.TYPE_FAILED, f"{_EXPECTED}{where}", describe(value))
    return found


def points_of(value: Value) -> list[Point]:
    """The places of an array, or the one place that a value names; at least one. Raises TypeFailed."""
    single = point_in(value)
    if single is not None:
        return [single]
    if not isinstance(value, list):
        raise _no_places(describe(value))
    if not value:
        raise _no_places("an empty array")
    return [point_of(item, f" as element {number}") for number, item in enumerate(value)]


def point_in(value: Value) -> Point | None:
    """The place that a value names, None where it names none."""
    match value:
        case str():
            pair = _PAIR.fullmatch(value)
            return _checked(pair[1], pair[2]) if pair else None
        case [lat, lon] if not isinstance(lat, (list, dict)):
            return _checked(lat, lon)
        case dict():
            return _checked(_first(value, _LATITUDES), _first(value, _LONGITUDES))
    return None


def _no_places(found: str) -> OqlError:
    return expected(Code.TYPE_FAILED, "an array of places with lat and lon", found)


def _first(value: dict[str, Any], names: tuple[str, ...]) -> Value:
    return next((value[name] for name in names if name in value), None)


def _checked(lat: Value, lon: Value) -> Point | None:
    north, east = as_number(lat), as_number(lon)
    if north is None or east is None or not (math.isfinite(north) and math.isfinite(east)):
        return None
    return Point(float(north), float(east)) if abs(north) <= 90 and abs(east) <= 180 else None
