"""Manifests as text: whatever can be declared reads back from TOML as it was written."""

from typing import Any

from hypothesis import given, strategies as st

from substrate.columns import BOOL, BYTES, DATE, F64, I64, JSON, NUMBER, STR, TIMESTAMP
from substrate.manifest import (
    Check,
    Column,
    Dialect,
    Extraction,
    ForeignKey,
    Index,
    Manifest,
    Relation,
    read,
    write,
)
from substrate.names import SchemaId
from tests.fuzz.dose import dose

HERE, USERS = SchemaId("shop", "orders"), SchemaId("shop", "users")
ODD_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
DOCUMENT = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXT, inner, max_size=3),
    max_leaves=5,
)
DEFAULTS: dict[str, st.SearchStrategy[Any]] = {
    "t": ODD_TEXT.map(lambda value: Column("t", STR, default=value, unique=True)),
    "i": st.integers(-(2**63), 2**63 - 1).map(lambda value: Column("i", I64, default=value, indexed=True)),
    "f": st.floats(allow_nan=False, allow_infinity=False).map(
        lambda value: Column("f", F64, default=F64.check(value, "f"), required=True)
    ),
    "n": st.integers(-(2**53), 2**53).map(lambda value: Column("n", NUMBER, default=float(value))),
    "b": st.booleans().map(lambda value: Column("b", BOOL, default=value)),
    "y": st.binary(max_size=8).map(lambda value: Column("y", BYTES, default=value)),
    "at": st.integers(-(10**16), 10**16).map(lambda value: Column("at", TIMESTAMP, default=value)),
    "d": st.dates().map(lambda value: Column("d", DATE, default=value.isoformat())),
    "j": DOCUMENT.map(lambda value: Column("j", JSON, default=JSON.check(value, "j"))),
}
PLAIN = (Column("id", STR), Column("doc", JSON), Column("to", STR), Column("w", F64))
PARTS: dict[str, list[Any]] = {
    "indexes": [Index(("to",)), Index(("to", "id"), "named"), Index(("w",), "W")],
    "relations": [
        Relation("a", "to", USERS, weight_column="w"),
        Relation("b", "doc", HERE, "id", bidirectional=False),
        Relation("c", "x", USERS, "k", via=SchemaId("o", "p"), to_column="y", weight_column="z"),
    ],
    "extractions": [Extraction("e", "doc.e", I64), Extraction("g", "doc.a.0", JSON)],
    "foreign_keys": [ForeignKey("to", USERS), ForeignKey("to", HERE, "id")],
    "checks": [Check("c", 'w > 0 AND "to" <> \'\\"\n\''), Check("d", "\x7f é")],
}
COLUMNS = st.fixed_dictionaries({}, optional=DEFAULTS).map(lambda found: PLAIN + tuple(found.values()))


def chosen(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: st.lists(st.sampled_from(PARTS[name]), unique=True).map(tuple) for name in names}
    )


@dose(60)
@given(COLUMNS, chosen("indexes", "relations"), st.sampled_from([("id",), ("id", "to")]))
def test_dialect_s_reads_back_as_written(columns: Any, parts: dict[str, Any], key: tuple[str, ...]) -> None:
    kept = [each for each in parts["relations"] if len(key) == 1 or each.name == "a"]
    manifest = Manifest(HERE, columns, key, **parts | {"relations": tuple(kept)})
    assert read(write(manifest)) == manifest


@dose(60)
@given(COLUMNS, chosen(*PARTS), st.integers(0, 2**32 - 1))
def test_dialect_e_reads_back_as_written(columns: Any, parts: dict[str, Any], version: int) -> None:
    manifest = Manifest(HERE, columns, ("id",), dialect=Dialect.E, version=version, **parts)
    assert read(write(manifest)) == manifest
