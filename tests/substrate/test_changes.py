"""What registering a manifest over another means: nothing, steps at once, or a refusal that says why."""

from dataclasses import replace
from typing import Any

import pytest

from substrate.columns import F64, I64, JSON, STR, UUID
from substrate.manifest import Check, Column, Dialect, Extraction, ForeignKey, Index, Manifest, Relation, read
from substrate.manifest.changes import (
    AddCheck,
    AddColumn,
    AddIndex,
    AddRelation,
    Compatible,
    Cure,
    DropIndex,
    DropRelation,
    Incompatible,
    Outcome,
    Reason,
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
        ({"checks": (Check("some", "qty > 1"),)}, (AddCheck(Check("some", "qty > 1")),)),
        ({"checks": ()}, ()),
        ({"columns": (ID, TO, replace(QTY, default=2), DOC)}, ()),
        ({"columns": (ID, TO, replace(QTY, default=None), DOC)}, ()),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", STR)), "foreign_keys": (ForeignKey("n", USERS),)},
            (AddColumn(Column("n", STR)),),
        ),
        ({}, ()),
    ],
)
def test_changes_that_leave_the_rows_alone_apply_at_once(changes: dict[str, Any], steps: tuple[Any, ...]) -> None:
    assert registered(**changes) == Compatible(6, steps)
    assert registered(empty=True, **changes) == Compatible(6, steps)


def test_what_only_loosens_applies_at_once() -> None:
    strict = replace(OLD, columns=(ID, replace(TO, unique=True), QTY, DOC), foreign_keys=(ForeignKey("to", USERS),))
    assert compare(strict, replace(strict, columns=OLD.columns, version=6), version=5, empty=False) == Compatible(6, ())
    assert compare(strict, replace(strict, foreign_keys=(), version=6), version=5, empty=False) == Compatible(6, ())


def test_whether_the_store_makes_keys_concerns_new_rows_only() -> None:
    given = Manifest(HERE, (Column("id", UUID), QTY), ("id",))
    made = replace(given, columns=(Column("id", UUID, generated=True), QTY))
    assert compare(given, made, version=1, empty=False) == Compatible(2, ())
    assert compare(made, given, version=1, empty=False) == Compatible(2, ())


MIGRATE, COPY = Cure.MIGRATE, Cure.COPY


@pytest.mark.parametrize(
    ("changes", "reason", "cure"),
    [
        ({"columns": (ID, TO, QTY, DOC, Column("n", F64, required=True))}, "column `n` is new and required", MIGRATE),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", F64, required=True, default=0.5))},
            "column `n` is new and required",
            MIGRATE,
        ),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", F64, unique=True, default=0.5))},
            "column `n` is new and unique, and has a default",
            COPY,
        ),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", F64, unique=True, required=True))},
            "column `n` is new, required and unique",
            COPY,
        ),
        ({"columns": (ID, TO, QTY)}, "column `doc` is dropped", MIGRATE),
        ({"columns": (ID, TO, replace(QTY, type=F64, default=1.0), DOC)}, "column `qty` changes its type", MIGRATE),
        ({"columns": (ID, replace(TO, required=True), QTY, DOC)}, "column `to` changes its `required`", MIGRATE),
        ({"columns": (ID, replace(TO, unique=True), QTY, DOC)}, "column `to` becomes unique", COPY),
        ({"columns": (TO, ID, QTY, DOC)}, "the order of the columns changes", COPY),
        (
            {"primary_key": ("to",), "columns": (replace(ID, required=True), TO, QTY, DOC)},
            "the primary key changes",
            COPY,
        ),
        ({"extractions": (Extraction("e", "doc.e", STR),)}, "the extractions change", COPY),
        ({"foreign_keys": (ForeignKey("to", USERS),)}, "the foreign key of `to` is new", COPY),
        (
            {"columns": (ID, TO, QTY, DOC, Column("n", STR, default="u")), "foreign_keys": (ForeignKey("n", USERS),)},
            "the foreign key of `n` is new",
            COPY,
        ),
    ],
)
def test_any_other_change_is_refused_and_says_what_to_do_unless_there_are_no_rows(
    changes: dict[str, Any], reason: str, cure: Cure
) -> None:
    refused = registered(**changes)
    assert isinstance(refused, Incompatible)
    assert Reason(reason, cure) in refused.reasons
    error = refused.conflict()
    assert error.code == "conflict"
    told: Any = error.detail["reasons"]
    assert reason in told
    assert cure.value in error.message
    assert registered(empty=True, **changes) == Compatible(6, (Rebuild(),))


def test_a_refusal_points_to_migrations_for_what_they_do_and_for_nothing_else() -> None:
    unique = replace(TO, required=True, unique=True)
    refused = registered(columns=(ID, unique, replace(QTY, type=F64, default=1.0), DOC))
    assert isinstance(refused, Incompatible)
    assert refused.conflict().message == (
        "column `to` changes its `required`, column `qty` changes its type: use /migrations;"
        " column `to` becomes unique: no migration does this, make a new table that is declared so and copy the rows"
    )


@pytest.mark.parametrize("declared", [1, 5])
def test_in_dialect_e_a_change_declares_a_higher_version(declared: int) -> None:
    for empty in (False, True):
        refused = registered(empty, indexes=(), version=declared)
        assert refused == Incompatible(
            (Reason(f"the declared version {declared} is not higher than 5, the present one", Cure.DECLARE_HIGHER),)
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
