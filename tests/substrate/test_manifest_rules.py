"""The rules between the parts of a manifest: relations, extractions, foreign keys, checks, indexes, keys."""

from typing import Any

import pytest

from substrate.columns import ENCRYPTED, F64, I64, JSON, STR, UUID
from substrate.errors import Invalid
from substrate.manifest import Check, Column, Dialect, Extraction, ForeignKey, Index, Manifest, Relation
from substrate.manifest.read import relation as read_relation
from substrate.names import SchemaId

# --- relations

USERS = SchemaId("shop", "users")
HERE = SchemaId("shop", "orders")


def relation(columns: str, **fields: Any) -> Relation:
    declared = tuple(Column(name, STR) for name in columns.split())
    return read_relation({"name": "buyer", **fields}, HERE, declared)


@pytest.mark.parametrize("spelling", ["column", "from_col", "from_column"])
@pytest.mark.parametrize(
    "target",
    [{"to_table": "shop.users"}, {"to_table": "users"}, {"target": "shop.users"}, {"target": {"table": "users"}}],
)
def test_a_relation_has_a_column_and_a_target(spelling: str, target: dict[str, Any]) -> None:
    assert relation("id x", **{spelling: "x"}, **target) == Relation("buyer", "x", USERS)


def test_without_a_column_it_is_the_one_named_like_the_relation_else_like_the_target() -> None:
    assert relation("id buyer users_id", target="users").column == "buyer"
    assert relation("id users_id", target="users").column == "users_id"
    with pytest.raises(Invalid, match="neither `buyer` nor `users_id`"):
        relation("id user_id", target="users")


def test_a_relation_through_another_table_names_both_columns_there() -> None:
    found = relation("id", target="users", via="shop.likes", from_col="who", to_col="whom", weight_column="w")
    assert found == Relation("buyer", "who", USERS, via=SchemaId("shop", "likes"), to_column="whom", weight_column="w")
    with pytest.raises(Invalid, match="`from_col` is missing"):
        relation("id buyer", target="users", via="shop.likes", to_col="whom")


def test_from_table_can_only_be_this_one() -> None:
    for name in ("orders", "shop.orders"):
        assert relation("buyer", target="users", from_table=name).column == "buyer"
    with pytest.raises(Invalid, match="`from_table` is this table"):
        relation("buyer", target="users", from_table="shop.users")


def table(*parts: Relation, key: tuple[str, ...] = ("id",), **more: Any) -> Manifest:
    columns = (Column("id", STR), Column("to", STR), Column("tos", JSON), Column("w", F64), Column("pin", ENCRYPTED))
    return Manifest(HERE, columns, key, relations=parts, **more)


def test_a_relations_column_holds_keys_or_an_array_of_them() -> None:
    assert table(Relation("a", "to", USERS), Relation("b", "tos", USERS, weight_column="w")).relation("b")
    assert table().relation("b") is None


@pytest.mark.parametrize(
    "broken",
    [
        Relation("a", "nope", USERS),
        Relation("a", "pin", USERS),
        Relation("a", "to", USERS, weight_column="nope"),
        Relation("a", "to", USERS, weight_column="to"),
        Relation("a", "to", USERS, to_column="x"),
        Relation("a", "x", USERS, via=USERS),
        Relation("a", "x y", USERS, via=USERS, to_column="z"),
        Relation("a b", "to", USERS),
        Relation("a", "to", HERE, "to"),
    ],
)
def test_other_relations_are_refused(broken: Relation) -> None:
    with pytest.raises(Invalid):
        table(broken)


def test_relations_are_told_apart_by_name() -> None:
    with pytest.raises(Invalid, match="two relations differ in case alone"):
        table(Relation("a", "to", USERS), Relation("A", "tos", USERS))


def test_edges_need_keys_of_one_column() -> None:
    key = ("id", "to")
    for broken in (Relation("a", "to", HERE), Relation("a", "x", USERS, via=USERS, to_column="y")):
        with pytest.raises(Invalid, match="one column"):
            table(broken, key=key)
    assert table(Relation("a", "to", USERS), key=key).primary_key == key


# --- extractions, foreign keys, checks, indexes


def declared(**parts: Any) -> Manifest:
    return table(dialect=Dialect.E, version=1, **parts)


def test_an_extraction_follows_its_path_into_a_document() -> None:
    found = Extraction("x", "tos.a.1.b", STR)
    assert found.source == "tos"
    assert found.found_in({"a": [0, {"b": "deep"}]}) == "deep"
    nowhere: list[object] = [None, 5, "a", [], {"a": []}, {"a": {"1": 5}}, {"b": 1}]
    for nothing in nowhere:
        assert found.found_in(nothing) is None


@pytest.mark.parametrize(
    "broken",
    [
        Extraction("x", "tos", STR),
        Extraction("x", "tos..a", STR),
        Extraction("x", "nope.a", STR),
        Extraction("x", "to.a", STR),
        Extraction("x", "tos.a", ENCRYPTED),
        Extraction("To", "tos.a", STR),
        Extraction("_oc_x", "tos.a", STR),
    ],
)
def test_other_extractions_are_refused_naming_them(broken: Extraction) -> None:
    with pytest.raises(Invalid) as refused:
        declared(extractions=(broken,))
    assert refused.value.detail == {"column": broken.name}


def test_an_extraction_can_be_indexed_but_not_be_the_key() -> None:
    extraction = Extraction("x", "tos.a", STR)
    assert declared(extractions=(extraction,), indexes=(Index(("x",)),)).types["x"] is STR
    with pytest.raises(Invalid, match="cannot be part of the primary key"):
        declared(extractions=(extraction,), key=("x",))


@pytest.mark.parametrize(
    "parts",
    [
        {"foreign_keys": (ForeignKey("nope", USERS),)},
        {"foreign_keys": (ForeignKey("tos", USERS),)},
        {"foreign_keys": (ForeignKey("to", HERE, "w"),)},
        {"foreign_keys": (ForeignKey("to", USERS), ForeignKey("to", USERS))},
        {"checks": (Check("c", " "),)},
        {"checks": (Check("c", "w > 0"), Check("C", "w > 1"))},
        {"checks": (Check("c c", "w > 0"),)},
        {"indexes": (Index(()),)},
        {"indexes": (Index(("w", "w")),)},
        {"indexes": (Index(("nope",)),)},
        {"indexes": (Index(("tos",)),)},
        {"indexes": (Index(("w",)), Index(("w",)))},
        {"indexes": (Index(("w",), "a b"),)},
        {"indexes": (Index(("w",), "_oc_w"),)},
    ],
)
def test_other_rules_and_indexes_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        declared(**parts)


def test_a_declared_index_may_repeat_an_indexed_column_but_not_take_its_name() -> None:
    columns = (Column("id", STR), Column("a", STR, indexed=True))
    repeated = Manifest(HERE, columns, ("id",), (Index(("a",)),))
    assert repeated.all_indexes == {"idx_a": Index(("a",))}
    with pytest.raises(Invalid, match="two indexes are called `idx_a`"):
        Manifest(HERE, columns, ("id",), (Index(("id",), "idx_a"),))


def test_a_table_has_at_most_1000_columns_and_an_index_at_most_32() -> None:
    columns = tuple(Column(f"c{n}", I64) for n in range(1_001))
    with pytest.raises(Invalid, match="at most 1000 columns"):
        Manifest(HERE, columns, ("c0",))
    names = tuple(column.name for column in columns[:33])
    assert Manifest(HERE, columns[:1_000], names[:32]).primary_key == names[:32]
    with pytest.raises(Invalid, match="1 to 32 columns, found 33"):
        Manifest(HERE, columns[:1_000], names)


@pytest.mark.parametrize(
    "column",
    [
        Column("id", STR, generated=True),
        Column("id", UUID, generated=True, default="0193a5b2-7c1e-7d3f-8a4b-5c6d7e8f9a0b"),
        Column("id", JSON),
        Column("id", ENCRYPTED),
    ],
)
def test_not_every_column_can_be_the_key(column: Column) -> None:
    with pytest.raises(Invalid) as refused:
        Manifest(HERE, (column,), ("id",))
    assert refused.value.detail == {"column": "id"}


def test_a_table_has_columns() -> None:
    with pytest.raises(Invalid, match="no columns"):
        Manifest(HERE, (), ("id",))
