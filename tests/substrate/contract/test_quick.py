"""Calls that are to be answered only if that is quick, so that an event loop may make them."""

from typing import Any

import pytest

from substrate.errors import Invalid
from substrate.interface import Call, Namespace, NotQuick

PAIRS = "SELECT count(*) AS n FROM shop.orders a JOIN shop.orders b ON b.id <= $1 WHERE a.id <= $1"
WHO = "SELECT who FROM shop.orders WHERE id = $1"
PLAN = {"Filter": {"predicate": {"Eq": ["id", 1]}, "child": {"Scan": {"schema": "shop.orders"}}}}
SOME = {"Limit": {"n": 3, "child": {"Sort": {"by": [["id", "asc"]], "child": {"Scan": {"schema": "shop.orders"}}}}}}


@pytest.fixture
def sqlite(url: str) -> bool:
    """Whether it is an engine in this process, which an event loop may ask."""
    return not url


@pytest.fixture
def full(ada: Namespace) -> Namespace:
    """Orders with the ids 1 to 3,000, of which the last one has a very long name."""
    rows = [{"id": n, "who": f"w{n}"} for n in range(1, 3_000)]
    ada.write(lambda frame: frame.put_many("shop.orders", [*rows, {"id": 3_000, "who": "x" * 2_500}]))
    return ada


def quickly(namespace: Namespace, text: str, *params: Any) -> Any:
    return namespace.sql(text, params, Call(only_if_quick=True))["rows"]


def test_a_statement_is_known_after_it_was_quick(full: Namespace, sqlite: bool) -> None:
    with pytest.raises(NotQuick):
        quickly(full, WHO, 1)
    assert full.sql(WHO, [1])["rows"] == [{"who": "w1"}]
    if not sqlite:
        with pytest.raises(NotQuick):
            quickly(full, WHO, 2)
        return
    assert quickly(full, WHO, 2) == [{"who": "w2"}]
    full.write(lambda frame: frame.put("shop.orders", {"id": 2, "who": "another"}))
    assert quickly(full, WHO, 2) == [{"who": "another"}]
    with pytest.raises(NotQuick):
        quickly(full, "SELECT who FROM shop.orders WHERE id = 2")


def test_a_plan_is_known_by_its_form(full: Namespace, sqlite: bool) -> None:
    with pytest.raises(NotQuick):
        full.query(PLAN, Call(only_if_quick=True))
    assert [row["who"] for row in full.query(PLAN)] == ["w1"]
    other = {"Filter": {**PLAN["Filter"], "predicate": {"Eq": ["id", 7]}}}
    if sqlite:
        assert [row["who"] for row in full.query(other, Call(only_if_quick=True))] == ["w7"]
    else:
        with pytest.raises(NotQuick):
            full.query(other, Call(only_if_quick=True))


@pytest.mark.parametrize("rest_s", [60.0, 0.0])
def test_what_takes_longer_than_before_is_given_up_and_rests(
    full: Namespace, sqlite: bool, rest_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("substrate.quick.REST_S", rest_s)
    assert full.sql(PAIRS, [1])["rows"] == [{"n": 1}]
    if sqlite:
        assert quickly(full, PAIRS, 1) == [{"n": 1}]
    with pytest.raises(NotQuick):
        quickly(full, PAIRS, 3_000)
    with pytest.raises(NotQuick):
        quickly(full, PAIRS, 1)
    assert full.sql(PAIRS, [3_000])["rows"] == [{"n": 9_000_000}]
    assert full.sql(PAIRS, [1])["rows"] == [{"n": 1}]
    if sqlite and rest_s == 0:
        assert quickly(full, PAIRS, 1) == [{"n": 1}]
    else:
        with pytest.raises(NotQuick):
            quickly(full, PAIRS, 1)


def test_values_that_are_too_long_are_given_up(full: Namespace, sqlite: bool) -> None:
    longer = f"SELECT {' || '.join(['who'] * 8)} AS who FROM shop.orders WHERE id = $1"
    assert full.sql(longer, [1])["rows"] == [{"who": "w1" * 8}]
    if sqlite:
        assert quickly(full, longer, 1) == [{"who": "w1" * 8}]
    with pytest.raises(NotQuick):
        quickly(full, longer, 3_000)
    assert full.sql(longer, [3_000])["rows"] == [{"who": "x" * 20_000}]


def test_rows_that_are_much_together_are_given_up(full: Namespace, sqlite: bool) -> None:
    """Twelve names of 2,500 characters are read at once, and fourteen are not: 32 KiB are the most."""
    rows = [{"id": n, "who": "x" * 2_500} for n in range(4_000, 4_100)]
    full.write(lambda frame: frame.put_many("shop.orders", rows))
    some = "SELECT who FROM shop.orders WHERE id >= $1 AND id < $2"
    assert full.sql(some, [1, 2])["rows"] == [{"who": "w1"}]
    if sqlite:
        assert len(quickly(full, some, 4_000, 4_012)) == 12
    with pytest.raises(NotQuick):
        quickly(full, some, 4_000, 4_014)
    assert len(full.sql(some, [4_000, 4_014])["rows"]) == 14


@pytest.mark.parametrize(
    "condition",
    [
        "who LIKE who", "who NOT LIKE $1", "trim(who, $1) = ''", "replace(who, $1, 'b') = ''", "strpos(who, $1) = 1",
        "CASE WHEN who LIKE $1 THEN true ELSE false END", "ltrim(who, $1) = ''",
    ],
)  # fmt: skip
def test_what_may_compute_for_long_on_long_values_is_never_quick(full: Namespace, condition: str) -> None:
    """One comparison of 16 KiB with a pattern of 8 KiB takes 0.2 s, and nothing can end it."""
    text = f"SELECT id FROM shop.orders WHERE id = 1 AND ({condition})"
    params = ["w"] * ("$1" in condition)
    for _ in range(2):
        try:
            full.sql(text, params)
        except Invalid:  # not a function of the store's SQL
            return
        with pytest.raises(NotQuick):
            quickly(full, text, *params)


def test_the_limits_of_a_call_hold(full: Namespace, sqlite: bool) -> None:
    assert len(full.query(SOME)) == 3
    if sqlite:
        with pytest.raises(Invalid, match="more than 2 rows"):
            full.query(SOME, Call(rows=2, only_if_quick=True))
        assert len(full.query(SOME, Call(rows=3, only_if_quick=True))) == 3


def test_a_statement_that_writes_is_none(full: Namespace) -> None:
    delete = "DELETE FROM shop.orders WHERE id = $1"
    assert full.sql(delete, [1])["kind"] == "delete"
    with pytest.raises(NotQuick):
        full.sql(delete, [1], Call(only_if_quick=True))


def test_what_is_wrong_is_said_on_the_thread(full: Namespace) -> None:
    assert full.sql(WHO, [1])["rows"]
    with pytest.raises(NotQuick):
        quickly(full, WHO, 1, 2)
    with pytest.raises(Invalid):
        full.sql(WHO, [1, 2])
