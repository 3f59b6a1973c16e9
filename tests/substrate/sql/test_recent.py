"""Statements are checked once for a catalogue, and what is kept of them is bounded."""

import pytest

from substrate.catalog import Catalog
from substrate.errors import Invalid
from substrate.sql import Select, check
from substrate.sql.recent import LONGEST, MOST_CHARACTERS, Recent
from tests.substrate.sql.shop import catalog


def test_a_statement_is_checked_once_for_each_catalogue() -> None:
    here, there = catalog(), catalog()
    first = check("SELECT id FROM shop.users", here)
    assert check("SELECT id FROM shop.users", here) is first
    assert check("SELECT id FROM shop.users", there) is not first
    with pytest.raises(Invalid, match="there is no table"):
        check("SELECT id FROM shop.users", Catalog())


def test_the_least_used_goes_first() -> None:
    recent, tables, long = Recent[int](), Catalog(), " " * (LONGEST - 4)
    count = MOST_CHARACTERS // LONGEST
    for number in range(count):
        recent.keep(tables, f"{number:04}{long}", number)
    assert recent.get(tables, f"0000{long}") == 0
    recent.keep(tables, f"new {long}", count)
    assert recent.get(tables, f"0000{long}") == 0
    assert recent.get(tables, f"0001{long}") is None
    assert recent.get(tables, f"new {long}") == count


def test_a_long_one_is_not_kept() -> None:
    recent, tables = Recent[int](), Catalog()
    recent.keep(tables, "x" * (LONGEST + 1), 1)
    assert recent.get(tables, "x" * (LONGEST + 1)) is None


def test_tables_of_the_home_database_need_no_namespace() -> None:
    at_home = catalog().at_home_in("shop")
    for text in ("SELECT id FROM users", "SELECT Users.id FROM USERS", "SELECT id FROM shop.users"):
        checked = check(text, at_home)
        assert isinstance(checked, Select)
        assert checked.statement((), "sqlite").sql == 'SELECT s1."id" AS c1 FROM t1 AS s1'
    with pytest.raises(Invalid, match="there is no table `things`"):
        check("SELECT k FROM things", at_home)
