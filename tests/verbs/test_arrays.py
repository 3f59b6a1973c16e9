"""Array verbs against plain Python, and the sizes they refuse."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oql.values import identical, less
from tests.verbs.programs import failure_of, peak_of_failure, value_of

MEMORY = 2**20
"""The memory limit of the runs that must be stopped; what Python may hold meanwhile is four times as much."""

numbers = st.none() | st.integers(-5, 5) | st.sampled_from(["3", "-2", "10", 2.5])
words = st.none() | st.text("abé", max_size=2)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.5, "1", "a", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


def sorted_by_insertion(items: list[dict[str, Any]], descending: bool) -> list[dict[str, Any]]:
    """Stable and slow: each item goes behind all that do not come after it; nulls are last."""
    result: list[dict[str, Any]] = []
    for item in items:
        place = len(result)
        while place and comes_before(item.get("k"), result[place - 1].get("k"), descending):
            place -= 1
        result.insert(place, item)
    return result


def comes_before(key: Any, other: Any, descending: bool) -> bool:
    if key is None or other is None:
        return key is not None and other is None
    return less(other, key) if descending else less(key, other)


@given(st.lists(numbers, max_size=12) | st.lists(words, max_size=12), st.booleans())
def test_sort_is_a_stable_sort(keys: list[Any], descending: bool) -> None:
    items = [{"n": place} if key is None else {"n": place, "k": key} for place, key in enumerate(keys)]
    variables = {"a": items, "f": "desc" if descending else "asc"}
    found = value_of('SORT ?a SORT BY "k" FORMAT ?f SET ?r AFTER EMIT ?r', variables)
    assert found == sorted_by_insertion(items, descending)


@given(st.lists(st.none() | st.integers() | st.text(max_size=3) | st.booleans(), max_size=8))
def test_sort_takes_any_mixture_and_loses_nothing(items: list[Any]) -> None:
    found = value_of("SORT ?a SET ?r AFTER EMIT ?r", {"a": items})
    assert sorted(map(repr, found)) == sorted(map(repr, items))
    again = value_of("SORT ?a SET ?r AFTER EMIT ?r", {"a": found[::-1]})
    assert list(map(str, again)) == list(map(str, found))


@given(st.lists(values, max_size=10))
def test_unique_keeps_the_first_of_identical_elements(items: list[Any]) -> None:
    kept: list[Any] = []
    for item in items:
        if not any(identical(item, other) for other in kept):
            kept.append(item)
    found = value_of("UNIQUE ?a SET ?r AFTER EMIT ?r", {"a": items})
    assert list(map(repr, found)) == list(map(repr, kept))


@given(st.lists(st.fixed_dictionaries({"n": st.integers()}, optional={"k": values}), max_size=10))
def test_groups_hold_every_element_once(items: list[dict[str, Any]]) -> None:
    groups = value_of('GROUP ?a WITH "k" SET ?g AFTER EMIT ?g', {"a": items})
    assert sorted(map(repr, items)) == sorted(repr(item) for group in groups.values() for item in group)
    for key, group in groups.items():
        assert {value_of("STRING ?v SET ?t AFTER EMIT ?t", {"v": item.get("k")}) for item in group} == {key}


@given(st.lists(st.decimals(0, 1000, places=2) | st.none(), max_size=12))
def test_a_sum_of_decimals_is_the_decimal_sum(items: list[Decimal | None]) -> None:
    array = [None if item is None else str(item) for item in items]
    exact = sum((item for item in items if item is not None), Decimal(0))
    assert value_of("SUM ?a SET ?n AFTER EMIT ?n", {"a": array}) == float(exact)


@given(st.lists(st.integers(), min_size=1, max_size=8))
def test_whole_numbers_stay_exact(items: list[int]) -> None:
    program = (
        "SUM ?a SET ?s AFTER MINIMUM ?a SET ?l AFTER MAXIMUM ?a SET ?h "
        "AFTER ENLIST ?s AND ?l AND ?h SET ?r AFTER EMIT ?r"
    )
    assert value_of(program, {"a": items}) == [sum(items), min(items), max(items)]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([1, "x"], 'expected a number at place 1, found the text "x"'),
        ([True], "expected a number at place 0, found a boolean"),
        ([None, [1]], "expected a number at place 1, found an array"),
    ],
)
def test_what_is_not_a_number_is_named(items: list[Any], message: str) -> None:
    for verb in ("SUM", "AVERAGE", "MINIMUM", "MAXIMUM"):
        error = failure_of(f"{verb} ?a", {"a": items})
        assert (error.code, error.message) == ("TypeFailed", message)


def test_numbers_without_a_float_are_refused() -> None:
    huge = 10**400
    for verb, items in (("SUM", [huge, 0.5]), ("AVERAGE", [huge, 1]), ("AVERAGE", [huge, 0.5])):
        assert failure_of(f"{verb} ?a", {"a": items}).code == "CalculateFailed"
    assert value_of("AVERAGE ?a SET ?n AFTER EMIT ?n", {"a": [huge, huge]}) == huge


@pytest.mark.parametrize(
    "program",
    [
        "SORT ?a",
        'SORT ?a SORT BY "k" FORMAT "desc"',
        "REVERSE ?a",
        "UNIQUE ?a",
        "FLATTEN ?a",
        'PLUCK ?a WITH "k"',
        'GROUP ?a WITH "k"',
        "APPEND 1 INTO ?a SET ?b",
        "COLLAPSE ?a SET ?b AFTER APPEND 1 INTO ?b",
        "MERGE ?o WITH ?o SET ?b",
    ],
)
def test_operands_stay_as_they_were(program: str) -> None:
    variables = {"a": [{"k": 2}, [3, [1]], {"k": 1}, None, {"k": 2}], "o": {"x": 1}}
    before = copy.deepcopy(variables)
    value_of(program, variables)
    assert variables == before


@pytest.mark.parametrize("program", ["RANGE FROM 0 TO 1000000000000", "FLATTEN ?shared", "GROUP ?many WITH 0"])
def test_an_array_that_is_too_large_is_never_made(program: str) -> None:
    inner = [0] * 1_000
    variables = {"shared": [inner] * 1_000, "many": [inner] * 1_000_000}
    code, peak = peak_of_failure(program, variables, MEMORY)
    assert code == "LimitExceeded"
    assert peak < 4 * MEMORY
