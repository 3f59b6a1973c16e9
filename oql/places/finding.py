"""The place that an operand means: by its coordinates, or by an address that the service for addresses knows."""

from dataclasses import dataclass

from oql.places import nominatim
from oql.places.points import Point, point_in, point_of
from oql.values import Value
from oql.verbs.run import Run


@dataclass(frozen=True, slots=True)
class Found:
    """A place and what it is called."""

    point: Point
    name: str


def find(run: Run, verb: str, value: Value) -> Found:
    """The place that an operand of a verb means. Raises TypeFailed, MapGeocodeError, MapNotConnected, Unsupported."""
    point = point_in(value)
    if point is None and isinstance(value, str):
        value = nominatim.geocode(run, run.context.environment.places.url("geocoder", verb), value)
    point = point_of(value)
    named = value if isinstance(value, dict) else {}
    name = named.get("name") or named.get("display_name") or f"{_shown(point.lat)},{_shown(point.lon)}"
    return Found(point, str(name))


def _shown(degrees: float) -> str:
    return f"{degrees:.6f}".rstrip("0").rstrip(".")
