"""What names a place, and what does not."""

from typing import Any

import pytest

from oql.errors import OqlError
from oql.places.links import fitting_zoom, map_link
from oql.places.points import Point, point_in, points_of

NAMED: list[tuple[Any, tuple[float, float]]] = [
    ("-33.92,18.42", (-33.92, 18.42)),
    (" 1 ; -2 ", (1, -2)),
    ("+90,180", (90, 180)),
    ([1, 2], (1, 2)),
    (["1", 2.5], (1, 2.5)),
    ({"lat": 1, "lon": 2}, (1, 2)),
    ({"lat": "1", "lng": "2", "id": 3}, (1, 2)),
    ({"latitude": 1, "longitude": 2}, (1, 2)),
]
NOT_NAMED: list[Any] = [
    "", "here", "1", "1,2,3",
    "91,0", "0,180.1", "1e1,2", "nan,0", "inf,0", ".,.", "1..2,3", None, 7, True, [], [1], [1, 2, 3],
    [None, 1], [[1, 2], [3, 4]], [True, 1], {}, {"lat": 1}, {"lat": 1, "lon": None}, {"lat": "north", "lon": 2},
    {"lat": float("nan"), "lon": 2}, b"1,2",
]  # fmt: skip


@pytest.mark.parametrize(("value", "degrees"), NAMED)
def test_a_place(value: Any, degrees: tuple[float, float]) -> None:
    assert point_in(value) == Point(*degrees)
    assert points_of([value]) == points_of(value) == [Point(*degrees)]


@pytest.mark.parametrize("value", NOT_NAMED, ids=repr)
def test_no_place(value: Any) -> None:
    assert point_in(value) is None
    with pytest.raises(OqlError) as refused:
        points_of([value])
    assert str(refused.value.code) == "TypeFailed"


ZOOMS = [
    ([(0, 0)], 13),
    ([(0, 0), (0, 0)], 13),
    ([(0, -180), (0, -0.1)], 2),  # nearly half of the world, which has 256 * 2^2 pixels at zoom 2
    ([(0, 0), (0, 0.01)], 13),
    ([(0, 0), (0, 1)], 9),  # 1/360 of the world fits 512 pixels 2 * 360 times: between 2^9 and 2^10
    ([(-85, 0), (85, 0)], 1),
    ([(0, 170), (0, -170)], 5),  # 20 degrees over the antimeridian: 36 times
]


@pytest.mark.parametrize(("places", "zoom"), ZOOMS)
def test_the_zoom_at_which_all_is_in_view(places: list[tuple[float, float]], zoom: int) -> None:
    assert fitting_zoom([Point(*place) for place in places]) == zoom


def test_a_link_shows_all_and_marks_the_first() -> None:
    link = map_link("https://osm.example/maps", [Point(10, 170), Point(20, -170)], None)
    assert link == "https://osm.example/maps/?mlat=10.000000&mlon=170.000000#map=5/15.000000/180.000000"
