"""The columns of CREATE TABLE: what their text declares, and that any other text is refused with its place."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from oql.errors import OqlError
from oql.tables.declaration import MODIFIERS, read
from substrate import manifest
from substrate.columns import BY_OQL_WORD, DATE, NUMBER, STR, UUID
from substrate.manifest import Column
from substrate.names import SchemaId

TABLE = SchemaId("shop", "orders")


def test_types_modifiers_and_defaults() -> None:
    declared = read(TABLE, "name TEXT UNIQUE REQUIRED, day DATE INDEXED DEFAULT '2024-02-29', n NUMBER PRIMARY")
    assert declared.primary_key == ("n",)
    assert declared.columns == (
        Column("name", STR, required=True, unique=True),
        Column("day", DATE, indexed=True, default=date(2024, 2, 29).isoformat()),
        Column("n", NUMBER, required=True),
    )


@pytest.mark.parametrize(
    ("text", "generated"),
    [
        ("a TEXT", ["id"]),
        ("key UUID PRIMARY", ["key"]),
        ("key UUID PRIMARY DEFAULT '00000000-0000-4000-8000-000000000001'", []),
        ("key UUID", ["id"]),
        ("a UUID PRIMARY, b UUID PRIMARY", []),
        ("n NUMBER PRIMARY, u UUID", []),
    ],
)
def test_a_key_is_made_where_it_is_one_uuid(text: str, generated: list[str]) -> None:
    assert [column.name for column in read(TABLE, text).columns if column.generated] == generated


def test_the_implied_key_stands_first() -> None:
    assert read(TABLE, "a TEXT").columns[0] == Column("id", UUID, required=True, generated=True)


@pytest.mark.parametrize(
    "literal", ['"a, b"', "'a, b'", "`a, b`", '"a\\u002c b"', "'a, b'   "], ids=lambda literal: literal.strip()
)
def test_texts_are_written_as_in_programs(literal: str) -> None:
    assert read(TABLE, f"a TEXT DEFAULT {literal}, b TEXT").by_name["a"].default == "a, b"


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("", 1, "the end"),
        ("  ,", 3, "`,`"),
        ("a", 2, "the end"),
        ("a TEXT b", 8, "`b`"),
        ("a TEXT,\n b TEXTS", 12, "`TEXTS`"),
        ("a TEXT DEFAULT", 15, "the end"),
        ("a TEXT DEFAULT ,", 16, "`,`"),
        ("a NUMBER DEFAULT 5x", 18, "`5`"),
        ("a TEXT 'b", 8, "`'`"),
    ],
)
def test_what_does_not_belong_is_named_with_its_place(text: str, place: int, found: str) -> None:
    with pytest.raises(OqlError) as refused:
        read(TABLE, text)
    assert refused.value.code == "DatabaseError"
    assert refused.value.message.startswith(f"at character {place} of the columns: expected ")
    assert refused.value.message.endswith(f"found {found}")


@pytest.mark.parametrize("word", ["VARCHAR", "int", "DATETIME", "bool", "BYTEA"])
def test_types_of_sql_lead_to_ours(word: str) -> None:
    with pytest.raises(OqlError) as refused:
        read(TABLE, f"a {word}")
    assert any(f"write {ours}" in str(refused.value.hint) for ours in BY_OQL_WORD)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "id")
WORDS = st.sampled_from([*BY_OQL_WORD, *MODIFIERS, ",", "a", "b", "'x'", "5", "true", "[", "{}", "null", "(", "é", "'"])


@given(st.lists(st.tuples(NAMES, st.sampled_from(sorted(BY_OQL_WORD))), min_size=1, unique_by=lambda pair: pair[0]))
def test_what_is_declared_survives_the_manifest(columns: list[tuple[str, str]]) -> None:
    declared = read(TABLE, ", ".join(f"{name} {word}" for name, word in columns))
    assert [(c.name, c.type.oql) for c in declared.columns] == [("id", "UUID"), *columns]
    assert manifest.read(manifest.write(declared)) == declared


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)))
def test_any_text_declares_a_table_or_is_refused(text: str) -> None:
    outcome: object
    try:
        outcome = read(TABLE, text).primary_key
    except OqlError as refused:
        outcome = refused.code == "DatabaseError"
    assert outcome
