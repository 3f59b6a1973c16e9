"""EXTRACT by JSONPath: where RFC 9535 is easily got wrong, and paths that are made to hurt."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from tests.verbs.programs import failure_of, value_of

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "ab"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=15,
)


def found(value: Any, path: str) -> list[Any]:
    """What a path matches, always as an array."""
    matched = value_of("EXTRACT ?v WHERE ?p SET ?r OR NEW ARRAY SET ?r AFTER EMIT ?r", {"v": value, "p": path})
    return matched if isinstance(matched, list) else [matched]


def walk(value: Any) -> list[Any]:
    """A value and all below it, parents first, without the language's help."""
    children = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [value, *(below for child in children for below in walk(child))]


@given(values)
def test_descendants_are_found_in_document_order(value: Any) -> None:
    expected = [below["a"] for below in walk(value) if isinstance(below, dict) and "a" in below]
    matched = found([value, {"a": "end"}, {"a": "end"}], "$..a")
    assert repr(matched) == repr([*expected, "end", "end"])


@given(values)
def test_a_filter_that_asks_for_existence_takes_every_value(value: Any) -> None:
    expected = [inner for item in walk(value) if isinstance(item, dict) for inner in item.values()]
    matched = found([{"x": 0}, {"x": 0}, *(i for i in walk(value) if isinstance(i, dict))], "$[*][?@]")
    assert sorted(map(repr, matched)) == sorted(map(repr, [0, 0, *expected]))


@given(st.lists(st.integers(), max_size=6), st.integers(-8, 8), st.integers(-8, 8), st.sampled_from([1, 2, -1, -2]))
def test_slices_are_those_of_the_rfc(items: list[int], start: int, end: int, step: int) -> None:
    matched = found([*items, 7, 7], f"$[{start}:{end}:{step}]")
    assert matched == [*items, 7, 7][start:end:step]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.text[0:1]", []),
        ("$.text[0]", []),
        ("$.flags[?@ == 1]", [1, 1]),
        ("$.flags[?@ == true]", [True, True]),
        ("$.flags[?@ < 1]", [0, 0]),
        ("$.flags[?@ <= true]", [True, True]),
        ("$.rows[?@.none == null].id", [2]),
        ("$.rows[?@.missing == $.missing].id", [1, 2]),
        ("$.rows[?@.missing != null].id", [1, 2]),
        ("$.rows[?@.tags[?@ == $.want]].id", [2]),
        ("$.rows[?count(@.tags[*]) == 2].id", [2]),
        ("$.rows[?length(@.tags) >= 0].id", [2]),
        ("$.rows[?value(@..deep) == 5].id", [1]),
        ("$.rows[?match(@.name, 'a.')].id", [1]),
        ("$.rows[?search(@.name, 'b')].id", [1, 2]),
        ("$.rows[?@.name > 'ab' && !@.deep].id", [2]),
        ("$.rows[1, 0, 1].id", [2, 1, 2]),
        ("$['rows'][-1]['id']", [2]),
        ("$.rows[5]", []),
        ("$.rows[::0]", []),
    ],
)
def test_what_a_path_matches(path: str, expected: list[Any]) -> None:
    value = {
        "text": "abc",
        "want": "x",
        "flags": [1, True, 0, True, 1, False, 0],
        "rows": [
            {"id": 1, "name": "ab", "sub": {"deep": 5}},
            {"id": 2, "name": "abc", "none": None, "tags": ["y", "x"]},
        ],
    }
    assert repr(found(value, path)) == repr(expected)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value, "b": [1] * 10}
    return value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "path"),
    [
        (nested(60), "$" + "..*" * 8),
        (nested(60), "$" + "..a" * 60),
        ([{"x": [0] * 50}] * 2_000, "$[?$[?$..[?@ == 1]]]"),
    ],
)
def test_a_path_that_costs_too_much_is_stopped(value: Any, path: str) -> None:
    error = failure_of("EXTRACT ?v WHERE ?p", {"v": value, "p": path})
    assert (error.code, error.final) == ("LimitExceeded", True)


@pytest.mark.parametrize(
    "path",
    [
        "$[",
        "$.",
        "$ ",
        "$.a b",
        "$[?@.a =~ /(a+)+$/]",
        "$[?unknown(@)]",
        "$[?length(@)]",
        "$[?@.a == 1e400]",
        "$[99999999999999999999]",
        "$" + "[?$" * 200,
        "$" + "[?@[?@[?@" * 3 + "]]]" * 3,
        "$[?" + "(" * 300,
        "$[?" + "!" * 900 + "@.a]",
        "$" + "['a']" * 300,
        "$[?search(@, '(')]",
        "$[?search(@, '(?=a)')]",
    ],
)
def test_a_bad_path_is_refused(path: str) -> None:
    assert failure_of("EXTRACT ?v WHERE ?p", {"v": ["a"], "p": path}).code == "ExtractInvalidSelector"


def test_values_deeper_than_the_hosts_stack() -> None:
    value: Any = "end"
    for _ in range(20_000):
        value = [value]
    assert found(value, "$..[?@ == 'end']") == ["end"]
    program = "EXTRACT ?v WHERE ?p SET ?r AFTER LENGTH ?r SET ?n AFTER EMIT ?n"
    assert value_of(program, {"v": [[1], value, value], "p": "$[?@ == $[1]]"}) == 2


def test_binary_is_not_looked_into() -> None:
    assert found({"a": b"xyz", "b": [b"xyz", 1, 2]}, "$..[?@ > 0]") == [1, 2]


@pytest.mark.parametrize(
    ("value", "selector", "hint"),
    [
        ({"name": 1}, "nmae", "did you mean `name`?"),
        ([{"id": 1}], "id", "use `$[*].id` for what each element has under a key"),
        ('{"id": 1}', "$.id", "use PARSE JSON first, then a path"),
    ],
)
def test_hints(value: Any, selector: str, hint: str) -> None:
    error = failure_of("EXTRACT ?v WHERE ?s", {"v": value, "s": selector})
    assert (error.code, error.hint) == ("ExtractNoMatch", hint)


def test_a_key_that_looks_like_a_path_is_a_key_first() -> None:
    assert found({"$.a": "key", "a": "path"}, "$.a") == ["key"]


def test_a_large_key_in_a_message_is_cut() -> None:
    error = failure_of("EXTRACT ?v WHERE ?s", {"v": {"name": 1}, "s": "n" * 1_000_000})
    assert len(error.message) < 200
