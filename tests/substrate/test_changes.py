"""What registering a manifest over another means: nothing, steps at once, or a refusal that says why."""

from dataclasses import replace
from typing import Any

import pytest

from substrate.columns import F64, I64, JSON, STR
from substrate.manifest import Check, Column, Dialect, Extraction, ForeignKey, Index, Manifest, Relation, read
from substrate.manifest.changes import (
    AddCheck,
    AddColumn,
    AddIndex,
    AddRelation,
    Compatible,
    DropIndex,
    DropRelation,
    Incompatible,
    Outcome,
    Rebuild,
    Same,
    compare,
    first_version,
)
from substrate.names import SchemaId

HERE, USERS = SchemaId("shop", "orders"), SchemaId("shop", "users")
ID, TO, QTY, DOC = Column("id", STR), Column("to", STR), Column("qty", I64, default=1), Column("doc", JSON)
OLD = Manifest(
    HERE,
    (ID, TO, QTY, DOC),
    ("id",),
    (Index(("to", "qty")),),
    (Relation("buyer", "to", USERS),),
    (),
    (),
    (Check("some", "qty > 0"),),
    Dialect.E,
    5,
)


def registered(empty: bool = False, **changes: Any) -> Outcome:
    """The outcome of a change to a table in version 5, declared as version 6."""
    return compare(OLD, replace(OLD, **{"version": 6} | changes), version=5, empty=empty)


def test_the_same_model_again_leaves_the_version_as_it_is() -> None:
    assert compare(OLD, OLD, version=5, empty=False) == Same()
    assert compare(OLD, replace(OLD, version=4), version=5, empty=False) == Same()


def test_the_same_model_in_other_words_is_the_same() -> None:
    text = 'id = "a.b"\nprimary_key.columns = ["id"]\ncolumns = [{ name = "id", type = "string" }]\n'
    other = '[[columns]]\nname = "id"\nty = "str"\nrequired = true\n'
    declared = 'namespace = "a"\ntable = "b"\nprimary_key = ["id"]\n' + other
    assert compare(read(text), read(declared), version=1, empty=False) == Same()


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"columns": (ID, TO, QTY, DOC, Column("n", F64))}, (AddColumn(Column("n", F64)),)),
        ({"columns": (Column("n", F64), ID, TO, QTY, DOC)}, (AddColumn(Column("n", F64)),)),
        ({"columns": (ID, TO, QTY, DOC, Column("n", F64, default=0.5))}, (AddColumn(Column("n", F64, default=0.5)),)),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", F64, indexed=True, unique=True))},
            (AddColumn(Column("n", F64, indexed=True, unique=True)), AddIndex(Index(("n",)))),
        ),
        ({"columns": (ID, replace(TO, indexed=True), QTY, DOC)}, (AddIndex(Index(("to",))),)),
        ({"indexes": (*OLD.indexes, Index(("qty",), "q"))}, (AddIndex(Index(("qty",), "q")),)),
        ({"indexes": ()}, (DropIndex(Index(("to", "qty"))),)),
        (
            {"indexes": (Index(("qty",), "idx_to_qty"),)},
            (DropIndex(Index(("to", "qty"))), AddIndex(Index(("qty",), "idx_to_qty"))),
        ),
        ({"relations": (*OLD.relations, Relation("b", "doc", HERE))}, (AddRelation(Relation("b", "doc", HERE)),)),
        ({"relations": ()}, (DropRelation(Relation("buyer", "to", USERS)),)),
        (
            {"relations": (Relation("buyer", "doc", USERS),)},
            (DropRelation(Relation("buyer", "to", USERS)), AddRelation(Relation("buyer", "doc", USERS))),
        ),
        ({"checks": (*OLD.checks, Check("few", "qty < 9"))}, (AddCheck(Check("few", "qty < 9")),)),
        ({}, ()),
    ],
)
def test_changes_that_leave_the_rows_alone_apply_at_once(changes: dict[str, Any], steps: tuple[Any, ...]) -> None:
    assert registered(**changes) == Compatible(6, steps)
    assert registered(empty=True, **changes) == Compatible(6, steps)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"columns": (ID, TO, QTY, DOC, Column("n", F64, required=True))}, "column `n` is new and required"),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", F64, required=True, default=0.5))},
            "column `n` is new and required",
        ),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", F64, unique=True, default=0.5))},
            "column `n` is new and unique, and has a default",
        ),
        ({"columns": (ID, TO, QTY)}, "column `doc` is dropped"),
        ({"columns": (ID, TO, replace(QTY, type=F64, default=1.0), DOC)}, "column `qty` changes its type"),
        ({"columns": (ID, TO, replace(QTY, default=2), DOC)}, "column `qty` changes its default"),
        (
            {"columns": (ID, replace(TO, required=True, unique=True), QTY, DOC)},
            "column `to` changes its `required` and `unique`",
        ),
        ({"columns": (TO, ID, QTY, DOC)}, "the order of the columns changes"),
        ({"primary_key": ("to",)}, "the primary key changes"),
        ({"extractions": (Extraction("e", "doc.e", STR),)}, "the extractions change"),
        ({"foreign_keys": (ForeignKey("to", USERS),)}, "the foreign keys change"),
        ({"checks": ()}, "check `some` changes"),
        ({"checks": (Check("some", "qty > 1"),)}, "check `some` changes"),
    ],
)
def test_any_other_change_needs_a_migration_unless_there_are_no_rows(changes: dict[str, Any], reason: str) -> None:
    refused = registered(**changes)
    assert isinstance(refused, Incompatible)
    assert reason in refused.reasons
    error = refused.conflict()
    assert error.code == "conflict"
    assert reason in error.message
    assert error.message.endswith(": use /migrations")
    assert registered(empty=True, **changes) == Compatible(6, (Rebuild(),))


@pytest.mark.parametrize("declared", [1, 5])
def test_in_dialect_e_a_change_declares_a_higher_version(declared: int) -> None:
    for empty in (False, True):
        refused = registered(empty, indexes=(), version=declared)
        assert refused == Incompatible(
            (f"the declared version {declared} is not higher than 5, the present one",), needs_migration=False
        )
        assert "/migrations" not in refused.conflict().message


def test_in_dialect_e_the_version_is_the_declared_one() -> None:
    assert registered(indexes=(), version=9) == Compatible(9, (DropIndex(Index(("to", "qty"))),))
    assert first_version(OLD) == 5


def test_in_dialect_s_the_server_counts() -> None:
    counted = replace(OLD, checks=(), dialect=Dialect.S, version=None)
    assert first_version(counted) == 1
    changed = replace(counted, indexes=())
    assert compare(counted, changed, version=7, empty=False) == Compatible(8, (DropIndex(Index(("to", "qty"))),))
    assert compare(counted, counted, version=7, empty=False) == Same()


def test_an_index_declared_in_another_place_is_the_same_index() -> None:
    implied = replace(OLD, columns=(ID, replace(TO, indexed=True), QTY, DOC))
    listed = replace(OLD, indexes=(*OLD.indexes, Index(("to",))), version=6)
    assert compare(implied, listed, version=5, empty=False) == Compatible(6, ())


def test_two_tables_are_not_compared() -> None:
    with pytest.raises(ValueError, match="two tables"):
        compare(OLD, replace(OLD, id=USERS), version=1, empty=True)
