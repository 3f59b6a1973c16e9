"""Addresses and places by name, from a service that speaks as Nominatim does (nominatim.org/release-docs, API)."""

from typing import Any

from oql.errors import Code, OqlError, failed
from oql.places.asking import DAY, Answer, Service, ask
from oql.places.points import Point, point_in
from oql.values import Value
from oql.verbs.run import Run

LONGEST_QUERY = 500
MOST_PLACES = 40
"""More than this Nominatim gives to nobody."""
_REMEMBER_S = 30 * DAY


def geocode(run: Run, url: str, address: str) -> dict[str, Any]:
    """The place of an address. Raises MapGeocodeError, MapNotConnected."""
    query: dict[str, str | int] = {"q": _checked(address), "format": "jsonv2", "limit": 1}

    def read(answer: Answer) -> Value:
        found = _places(answer)
        if not found:
            raise _nothing(f"there is no place `{address[:100]}`", "write it with its town and country")
        return found[0]

    found: dict[str, Any] = ask(run, _service(url), "/search", query, read, _REMEMBER_S)
    return found


def search(run: Run, url: str, text: str, most: int) -> list[Any]:
    """Places that fit a text, the best first; none where nothing does. Raises MapNotConnected."""
    query: dict[str, str | int] = {"q": _checked(text), "format": "jsonv2", "limit": most}
    found: list[Any] = ask(run, _service(url), "/search", query, _places, DAY, list)
    return found


def reverse(run: Run, url: str, point: Point) -> dict[str, Any]:
    """The address of a place. Raises MapGeocodeError, MapNotConnected."""
    query: dict[str, str | int] = {
        "lat": f"{point.lat:.7f}",
        "lon": f"{point.lon:.7f}",
        "format": "jsonv2",
        "addressdetails": 1,
    }

    def read(answer: Answer) -> Value:
        if answer.status in (200, 404) and isinstance(answer.value, dict) and "error" in answer.value:
            raise _nothing(f"there is no address at {point.lat:g},{point.lon:g}", "try a place on land, near a road")
        place = _place(answer.value) if answer.status < 400 else None
        if place is None:
            raise _odd(answer)
        address = answer.value.get("address")
        return {**place, "address": address if isinstance(address, dict) else {}}

    found: dict[str, Any] = ask(run, _service(url), "/reverse", query, read, _REMEMBER_S)
    return found


def _places(answer: Answer) -> list[Any]:
    if answer.status >= 400 or not isinstance(answer.value, list):
        raise _odd(answer)
    return [place for place in map(_place, answer.value) if place]


def _place(value: Value) -> dict[str, Any] | None:
    """A place as programs get it: coordinates as numbers, and what it is called."""
    point = point_in(value) if isinstance(value, dict) else None
    if point is None:
        return None
    texts = {key: str(value[key]) for key in ("display_name", "name", "category", "type") if value.get(key)}
    return {**point.value, **texts}


def _checked(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_QUERY:
        raise _nothing(f"an address has 1 to {LONGEST_QUERY} characters, this one {len(text):,}")
    return " ".join(text.split())


def _service(url: str) -> Service:
    return Service(url, "service that finds addresses", Code.MAP_NOT_CONNECTED)


def _nothing(message: str, hint: str | None = None) -> OqlError:
    return failed(Code.MAP_GEOCODE_ERROR, message, hint)


def _odd(answer: Answer) -> OqlError:
    return failed(Code.MAP_NOT_CONNECTED, f"the service that finds addresses answered with status {answer.status}")
