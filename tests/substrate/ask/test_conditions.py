"""Conditions: every comparison, and values of every type."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from substrate.ask import LONGEST, plan
from substrate.errors import Invalid
from tests.substrate.ask.tables import SHOP


def predicate(condition: str) -> Any:
    found: Any = plan(f"list orders where {condition}", SHOP)
    assert found["Filter"]["child"] == {"Scan": {"schema": "shop.orders"}}
    return found["Filter"]["predicate"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("is", "Eq"), ("Is", "Eq"), ("equals", "Eq"), ("=", "Eq"),
        ("is not", "Ne"), ("IS NOT", "Ne"), ("!=", "Ne"), ("<>", "Ne"),
        ("more than", "Gt"), ("is more than", "Gt"), ("greater than", "Gt"),
        ("over", "Gt"), ("is over", "Gt"), (">", "Gt"),
        ("less than", "Lt"), ("is less than", "Lt"), ("fewer than", "Lt"),
        ("under", "Lt"), ("is under", "Lt"), ("<", "Lt"),
        ("at least", "Ge"), ("is at least", "Ge"), (">=", "Ge"),
        ("at most", "Le"), ("is at most", "Le"), ("<=", "Le"),
    ],
)  # fmt: skip
def test_comparisons(said: str, name: str) -> None:
    assert predicate(f"qty {said} 5") == {name: ["qty", 5]}


def test_symbols_need_no_spaces() -> None:
    assert predicate("qty>=5 and total!=2") == {"And": [{"Ge": ["qty", 5]}, {"Ne": ["total", 2]}]}
    assert predicate("customer_name='A  B'") == {"Eq": ["customer_name", "A  B"]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("qty is 1,234,567", {"Eq": ["qty", 1234567]}),
        ("qty is -3", {"Eq": ["qty", -3]}),
        ("qty over 2.5", {"Gt": ["qty", 2.5]}),
        ("qty is '7'", {"Eq": ["qty", 7]}),
        ("qty is 9223372036854775807", {"Eq": ["qty", 9223372036854775807]}),
        ("qty under 9223372036854775808", {"Lt": ["qty", 9223372036854775808.0]}),
        ("qty is -9223372036854775808", {"Eq": ["qty", -9223372036854775808]}),
        ("qty is -9223372036854775809", {"Eq": ["qty", -9223372036854777856.0]}),
        ("total over 1,000.50", {"Gt": ["total", 1000.5]}),
        ("total is .5", {"Eq": ["total", 0.5]}),
        ("total is 1e3", {"Eq": ["total", 1000.0]}),
        ("paid is true", {"Eq": ["paid", True]}),
        ("paid is not Yes", {"Ne": ["paid", True]}),
        ("paid is FALSE", {"Eq": ["paid", False]}),
        ("due is 2024-02-29", {"Eq": ["due", "2024-02-29"]}),
        ("due is over 2024-02-29", {"Gt": ["due", "2024-02-29"]}),
        ("tag is 0F8FAD5B-D9CB-469F-A165-70867728950E", {"Eq": ["tag", "0f8fad5b-d9cb-469f-a165-70867728950e"]}),
        ("customer name is Ada Lovelace", {"Eq": ["customer_name", "Ada Lovelace"]}),
        ("customer name is ada", {"Eq": ["customer_name", "ada"]}),
        ("customer name is 1,000", {"Eq": ["customer_name", "1,000"]}),
        ("customer name is O'Brien", {"Eq": ["customer_name", "O'Brien"]}),
        ("customer name is Paris, France", {"Eq": ["customer_name", "Paris, France"]}),
        ("customer name is Zoë 東京", {"Eq": ["customer_name", "Zoë 東京"]}),
        ("customer name is \"a and b\"", {"Eq": ["customer_name", "a and b"]}),
        ("customer name is 'it\\'s'", {"Eq": ["customer_name", "it's"]}),
        ("customer name is 'C:\\x'", {"Eq": ["customer_name", "C:\\x"]}),
        ("customer name is “two  spaces”", {"Eq": ["customer_name", "two  spaces"]}),
        ("customer name is \u2018x\u2019", {"Eq": ["customer_name", "x"]}),
        ("customer name is ''", {"Eq": ["customer_name", ""]}),
        ("customer name is 'really?'", {"Eq": ["customer_name", "really?"]}),
        ("customer name over M", {"Gt": ["customer_name", "M"]}),
        ("customer name is over the top", {"Eq": ["customer_name", "over the top"]}),
        ("customer name contains 50%_", {"Contains": ["customer_name", "50%_"]}),
        ("customer name contains 'Ada L'", {"Contains": ["customer_name", "Ada L"]}),
        ("customer name is null", {"IsNull": "customer_name"}),
        ("raw is not NULL", {"IsNotNull": "raw"}),
        ("card is null", {"IsNull": "card"}),
        ("customer name is 'null'", {"Eq": ["customer_name", "null"]}),
        ("created at is 2024-01-01 10:00:00", {"Eq": ["created_at", "2024-01-01T10:00:00Z"]}),
        ("created at over 2024-01-01T10:00:00+02:00", {"Gt": ["created_at", "2024-01-01T08:00:00Z"]}),
        ("qty is 1, and paid is no and total over 2",
         {"And": [{"Eq": ["qty", 1]}, {"Eq": ["paid", False]}, {"Gt": ["total", 2]}]}),
    ],
)  # fmt: skip
def test_values(condition: str, expected: Any) -> None:
    assert predicate(condition) == expected


FIRST, LAST = "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999999Z"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("is", {"Between": ["created_at", FIRST, LAST]}),
        ("is not", {"Or": [{"Lt": ["created_at", FIRST]}, {"Gt": ["created_at", LAST]}]}),
        ("over", {"Gt": ["created_at", LAST]}),
        ("under", {"Lt": ["created_at", FIRST]}),
        ("at least", {"Ge": ["created_at", FIRST]}),
        ("at most", {"Le": ["created_at", LAST]}),
    ],
)
def test_a_time_is_compared_with_a_whole_day(said: str, expected: Any) -> None:
    assert predicate(f"created at {said} 2024-01-01") == expected


def test_the_last_day_of_all() -> None:
    assert predicate("created at at most 9999-12-31") == {"Le": ["created_at", "9999-12-31T23:59:59.999999Z"]}


@pytest.mark.parametrize(
    ("condition", "column", "message"),
    [
        ("qty is many", "qty", "expected an integer of 64 bits"),
        ("qty is 1,00", "qty", "expected an integer of 64 bits"),
        ("total is nan", "total", "expected a finite number"),
        ("total is 1e999", "total", "expected a finite number"),
        ("qty is " + "9" * 400, "qty", "expected an integer of 64 bits"),
        ("paid is maybe", "paid", "expected true or false"),
        ("due is 2023-02-29", "due", "expected a date as YYYY-MM-DD"),
        ("created at is 2023-02-29", "created_at", "expected an RFC 3339 time"),
        ("created at over 1700000000", "created_at", "expected an RFC 3339 time"),
        ("tag is x", "tag", "expected a UUID"),
        ("raw is x", "raw", "never compared"),
        ("card is 1234", "card", "never compared"),
        ("qty contains 1", "qty", "`contains` is for text"),
    ],
)
def test_values_that_the_column_does_not_hold(condition: str, column: str, message: str) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        predicate(condition)
    assert caught.value.detail["column"] == column


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=LONGEST // 3))
def test_quotes_hold_any_text(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert predicate(f'customer_name is "{escaped}"') == {"Eq": ["customer_name", text]}


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_what_they_are_written_as(value: float) -> None:
    found = predicate(f"total is {value!r}")
    assert found == {"Eq": ["total", value]}
    assert json.loads(json.dumps(found)) == found
