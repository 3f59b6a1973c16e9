"""Distances on the earth, rectangles around places, and groups of places that are near each other."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from oql.places.points import Point

EARTH_KM = 6_371.0088
"""The mean radius of the earth (IUGG, Moritz: Geodetic Reference System 1980)."""
KM_PER_DEGREE = EARTH_KM * math.pi / 180
_LOOK_EVERY = 1_000


def distance_km(a: Point, b: Point) -> float:
    """Kilometres from place to place along the surface of a round earth; at most 0.56 % off the real one.

    The haversine formula: R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (2), 1984, p. 159.
    """
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    haversine = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, haversine)))


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle of degrees; where it crosses the antimeridian, `west` is greater than `east`."""

    south: float
    west: float
    north: float
    east: float

    @property
    def width(self) -> float:
        """Degrees from west to east."""
        return self.east - self.west + (360 if self.east < self.west else 0)

    @property
    def center(self) -> Point:
        """The middle, by degrees."""
        lon = self.west + self.width / 2
        return Point((self.south + self.north) / 2, lon - 360 if lon > 180 else lon)


def bounds(points: Sequence[Point]) -> Bounds:
    """The narrowest rectangle around places, of which there is at least one."""
    lats, lons = [point.lat for point in points], sorted(point.lon for point in points)
    gaps = [(east - west, east, west) for west, east in pairwise(lons)]
    gaps.append((lons[0] + 360 - lons[-1], lons[0], lons[-1]))
    _, west, east = max(gaps, key=lambda gap: gap[0])  # the widest stretch without a place is left out
    return Bounds(min(lats), west, max(lats), east)


def center(points: Sequence[Point]) -> Point:
    """The middle of places, of which there is at least one: the mean of their directions from the earth's centre."""
    x = y = z = 0.0
    for point in points:
        lat, lon = math.radians(point.lat), math.radians(point.lon)
        x += math.cos(lat) * math.cos(lon)
        y += math.cos(lat) * math.sin(lon)
        z += math.sin(lat)
    if math.hypot(x, y, z) < 1e-9 * len(points):  # places that face each other have no middle
        return points[0]
    return Point(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))


def clusters(points: Sequence[Point], within_km: float, look: Callable[[], None]) -> list[list[int]]:
    """Groups of places, as indices: two are in one group when a chain of steps of at most `within_km` joins them.

    That is single linkage; it does not depend on the order. Groups stand in the order of their first places. `look`
    is called again and again, and may raise.
    """
    leads_to = list(range(len(points)))

    def root(index: int) -> int:
        while leads_to[index] != index:
            leads_to[index] = leads_to[leads_to[index]]
            index = leads_to[index]
        return index

    by_lat = sorted(leads_to, key=lambda index: points[index].lat)
    reach = within_km / KM_PER_DEGREE  # no two places are nearer than their latitudes say
    compared = 0
    for place, index in enumerate(by_lat):
        for other in islice(by_lat, place + 1, None):
            compared += 1
            if compared % _LOOK_EVERY == 0:
                look()
            if points[other].lat - points[index].lat > reach:
                break
            if root(index) != root(other) and distance_km(points[index], points[other]) <= within_km:
                first, second = sorted((root(index), root(other)))
                leads_to[second] = first
    groups: dict[int, list[int]] = {}
    for index in range(len(points)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())
