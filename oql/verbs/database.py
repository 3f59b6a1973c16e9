"""Verbs on databases: tables with typed columns, rows as objects.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Condition, Family, Text, Whole

family = Family(
    "database",
    "Database",
    failure=Code.DATABASE_ERROR,
    exec_class="Io",
    options={"effect": "store", "touches": "table", "needs": "a database"},
)

_ALL_ROWS = {"WHERE": "name the rows with WHERE; to empty the whole table write FLUSH TABLE name FROM database"}


@family.verb("CREATE DATABASE", touches="database", acts=True)
def create_database(name: Text) -> Value:
    """Makes an empty database."""


@family.verb("DATABASE LIST", effect="read", touches="database")
def database_list() -> Value:
    """Lists the names of all databases."""


@family.verb("DELETE DATABASE", touches="database", acts=True)
def delete_database(name: Text) -> Value:
    """Deletes a database with all its tables."""


@family.verb("CREATE TABLE", acts=True)
def create_table(name: Text, *, from_: Text, with_: Text) -> Value:
    """Makes a table in a database: WITH lists its columns as "name TYPE MODIFIER..., ...".

    Types: TEXT NUMBER BOOLEAN DATE TIMESTAMP UUID ENCRYPTED BLOB JSON. Modifiers: PRIMARY UNIQUE REQUIRED
    INDEXED, and DEFAULT with a literal.
    """


@family.verb("TABLE LIST", effect="read", touches="database")
def table_list(database: Text) -> Value:
    """Lists the names of the tables in a database."""


@family.verb("DELETE TABLE", acts=True)
def delete_table(name: Text, *, from_: Text) -> Value:
    """Deletes a table with all its rows."""


@family.verb("FLUSH TABLE", acts=True)
def flush_table(name: Text, *, from_: Text) -> Value:
    """Deletes all rows of a table and keeps the table."""


@family.verb("INSERT", names="INTO")
def insert(row: Any, *, into: Text, from_: Text) -> Value:
    """Adds an object as a row and gives its id; of an array all rows or none, and gives their ids."""


@family.verb("QUERY", effect="read")
def query(
    table: Text,
    *,
    from_: Text,
    where: Condition = None,
    sort_by: Text | None = None,
    format_: Literal["asc", "desc"] = "asc",
    limit: Whole | None = None,
    at: Whole | None = None,
) -> Value:
    """Gives the rows of a table as an array of objects: those that fit WHERE, LIMIT many from AT on."""


@family.verb("COUNT", effect="read")
def count(table: Text, *, from_: Text, where: Condition = None) -> Value:
    """Counts the rows of a table that fit WHERE, or all."""


@family.verb("UPDATE", names="INTO", missing_hints=_ALL_ROWS)
def update(changes: Any, *, into: Text, from_: Text, where: Condition) -> Value:
    """Sets columns of the rows that fit WHERE, and tells how many there were."""


@family.verb("PURGE", missing_hints=_ALL_ROWS)
def purge(table: Text, *, from_: Text, where: Condition) -> Value:
    """Deletes the rows that fit WHERE, and tells how many there were."""


@family.verb("SQL", effect="read", touches="database", names="FROM")
def sql(statement: Text, *, from_: Text, with_: Any = None) -> Value:
    """Gives the rows that a SELECT finds, as an array of objects; parameters come WITH an array or object."""


@family.verb("TRANSACTION", block="steps", touches="")
def transaction() -> Value:
    """Makes all database steps of its block take effect together, or none of them."""
