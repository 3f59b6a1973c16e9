"""Statements are written once for all plans that differ in operands alone, and go with the tables they are of."""

import gc
import weakref
from itertools import count
from typing import Any

import pytest

from substrate.catalog import Catalog, Table
from substrate.manifest import read
from substrate.plan import compile as compile_plan, predicate
from substrate.plan.kept import Kept
from tests.substrate.plan.world import ORDERS


def orders() -> Table:
    """A table."""
    return Table(1, 1, read(ORDERS), ORDERS)


def plan(**operands: Any) -> Any:
    """A plan with these operands."""
    tests = [{"Gt": ["qty", operands["qty"]]}, {"In": ["id", operands["ids"]]}, {"Like": ["note", operands["like"]]}]
    child = {"Filter": {"predicate": {"And": tests}, "child": {"Scan": {"schema": "shop.orders"}}}}
    return {"Limit": {"n": operands["n"], "child": child}}


def test_plans_share_a_statement_and_bind_their_own_operands() -> None:
    catalog = Catalog([orders()])
    first = compile_plan(plan(qty=1, ids=[1, 2, 3], like="a_", n=5), catalog, "sqlite")
    other = compile_plan(plan(qty="x", ids=[4, 5, 6, 7], like="b%", n=6), catalog, "sqlite")
    assert other.sql is first.sql
    assert first.params == (1, 1, 2, 3, 3, "a?", 5)
    assert other.params == (None, 4, 5, 6, 7, "b*", 6)


def test_what_changes_the_meaning_is_not_shared() -> None:
    catalog = Catalog([orders()])
    given = plan(qty="1", ids=[1], like=2, n=5)
    assert compile_plan(given, catalog, "sqlite").params == (None, 1, None, 5)
    assert compile_plan(given, catalog, "sqlite", coerce=True).params == (1, 1, "2", 5)
    assert " LIKE " in compile_plan(given, catalog, "postgres").sql
    wider = plan(qty=1, ids=[1, 2], like="a", n=5)
    assert compile_plan(wider, catalog, "sqlite").sql.count("?") == 5


def test_another_catalogue_has_statements_of_its_own() -> None:
    scan = {"Scan": {"schema": "shop.orders"}}
    assert "note" in compile_plan(scan, Catalog([orders()], state=1), "sqlite").sql
    text = 'id = "shop.orders"\nprimary_key = { columns = ["k"] }\ncolumns = [{ name = "k", type = "str" }]'
    assert "note" not in compile_plan(scan, Catalog([Table(1, 2, read(text), text)], state=1), "sqlite").sql


def test_a_predicate_is_kept_for_its_table() -> None:
    table = orders()
    first, _ = predicate({"Eq": ["qty", 1]}, table, "postgres")
    other, params = predicate({"Eq": ["qty", 2]}, table, "postgres")
    assert other is first
    assert params == (2,)


class Owner:
    """Something that things are kept for."""


def test_no_more_than_so_many_are_kept() -> None:
    kept: Kept[Owner, int] = Kept(2)
    owner, made = Owner(), count(1)
    found = [kept.get(owner, key, lambda: next(made)) for key in ("a", "b", "c", "c", "b", "a")]
    assert found == [1, 2, 3, 3, 2, 4]


def test_nothing_is_kept_for_what_is_gone() -> None:
    kept: Kept[Owner, Owner] = Kept(2)
    owner = Owner()
    made = weakref.ref(kept.get(owner, 1, Owner))
    assert made() is not None
    del owner
    gc.collect()
    assert made() is None


def test_what_fails_to_be_made_is_not_kept() -> None:
    kept: Kept[Owner, int] = Kept(2)
    owner = Owner()
    with pytest.raises(ZeroDivisionError):
        kept.get(owner, 1, lambda: 1 // 0)
    assert kept.get(owner, 1, lambda: 7) == 7
