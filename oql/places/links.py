"""Links to a map that people look at, as openstreetmap.org takes them: `?mlat=...&mlon=...#map=zoom/lat/lon`."""

import math
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from oql.errors import Code, expected
from oql.places.geometry import bounds
from oql.places.points import Point
from oql.verbs.declare import describe

ZOOMS = range(1, 20)
ONE_POINT_ZOOM = 13
_PIXELS, _TILE = 512, 256


def map_link(url: str, points: Sequence[Point], zoom: int | None) -> str:
    """A link to a map with all places in view, and a marker on the first; at least one place."""
    middle = bounds(points).center
    zoom = fitting_zoom(points) if zoom is None else zoom
    marker = urlencode({"mlat": f"{points[0].lat:.6f}", "mlon": f"{points[0].lon:.6f}"})
    return f"{url}/?{marker}#map={zoom}/{middle.lat:.6f}/{middle.lon:.6f}"


def fitting_zoom(points: Sequence[Point]) -> int:
    """The nearest zoom at which all places fit a map of 512 pixels: at 0 the world has 256 (Web Mercator)."""
    around = bounds(points)
    spans = [around.width / 360, abs(_mercator(around.north) - _mercator(around.south))]
    fitting = [math.floor(math.log2(_PIXELS / _TILE / span)) for span in spans if span > 0]
    return max(ZOOMS[0], min([ONE_POINT_ZOOM, *fitting]))


def _mercator(lat: float) -> float:
    """Where a latitude lies on the map, as a part of its height from the equator."""
    clamped = math.radians(max(-85.0511, min(85.0511, lat)))
    return math.asinh(math.tan(clamped)) / (2 * math.pi)


def styled(link: str, style: str) -> str:
    """The link with a style for the map's page; `standard` takes it away. Raises TypeFailed for what is no link."""
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https"):
        raise expected(Code.TYPE_FAILED, "a link that MAP RENDER gave", describe(link))
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "style"]
    if style != "standard":
        query.append(("style", style))
    return urlunsplit(parts._replace(query=urlencode(query)))
