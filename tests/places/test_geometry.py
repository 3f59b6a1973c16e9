"""Distances, rectangles, middles and groups of places, against formulas and searches of another kind."""

import math
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, strategies

from oql.places.geometry import EARTH_KM, bounds, center, clusters, distance_km
from oql.places.points import Point

DEGREES = strategies.builds(
    Point, strategies.floats(-90, 90, allow_subnormal=False), strategies.floats(-180, 180, allow_subnormal=False)
)


def along_the_chord(a: Point, b: Point) -> float:
    """The distance of two places by the straight line through the earth between them."""

    def direction(point: Point) -> tuple[float, float, float]:
        lat, lon = math.radians(point.lat), math.radians(point.lon)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    return 2 * EARTH_KM * math.asin(min(1.0, math.dist(direction(a), direction(b)) / 2))


@given(DEGREES, DEGREES)
def test_a_distance_is_that_along_the_chord(a: Point, b: Point) -> None:
    assert distance_km(a, b) == pytest.approx(along_the_chord(a, b), abs=1e-3)
    assert distance_km(a, b) == pytest.approx(distance_km(b, a), abs=1e-9)


KNOWN = [
    ((0, 0), (0, 0), 0),
    ((0, 0), (0, 180), math.pi * EARTH_KM),
    ((90, 0), (-90, 77), math.pi * EARTH_KM),
    ((0, 0), (0, 1), math.pi * EARTH_KM / 180),
    ((60, 0), (60, 180), math.pi * EARTH_KM / 3),  # over the pole, which is 30 degrees away from both
    ((0, -179.5), (0, 179.5), math.pi * EARTH_KM / 180),
    ((36.12, -86.67), (33.94, -118.40), 2_886.45),  # Nashville to Los Angeles, 2,887.26 km with a radius of 6372.8
]


@pytest.mark.parametrize(("a", "b", "km"), KNOWN)
def test_known_distances(a: tuple[float, float], b: tuple[float, float], km: float) -> None:
    assert distance_km(Point(*a), Point(*b)) == pytest.approx(km, abs=0.01)


@given(strategies.lists(DEGREES, min_size=1, max_size=8))
def test_a_rectangle_holds_its_places_and_is_the_narrowest(points: list[Point]) -> None:
    around = bounds(points)
    assert {around.south, around.north} == {min(p.lat for p in points), max(p.lat for p in points)}
    offsets = [(point.lon - around.west) % 360 for point in points]
    assert max(offsets) == pytest.approx(around.width % 360, abs=1e-6)
    narrowest = min(max((other.lon - one.lon) % 360 for other in points) for one in points)
    assert around.width % 360 <= narrowest + 1e-6
    assert -180 <= around.center.lon <= 180


def test_the_middle_is_where_directions_meet() -> None:
    assert center([Point(0, 10), Point(0, 20)]).lon == pytest.approx(15)
    assert abs(center([Point(0, 170), Point(0, -170)]).lon) == pytest.approx(180)
    assert center([Point(80, 0), Point(80, 180)]).lat == pytest.approx(90)
    assert center([Point(0, 0), Point(0, 180)]) == Point(0, 0)  # there is none, so the first


def reached(points: list[Point], within_km: float) -> list[list[int]]:
    """The groups by walking from place to place."""
    near: dict[int, list[int]] = {index: [] for index in range(len(points))}
    for one, other in combinations(near, 2):
        if distance_km(points[one], points[other]) <= within_km:
            near[one].append(other)
            near[other].append(one)
    groups: list[list[int]] = []
    seen: set[int] = set()
    for start in near:
        waiting, group = [start], set[int]()
        while waiting:
            index = waiting.pop()
            if index not in seen:
                seen.add(index)
                group.add(index)
                waiting += near[index]
        if group:
            groups.append(sorted(group))
    return groups


@pytest.mark.parametrize("seed", range(40))
def test_groups_are_what_can_be_walked_to(seed: int) -> None:
    chance = Random(seed)
    where = chance.choice([(0, 0), (60, 179), (89, 0), (-33, 18)])
    spread = chance.choice([0.1, 1, 5])
    places = [
        (where[0] + chance.uniform(-spread, spread), where[1] + chance.uniform(-spread, spread)) for _ in range(60)
    ]
    points = [Point(max(-90, min(90, lat)), (lon + 180) % 360 - 180) for lat, lon in places]
    within = chance.choice([0, 2, 10, 50])
    assert clusters(points, within, lambda: None) == reached(points, within)


def test_whoever_groups_much_is_asked_again_and_again_whether_to_go_on() -> None:
    looks: list[int] = []
    clusters([Point(0, 0)] * 200, 1, lambda: looks.append(1))
    assert len(looks) == 19  # of 19,900 pairs
