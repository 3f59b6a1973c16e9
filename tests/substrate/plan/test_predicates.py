"""What each predicate is true of, on both engines."""

from typing import Any

import pytest

from substrate.errors import Invalid
from tests.substrate.plan.world import World

A = "0193a5b2-7c1e-7d3f-8a4b-5c6d7e8f9a0b"
B = "0193a5b2-7c1e-7d3f-8a4b-5c6d7e8f9a0c"

THINGS: list[dict[str, Any]] = [
    {
        "k": 1, "s": "a", "i": -5, "u": 0, "f": 0.5, "n": 2, "b": False, "raw": "AA==", "at": "2026-01-15T12:00:00Z",
        "day": "2026-01-15", "uid": A, "doc": {"x": 1}, "secret": "one", "s2": "b",
    },
    {
        "k": 2, "s": "B", "i": 2**53 + 1, "u": 2**63 - 1, "f": 2.0**53, "n": -2.5, "b": True, "raw": "//8=",
        "at": "0001-01-01T00:00:00Z", "day": "9999-12-31", "uid": B, "doc": None, "secret": None, "s2": "B",
    },
    {"k": 3},
]  # fmt: skip

SCAN = {"Scan": {"schema": "all.things"}}


@pytest.fixture
def things(world: World) -> World:
    """The world with three rows of all types: something, something else, and nulls."""
    world.insert("all.things", THINGS)
    return world


def fitting(world: World, predicate: Any, *, coerce: bool = False) -> list[int]:
    """The keys of the rows that a predicate is true of."""
    plan = {"Filter": {"predicate": predicate, "child": SCAN}}
    return world.column(plan, "k", coerce=coerce)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("s", "a"), ("i", -5), ("i", -5.0), ("u", 0), ("f", 0.5), ("n", 2), ("n", 2.0), ("b", False), ("raw", "AA=="),
        ("at", "2026-01-15T13:00:00+01:00"), ("at", 1_768_478_400), ("day", "2026-01-15"), ("uid", A.upper()),
    ],
)  # fmt: skip
def test_equal_is_by_value(things: World, column: str, value: Any) -> None:
    assert fitting(things, {"Eq": [column, value]}) == [1]
    assert fitting(things, {"Ne": [column, value]}) == [2]
    assert fitting(things, {"Not": {"Ne": [column, value]}}) == [1]
    assert fitting(things, {"In": [column, [value, None]]}) == [1]
    assert fitting(things, {"Between": [column, value, value]}) == [1]


@pytest.mark.parametrize(
    ("column", "less"),
    [("s", [2]), ("i", []), ("u", []), ("f", []), ("n", [2]), ("b", []), ("raw", []), ("at", [2]), ("uid", [])],
)
def test_order_is_that_of_the_type(things: World, column: str, less: list[int]) -> None:
    value = THINGS[0][column]
    more = [2] if not less else []
    assert fitting(things, {"Lt": [column, value]}) == less
    assert fitting(things, {"Le": [column, value]}) == sorted([1, *less])
    assert fitting(things, {"Lte": [column, value]}) == sorted([1, *less])
    assert fitting(things, {"Gt": [column, value]}) == more
    assert fitting(things, {"Ge": [column, value]}) == sorted([1, *more])
    assert fitting(things, {"Gte": [column, value]}) == sorted([1, *more])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("s", 1), ("s", True), ("s", "\ud800"), ("i", "-5"), ("i", True), ("f", "0.5"), ("b", 0), ("b", "false"),
        ("raw", "AA"), ("at", "2026-01-15"), ("day", "2026-02-30"), ("day", 20260115), ("uid", "x"), ("i", []),
        ("i", float("nan")), ("s", None), ("i", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("test", ["Eq", "Ne", "Lt", "Ge"])
def test_unlike_values_and_null_match_nothing_either_way(things: World, column: str, value: Any, test: str) -> None:
    assert fitting(things, {test: [column, value]}) == []
    assert fitting(things, {"Not": {test: [column, value]}}) == []


def test_numbers_beyond_the_type_still_order(things: World) -> None:
    assert fitting(things, {"Lt": ["i", 10**30]}) == [1, 2]
    assert fitting(things, {"Lt": ["i", -(10**30)]}) == []
    assert fitting(things, {"Ne": ["i", 1.5]}) == [1, 2]
    assert fitting(things, {"Gt": ["i", -5.5]}) == [1, 2]
    assert fitting(things, {"Between": ["i", -5.5, -4.5]}) == [1]
    assert fitting(things, {"In": ["i", [1.5, 2.0**53]]}) == []
    assert fitting(things, {"Not": {"In": ["i", [1.5, 10**30]]}}) == [1, 2]


def test_a_float_beside_an_integer_that_no_float_equals(things: World) -> None:
    column, beside = "f", 2**53 + 1  # the column holds 2**53, to which a float would round this
    assert fitting(things, {"Eq": [column, beside]}) == []
    assert fitting(things, {"In": [column, [beside, 0.5]]}) == [1]
    assert fitting(things, {"Ne": [column, beside]}) == [1, 2]
    assert fitting(things, {"Lt": [column, beside]}) == [1, 2]
    assert fitting(things, {"Le": [column, beside]}) == [1, 2]
    assert fitting(things, {"Gt": [column, beside]}) == []
    assert fitting(things, {"Ge": [column, beside]}) == []
    below = 2**53 - 1
    assert fitting(things, {"Gt": [column, below]}) == [2]


def test_columns_beside_columns(things: World) -> None:
    assert fitting(things, {"Eq": ["s", {"col": "s2"}]}) == [2]
    assert fitting(things, {"Ne": ["s", {"col": "s2"}]}) == [1]
    assert fitting(things, {"Lt": ["i", {"col": "u"}]}) == [1, 2]
    assert fitting(things, {"Lt": ["i", {"col": "f"}]}) == [1]
    assert fitting(things, {"Eq": ["i", {"col": "f"}]}) == []
    assert fitting(things, {"Gt": ["i", {"col": "f"}]}) == [2]
    assert fitting(things, {"Lt": ["f", {"col": "i"}]}) == [2]
    assert fitting(things, {"Ge": ["f", {"col": "i"}]}) == [1]
    assert fitting(things, {"Between": ["n", {"col": "i"}, {"col": "n"}]}) == [1]
    assert fitting(things, {"Eq": ["s", {"col": "i"}]}) == []
    assert fitting(things, {"Not": {"Eq": ["b", {"col": "u"}]}}) == []


def test_in(things: World) -> None:
    assert fitting(things, {"In": ["s", []]}) == []
    assert fitting(things, {"Not": {"In": ["s", []]}}) == [1, 2, 3]
    assert fitting(things, {"In": ["s", ["a", "x", "B", "y", "z"]]}) == [1, 2]
    assert fitting(things, {"Not": {"In": ["s", ["a", "x"]]}}) == [2]
    assert fitting(things, {"Not": {"In": ["s", ["x", None]]}}) == []
    assert fitting(things, {"Not": {"In": ["s", ["x", 1]]}}) == []
    assert fitting(things, {"In": ["s", [None]]}) == []


def test_null_tests_are_of_any_type(things: World) -> None:
    for column in ("s", "doc", "secret"):
        filled = [1] if column != "s" else [1, 2]
        assert fitting(things, {"IsNotNull": column}) == filled
        assert fitting(things, {"IsNull": column}) == [k for k in (1, 2, 3) if k not in filled]
        assert fitting(things, {"Not": {"IsNull": column}}) == filled


def test_combinations(things: World) -> None:
    assert fitting(things, {"And": []}) == [1, 2, 3]
    assert fitting(things, {"Or": []}) == []
    assert fitting(things, {"Not": {"And": []}}) == []
    assert fitting(things, {"Or": [{"Eq": ["s", "a"]}, {"IsNull": "s"}]}) == [1, 3]
    assert fitting(things, {"And": [{"Or": [{"Eq": ["k", 1]}, {"Eq": ["k", 2]}]}, {"Eq": ["b", True]}]}) == [2]
    unknown = {"Eq": ["s", None]}
    assert fitting(things, {"Or": [unknown, {"And": []}]}) == [1, 2, 3]
    assert fitting(things, {"Not": {"And": [unknown, {"Or": []}]}}) == [1, 2, 3]
    assert fitting(things, {"Not": {"Or": [unknown, {"Or": []}]}}) == []


@pytest.mark.parametrize(
    ("test", "text", "found"),
    [
        ("Like", "two", [1]), ("Like", "Two", [3]), ("Like", "T%", [3]), ("Like", "%", [1, 3, 4, 5]),
        ("Like", "_w_", [1, 3]), ("Like", "a%c", [4]), ("Like", "__", [5]), ("Like", "%é", [5]), ("Like", "", []),
        ("Like", "a\\%%", []), ("Like", "[a]%", []), ("Like", "*", []), ("Like", 2, []), ("Like", None, []),
        ("Contains", "wo", [1, 3]), ("Contains", "%b_", [4]), ("Contains", "_%", []), ("Contains", "", [1, 3, 4, 5]),
        ("Contains", "\\", []), ("Contains", "?", []), ("StartsWith", "a%", [4]), ("StartsWith", "A", []),
        ("EndsWith", "_c", [4]), ("EndsWith", "wo", [1, 3]), ("EndsWith", "W", []), ("StartsWith", "\U0001f600", [5]),
    ],
)  # fmt: skip
def test_patterns(world: World, test: str, text: Any, found: list[int]) -> None:
    scan = {"Scan": {"schema": "shop.orders"}}
    assert world.column({"Filter": {"predicate": {test: ["note", text]}, "child": scan}}) == found
    assert world.column({"Filter": {"predicate": {test: ["qty", text]}, "child": scan}}) == []


@pytest.mark.parametrize("hard", ["%", "_", "*", "?", "[", "]", "[^a]", "\\", "\\\\", "\\%", "[*]", "^", "-", "'", '"'])
def test_marks_of_patterns_stand_for_themselves_in_searches(world: World, hard: str) -> None:
    world.insert(
        "shop.goods", [{"id": 90, "title": f"x{hard}y"}, {"id": 91, "title": hard}, {"id": 92, "title": "axyb"}]
    )
    for test, found in (("Contains", [90, 91]), ("StartsWith", [91]), ("EndsWith", [91])):
        scan = {"Scan": {"schema": "shop.goods"}}
        assert world.column({"Filter": {"predicate": {test: ["title", hard]}, "child": scan}}) == found


def test_programs_compare_with_what_stands_for_a_value(things: World) -> None:
    for column, value in [("i", "-5"), ("f", "0.50"), ("b", "false"), ("day", "2026-01-15T00:00:00Z"), ("u", "0")]:
        assert fitting(things, {"Eq": [column, value]}, coerce=True) == [1]
        assert fitting(things, {"In": [column, [value]]}, coerce=True) == [1]
        assert fitting(things, {"Eq": [column, value]}) == []
    assert fitting(things, {"Eq": ["i", "five"]}, coerce=True) == []
    assert fitting(things, {"Contains": ["s", "a"]}, coerce=True) == [1]


@pytest.mark.parametrize("column", ["doc", "secret"])
@pytest.mark.parametrize(
    "predicate", [{"Eq": [None, 1]}, {"In": [None, []]}, {"Like": [None, "x"]}, {"Eq": ["s", {"col": None}]}]
)
def test_json_and_encrypted_columns_are_tested_for_null_only(things: World, column: str, predicate: Any) -> None:
    name, (left, right) = next(iter(predicate.items()))
    filled = {name: [left or column, right if not isinstance(right, dict) else {"col": column}]}
    with pytest.raises(Invalid, match="test it for null only"):
        fitting(things, filled)


def test_answers_have_each_type_in_its_form(things: World) -> None:
    rows = things.rows(SCAN)
    assert rows[0] == {**THINGS[0], "raw": "AA==", "at": "2026-01-15T12:00:00Z"}
    assert rows[1]["f"] == 2.0**53
    assert repr(rows[0]["n"]) == "2"
    assert rows[0]["b"] is False
    assert set(rows[2].values()) == {3, None}


def test_extremes_keep_their_type(things: World) -> None:
    columns = [name for name in THINGS[0] if name not in ("k", "doc", "secret")]
    aggs = [{"fn": fn, "column": c} for c in columns for fn in ("min", "max")]
    row = things.rows({"Aggregate": {"aggs": aggs, "child": SCAN}})[0]
    first_is_least = {"s": False, "n": False, "at": False, "s2": False}
    for column in columns:
        values = [THINGS[0][column], THINGS[1][column]]
        least, most = values if first_is_least.get(column, True) else values[::-1]
        assert (row[f"min({column})"], row[f"max({column})"]) == (least, most)
        assert type(row[f"min({column})"]) is type(least)


def test_sums_and_averages_of_each_type_of_number(things: World) -> None:
    aggs = [{"fn": fn, "column": c} for c in "kfn" for fn in ("sum", "avg")]
    row = things.rows({"Aggregate": {"aggs": aggs, "child": SCAN}})[0]
    assert {name: (type(value), value) for name, value in row.items()} == {
        "sum(k)": (int, 6), "avg(k)": (float, 2.0), "sum(f)": (float, 2.0**53), "avg(f)": (float, 2.0**52),
        "sum(n)": (float, -0.5), "avg(n)": (float, -0.25),
    }  # fmt: skip
    for column in ("s", "b", "at"):
        with pytest.raises(Invalid, match=f"sum is of numbers, column `{column}`"):
            things.rows({"Aggregate": {"aggs": [{"fn": "sum", "column": column}], "child": SCAN}})


def test_a_predicate_alone_stands_behind_where(world: World) -> None:
    assert world.deleted("shop.orders", {"Eq": ["user_id", "ada"]}) == 2
    assert world.deleted("shop.orders", {"And": []}) == 5
    assert world.deleted("shop.orders", {"Not": {"In": ["qty", [1, 2.5]]}}) == 2
    with pytest.raises(Invalid, match=r"`And\[1\]\.Eq`: `qyt` is not a column here: did you mean `qty`\?") as caught:
        world.deleted("shop.orders", {"And": [{"IsNull": "qty"}, {"Eq": ["qyt", 1]}]})
    assert caught.value.detail == {"column": "qyt", "path": "And[1].Eq"}
