"""JSON as programs write it: the same text for the same value, whatever stands beside it."""

from collections import OrderedDict
from typing import Any, NamedTuple

import pytest
from hypothesis import given, strategies as st

from oql import json

WIDE = 2**70
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=15
)


class Pair(NamedTuple):
    """Two values."""

    first: Any
    second: Any


@given(values)
def test_a_wide_integer_beside_a_value_changes_nothing_of_its_text(value: Any) -> None:
    assert json.dumps([value, WIDE]) == b"[%b,%d]" % (json.dumps(value), WIDE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1.5e-7, WIDE], "[1.5e-7,1180591620717411303424]"),
        ([1e300, -WIDE], "[1e+300,-1180591620717411303424]"),
        ([2**64 - 1, 2**64, -(2**63), -(2**63) - 1],
         "[18446744073709551615,18446744073709551616,-9223372036854775808,-9223372036854775809]"),
        ({"é": {"b": True, "a": WIDE}}, '{"é":{"b":true,"a":1180591620717411303424}}'),
        (Pair(1, OrderedDict(a=WIDE)), '[1,{"a":1180591620717411303424}]'),
        ({1: WIDE}, '{"1":1180591620717411303424}'),
    ],
)  # fmt: skip
def test_integers_of_any_size(value: Any, text: str) -> None:
    assert json.dumps(value).decode() == text


def test_sorted_keys_and_other_types() -> None:
    made = json.dumps({"b": WIDE, "a": {1, WIDE}}, lambda given: sorted(given), sort_keys=True)
    assert made == b'{"a":[1,%d],"b":%d}' % (WIDE, WIDE)


@pytest.mark.parametrize("value", ["\ud800", ["\ud800", WIDE], object(), [object(), WIDE], [10**5_000]])
def test_what_json_cannot_carry(value: Any) -> None:
    with pytest.raises(json.JsonError, match="the value does not fit JSON"):
        json.dumps(value)


@pytest.mark.parametrize("beside", [0, WIDE])
def test_what_nests_too_deeply(beside: int) -> None:
    value: Any = beside
    for _ in range(5_000):
        value = [value]
    with pytest.raises(json.TooDeepError):
        json.dumps(value)
