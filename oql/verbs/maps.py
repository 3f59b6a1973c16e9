"""Verbs on maps: addresses, ways, distances, and links to look at.

What they do stands in `oql.places`, which is loaded at first use.
"""

from typing import TYPE_CHECKING, Any as AnyType, Literal

from oql.context import Context
from oql.errors import Code, failed, limit_reached
from oql.values import Value, whole
from oql.verbs.declare import Any, Family, Number, Text, Whole
from oql.verbs.run import Run

if TYPE_CHECKING:
    from oql.places.points import Point

family = Family("maps", "Maps")
services = Family(
    "maps",
    failure=Code.MAP_GEOCODE_ERROR,
    exec_class="Net",
    options={"effect": "read", "touches": "map", "quick": False},
)
_BYTES_A_PLACE = 400
_CLUSTER_KM = 10.0
_FOUND = 10
MOST_POINTS = 10_000
"""Places that one step takes: comparing all pairs of more would take too long."""


# what services know


@services.verb(
    "MAP GEOCODE",
    examples=[
        ('MAP GEOCODE "Cape Town, South Africa" SET ?p AFTER EMIT ?p(lat) & "," & ?p(lon)', "-33.9288301,18.4172197")
    ],
)
def map_geocode(run: Run, address: Text) -> dict[str, AnyType]:
    """Finds the place of an address: an object of lat, lon and display_name, and name, category and type if known."""
    from oql.places import nominatim

    return nominatim.geocode(run, run.context.environment.places.url("geocoder", "MAP GEOCODE"), address)


@services.verb(
    "MAP REVERSE",
    examples=[
        ('MAP REVERSE "-33.9249,18.4241" SET ?a AFTER EMIT ?a(display_name)', "City Hall, Darling Street, Cape Town")
    ],
    failure=Code.TYPE_FAILED,
)
def map_reverse(run: Run, place: Any) -> dict[str, AnyType]:
    """Finds the address of a place: an object as of MAP GEOCODE, with the parts of the address under address."""
    from oql.places import nominatim
    from oql.places.points import point_of

    return nominatim.reverse(run, run.context.environment.places.url("geocoder", "MAP REVERSE"), point_of(place))


@services.verb(
    "MAP SEARCH",
    examples=[
        (
            'MAP SEARCH "museum in Cape Town" LIMIT 2 SET ?found AFTER PLUCK ?found WITH "name" SET ?n AFTER EMIT ?n',
            ["South African Museum", "Zeitz MOCAA"],
        )
    ],
)
def map_search(run: Run, text: Text, *, limit: Whole = _FOUND) -> list[AnyType]:
    """Finds places by what they are called or what they are: an array of objects as of MAP GEOCODE, the best first.

    LIMIT says how many, 10 without it and 40 at most.
    """
    from oql.places import nominatim

    url = run.context.environment.places.url("geocoder", "MAP SEARCH")
    if not 1 <= limit <= nominatim.MOST_PLACES:
        raise failed(Code.MAP_GEOCODE_ERROR, f"expected a LIMIT from 1 to {nominatim.MOST_PLACES}, found {limit:,}")
    return nominatim.search(run, url, text, limit)


@services.verb(
    "MAP ROUTE",
    examples=[
        ('MAP ROUTE "Cape Town" TO "Johannesburg" SET ?r AFTER EMIT ?r(distance_km) & " km"', "1399.481 km"),
        ('MAP ROUTE "-33.9249,18.4241" TO "-26.2041,28.0473" SET ?r AFTER EMIT ?r(duration_min) & " min"', "838.7 min"),
    ],
    failure=Code.TYPE_FAILED,
)
def map_route(run: Run, start: Any, *, to: Any) -> dict[str, AnyType]:
    """Finds the way by car from one place to another: an object of distance_km, duration_min, from and to.

    Places are addresses, "lat,lon", or objects with lat and lon.
    """
    from oql.places import osrm
    from oql.places.finding import find

    url = run.context.environment.places.url("router", "MAP ROUTE")
    begin, end = (find(run, "MAP ROUTE", place).point for place in (start, to))
    return osrm.route(run, url, begin, end)


# what is computed here


@family.verb(
    "MAP DISTANCE",
    examples=[('MAP DISTANCE "-33.9249,18.4241" TO "-26.2041,28.0473" SET ?km AFTER EMIT ?km', 1261.577)],
)
def map_distance(start: Any, *, to: Any) -> Value:
    """Measures the distance of two places along the surface of the earth, in kilometres to the metre (haversine)."""
    from oql.places.geometry import distance_km
    from oql.places.points import point_of

    return whole(round(distance_km(point_of(start), point_of(to, " behind TO")), 3))


@family.verb(
    "MAP CLUSTER",
    examples=[
        (
            'ENLIST "52.5,13.4" AND "48.1,11.6" AND "52.5,13.41" SET ?places AFTER MAP CLUSTER ?places WITH 5 SET ?c\n'
            'AFTER PLUCK ?c WITH "count" SET ?n AFTER EMIT ?n',
            [2, 1],
        )
    ],
    quick=False,
)
def map_cluster(run: Run, places: Any, *, with_: Number = _CLUSTER_KM) -> list[AnyType]:
    """Groups places that are near each other: an array of objects of lat, lon, count and points.

    Two places are in one group when a chain of places joins them, none further than WITH kilometres from the next, 10
    without it. lat and lon are the middle of the group; groups and points keep the order of the places.
    """
    from oql.places.geometry import center, clusters

    points = _points(run, places)
    if with_ < 0:
        raise failed(Code.TYPE_FAILED, f"expected kilometres behind WITH, found {with_:g}")
    given = places if isinstance(places, list) and len(places) == len(points) else [places]
    return [
        {
            **_rounded(center([points[index] for index in group])),
            "count": len(group),
            "points": [given[index] for index in group],
        }
        for group in clusters(points, with_, run.look)
    ]


@family.verb(
    "MAP BOUNDS",
    examples=[
        (
            'ENLIST "52.5,13.4" AND "48.1,11.6" SET ?places AFTER MAP BOUNDS ?places SET ?b AFTER EMIT ?b',
            {"south": 48.1, "west": 11.6, "north": 52.5, "east": 13.4, "center": {"lat": 50.3, "lon": 12.5}},
        )
    ],
    quick=False,
)
def map_bounds(run: Run, places: Any) -> dict[str, AnyType]:
    """Gives the narrowest rectangle around places: an object of south, west, north, east and its center.

    Where the rectangle crosses the antimeridian, west is greater than east.
    """
    from oql.places.geometry import bounds

    around = bounds(_points(run, places))
    sides = {name: whole(getattr(around, name)) for name in ("south", "west", "north", "east")}
    return {**sides, "center": _rounded(around.center)}


@family.verb(
    "MAP PIN",
    examples=[
        (
            'MAP PIN "-33.92,18.42" AS "Office" SET ?pin AFTER EMIT ?pin',
            {"lat": -33.92, "lon": 18.42, "label": "Office"},
        )
    ],
)
def map_pin(place: Any, *, as_: Text) -> dict[str, AnyType]:
    """Gives a place its label: an object of lat, lon and label, with all else that the place had, for MAP RENDER."""
    from oql.places.points import point_of

    point = point_of(place)
    had = place if isinstance(place, dict) else {}
    return {**had, "lat": whole(point.lat), "lon": whole(point.lon), "label": as_}


@family.verb(
    "MAP RENDER",
    examples=[
        (
            'MAP RENDER "-33.92,18.42" SET ?url AFTER EMIT ?url',
            "https://maps.example.com/?mlat=-33.920000&mlon=18.420000#map=13/-33.920000/18.420000",
        )
    ],
    touches="map",
)
def map_render(context: Context, places: Any, *, with_: Whole | None = None) -> str:
    """Gives a link to a map with all places in view and a marker on the first. WITH is the zoom, from 1 to 19.

    Without WITH, the zoom is the nearest at which all places fit, 13 for one place.
    """
    from oql.places import links
    from oql.places.points import points_of

    url = context.environment.places.url("map", "MAP RENDER")
    if with_ is not None and with_ not in links.ZOOMS:
        raise failed(Code.TYPE_FAILED, f"expected a zoom from 1 to 19 behind WITH, found {with_:,}")
    return links.map_link(url, points_of(places), with_)


@family.verb(
    "MAP STYLE",
    examples=[
        (
            'MAP STYLE "https://maps.example.com/?mlat=1&mlon=2#map=13/1/2" WITH "toner" SET ?url AFTER EMIT ?url',
            "https://maps.example.com/?mlat=1&mlon=2&style=toner#map=13/1/2",
        )
    ],
)
def map_style(map_: Text, *, with_: Literal["standard", "satellite", "toner", "watercolor"]) -> str:
    """Sets how the map behind a link of MAP RENDER looks, for pages that have such styles."""
    from oql.places.links import styled

    return styled(map_, with_)


def _points(run: Run, places: Value) -> "list[Point]":
    from oql.places.points import points_of

    if isinstance(places, list):
        if len(places) > MOST_POINTS:
            raise limit_reached("places in one step", f"{MOST_POINTS:,}")
        run.claim(_BYTES_A_PLACE * len(places))
    return points_of(places)


def _rounded(point: "Point") -> dict[str, AnyType]:
    """A computed place, to some centimetres."""
    return {"lat": whole(round(point.lat, 7)), "lon": whole(round(point.lon, 7))}
