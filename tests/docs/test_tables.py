"""The tables of the pages say what the code declares: the same rows, in the same order."""

import pytest

from tests.docs.declared import DECLARED, OF_THE_MACHINE, TOLD_BY_A_SERVER, Rows
from tests.docs.pages import named_tables, pages, tables

FOUND = {name: rows for page in pages() for name, rows in tables(page).items()}


@pytest.mark.parametrize("name", DECLARED)
def test_table(name: str) -> None:
    declared = DECLARED[name]()
    assert first_columns(FOUND.get(name, []), declared) == declared


def first_columns(rows: Rows, declared: Rows) -> Rows:
    """The columns of a page's rows that the code declares; a cell that it leaves open is one that is filled."""
    width = len(declared[0])
    cut = [row[:width] for row in rows]
    for row, told in zip(cut, declared, strict=False):
        row[:] = [OF_THE_MACHINE if t == OF_THE_MACHINE and cell else cell for cell, t in zip(row, told, strict=False)]
    return cut


def test_every_named_table_is_declared_and_stands_once() -> None:
    assert sorted(name for page in pages() for name in named_tables(page)) == sorted([*DECLARED, *TOLD_BY_A_SERVER])


def test_no_cell_for_people_is_empty_in_a_declared_table() -> None:
    widths = {name: len(declared()[0]) for name, declared in DECLARED.items()}
    assert [row for name in DECLARED for row in FOUND[name] if "" in row[widths[name] :]] == []


def test_what_differs_is_found() -> None:
    declared = [["`a`", "1"], ["`b`", OF_THE_MACHINE]]
    assert first_columns([["`a`", "1", "one"], ["`b`", "two", "x"]], declared) == declared
    assert first_columns([["`a`", "1"], ["`b`", ""]], declared) != declared
    assert first_columns([["`a`", "1"]], declared) != declared
    assert first_columns([["`b`", "2"], ["`a`", "1"]], declared) != declared
