"""Object and JSON verbs against each other, and the JSON they refuse."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from oql.json import MAX_DEPTH
from tests.verbs.programs import failure_of, peak_of_failure, value_of

MEMORY = 2**20
"""The memory limit of the runs that must be stopped; what Python may hold meanwhile is four times as much."""

scalars = st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=15,
)
objects = st.dictionaries(st.text(max_size=3), scalars, max_size=5)


@given(st.lists(values, max_size=3) | objects)
def test_parse_json_reads_what_string_writes(value: Any) -> None:
    assert value_of("STRING ?v SET ?t AFTER PARSE JSON ?t SET ?r AFTER EMIT ?r", {"v": value}) == value


@given(objects)
def test_keys_and_values_are_in_the_same_order(value: dict[str, Any]) -> None:
    keys = value_of("KEYS ?o SET ?r AFTER EMIT ?r", {"o": value})
    found = value_of("VALUES ?o SET ?r AFTER EMIT ?r", {"o": value})
    assert dict(zip(keys, found, strict=True)) == value
    assert keys == list(value)


@given(objects, objects)
def test_merge_takes_the_second_where_both_have_a_key(first: dict[str, Any], second: dict[str, Any]) -> None:
    merged = value_of("MERGE ?x WITH ?y SET ?r AFTER EMIT ?r", {"x": first, "y": second})
    assert merged == {key: second.get(key, first.get(key)) for key in [*first, *second]}


@pytest.mark.parametrize("piece", ["[],", "{},", '{"a":0},', '"a",', "0,"])
def test_json_that_would_be_too_large_is_not_read(piece: str) -> None:
    text = "[" + piece * (400_000 // len(piece)) + "0]"
    code, peak = peak_of_failure("PARSE JSON ?t", {"t": text}, MEMORY)
    assert code == "LimitExceeded"
    assert peak < 4 * MEMORY


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 10_000, 1_000_000])
def test_deep_json_is_refused(depth: int) -> None:
    error = failure_of("PARSE JSON ?t", {"t": "[" * depth + "]" * depth}, memory_bytes=2**30)
    assert error.code == "JsonFailed"


def test_a_mistake_has_its_place() -> None:
    error = failure_of("PARSE JSON ?t", {"t": '{"é": 1,\n "b": tru}'})
    assert error.message == "invalid literal, expected 'true' at line 2, column 7"
