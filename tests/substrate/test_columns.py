"""The types of columns: what each takes from JSON, keeps, shows, and compares with."""

import math
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID as PythonUuid  # noqa: N811 -- UUID is the name of the column's type here

import pytest
from hypothesis import given, strategies as st

from substrate.columns import (
    BOOL,
    BY_NAME,
    BY_OQL_WORD,
    BYTES,
    DATE,
    ENCRYPTED,
    F64,
    I64,
    JSON,
    NUMBER,
    STR,
    TIMESTAMP,
    TYPES,
    U64,
    UUID,
    ColumnType,
    named,
)
from substrate.errors import Invalid
from tests.fuzz.dose import dose

U = "0193a5b2-7c1e-7d3f-8a4b-5c6d7e8f9a0b"
NOON = 1_768_478_400_000_000  # 2026-01-15T12:00:00Z in microseconds
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
IN_TIME = st.integers(FIRST, LAST)
FEW = dose(60)

CLEAN_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | CLEAN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(CLEAN_TEXT, inner),
    max_leaves=8,
)


# --- names


def test_the_names_of_types_are_those_of_the_published_table() -> None:
    assert set(BY_NAME) == {
        "str", "string", "ulid", "i64", "u64", "f64", "number", "bool", "bytes", "timestamp", "json", "date",
        "uuid", "encrypted",
    }  # fmt: skip
    assert BY_NAME["string"] is BY_NAME["ulid"] is STR


def test_the_words_of_the_language_are_those_of_create_table() -> None:
    assert {word: found.name for word, found in BY_OQL_WORD.items()} == {
        "TEXT": "str", "NUMBER": "number", "BOOLEAN": "bool", "DATE": "date", "TIMESTAMP": "timestamp",
        "UUID": "uuid", "ENCRYPTED": "encrypted", "BLOB": "bytes", "JSON": "json",
    }  # fmt: skip


def test_any_other_type_is_refused_naming_the_column() -> None:
    with pytest.raises(Invalid, match="did you mean `timestamp`") as refused:
        named("timestmap", "at")
    assert refused.value.detail == {"column": "at"}


def test_the_types_are_declared_for_both_engines() -> None:
    assert {found.name: (found.sqlite.declared, found.postgres.declared) for found in TYPES} == {
        "str": ("TEXT", 'text COLLATE "C"'),
        "i64": ("INTEGER", "bigint"),
        "u64": ("INTEGER", "bigint"),
        "f64": ("REAL", "double precision"),
        "number": ("REAL", "double precision"),
        "bool": ("INTEGER", "boolean"),
        "bytes": ("BLOB", "bytea"),
        "timestamp": ("INTEGER", "timestamptz"),
        "date": ("TEXT", "date"),
        "uuid": ("TEXT", "uuid"),
        "json": ("TEXT", "text"),
        "encrypted": ("BLOB", "bytea"),
    }


# --- what rows may hold: no coercion

TAKEN = [
    (STR, "é", "é"),
    (STR, "", ""),
    (I64, -(2**63), -(2**63)),
    (I64, 2**63 - 1, 2**63 - 1),
    (U64, 0, 0),
    (U64, 2**63 - 1, 2**63 - 1),
    (F64, 1, 1.0),
    (F64, 1e300, 1e300),
    (NUMBER, 2**53, float(2**53)),
    (NUMBER, -(2.0**53), -(2.0**53)),
    (NUMBER, 0.1, 0.1),
    (BOOL, True, True),
    (BYTES, "AP8=", b"\0\xff"),
    (BYTES, "", b""),
    (BYTES, b"\0\xff", b"\0\xff"),
    (TIMESTAMP, "2026-01-15T12:00:00Z", NOON),
    (TIMESTAMP, "2026-01-15t13:30:00.000001+01:30", NOON + 1),
    (TIMESTAMP, "2026-01-15 07:00:00.25-05:00", NOON + 250_000),
    (TIMESTAMP, "2026-01-15T12:00:00.0000005Z", NOON + 1),
    (TIMESTAMP, "2026-01-15T12:00:00.999999999Z", NOON + 1_000_000),
    (TIMESTAMP, 1_768_478_400, NOON),
    (TIMESTAMP, 1_768_478_400.25, NOON + 250_000),
    (TIMESTAMP, -1, -1_000_000),
    (TIMESTAMP, "0001-01-01T00:00:00Z", FIRST),
    (TIMESTAMP, "9999-12-31T23:59:59.999999Z", LAST),
    (DATE, "2024-02-29", "2024-02-29"),
    (UUID, U, U),
    (UUID, U.upper(), U),
    (JSON, {"b": 1, "a": [1.0, None, "é"]}, '{"b":1,"a":[1.0,null,"é"]}'),
    (JSON, "x", '"x"'),
    (JSON, 10**30, "1" + "0" * 30),
    (ENCRYPTED, "secret", "secret"),
]

REFUSED = [
    (STR, [1, True, None, b"x", ["x"], {}, "a\0b", "\ud800"]),
    (I64, [1.0, "1", True, None, 2**63, -(2**63) - 1, [1]]),
    (U64, [-1, 2**63, 2**64 - 1, 0.0, "0", False]),
    (F64, ["1", True, None, 10**400, math.inf, math.nan]),
    (NUMBER, [2**53 + 1, -(2**53) - 1, 1e16, 1e300, "1", False, math.nan]),
    (BOOL, [0, 1, "true", None]),
    (BYTES, ["AP8", "AP8=\n", "AP9=", "_-8=", "é", 5, None]),
    (
        TIMESTAMP,
        [
            "2026-01-15", "2026-01-15T12:00:00", "2026-01-15T12:00Z", "20260115T120000Z", "2026-02-30T12:00:00Z",
            "2026-01-15T24:00:00Z", "2026-01-15T12:00:60Z", "2026-01-15T12:00:00+24:00", "2026-01-15T12:00:00.Z",
            "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59.9999999Z", "1768478400",
            "\u0662026-01-15T12:00:00Z", "2026-01-15T12:00:00Z\n", 253_402_300_800, 10**400, math.inf, True, None, [],
        ],
    ),
    (DATE, ["2026-02-29", "2026-1-5", "20260105", "0000-01-01", "2026-01-05T00:00:00Z", "2026-W02-1", 20260105]),
    (UUID, [U.replace("-", ""), f"{{{U}}}", f"urn:uuid:{U}", U[:-1], U[:-1] + "g", 5, None]),
    (JSON, ["a\0b", {"a\0": 1}, ["\ud800"], {"k": "\udfff"}, math.nan, [math.inf], b"x", object()]),
    (ENCRYPTED, [1, None, "a\0b"]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "value", "kept"), TAKEN)
def test_a_fitting_value_is_kept(declared: ColumnType, value: object, kept: object) -> None:
    found = declared.check(value, "c")
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(("declared", "values"), REFUSED, ids=lambda found: getattr(found, "name", ""))
def test_other_values_are_refused_naming_the_column(declared: ColumnType, values: list[object]) -> None:
    for value in values:
        with pytest.raises(Invalid) as refused:
            declared.check(value, "qty")
        assert refused.value.detail == {"column": "qty"}
        assert refused.value.message.startswith(f"column `qty`: expected {declared.expects}, found ")
        assert len(refused.value.message) < 300


def test_negative_zero_is_zero_because_not_every_engine_keeps_its_sign() -> None:
    for declared in (F64, NUMBER):
        kept = declared.check(-0.0, "c")
        assert isinstance(kept, float)
        assert math.copysign(1, kept) == 1


def test_json_nests_64_deep_and_no_deeper() -> None:
    def nested(depth: int) -> list[Any]:
        return [] if depth == 1 else [nested(depth - 1)]

    assert JSON.check(nested(64), "c") == "[" * 64 + "]" * 64
    with pytest.raises(Invalid, match="64 deep"):
        JSON.check(nested(65), "c")
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(Invalid):
        JSON.check(endless, "c")
    assert JSON.check([[]] * 100, "c") == "[" + ",".join(["[]"] * 100) + "]"


def test_a_backslash_before_u0000_is_no_null_character() -> None:
    assert JSON.json(JSON.check("\\u0000", "c")) == "\\u0000"


def test_what_may_be_a_secret_is_not_repeated() -> None:
    with pytest.raises(Invalid, match=r"found a number$"):
        ENCRYPTED.check(4711, "pin")
    with pytest.raises(Invalid) as refused:
        ENCRYPTED.check("hunter\0two", "pin")
    assert "hunter" not in refused.value.message


# --- what answers show


@pytest.mark.parametrize(
    ("declared", "kept", "shown"),
    [
        (F64, 5.0, "5.0"),
        (NUMBER, 5.0, "5"),
        (NUMBER, -9007199254740992.0, "-9007199254740992"),
        (NUMBER, 0.5, "0.5"),
        (BYTES, b"\0\xff", "'AP8='"),
        (TIMESTAMP, NOON, "'2026-01-15T12:00:00Z'"),
        (TIMESTAMP, NOON + 250_000, "'2026-01-15T12:00:00.250000Z'"),
        (TIMESTAMP, -1, "'1969-12-31T23:59:59.999999Z'"),
        (TIMESTAMP, FIRST, "'0001-01-01T00:00:00Z'"),
        (JSON, '{"b":1,"a":2}', "{'b': 1, 'a': 2}"),
        (ENCRYPTED, "secret", "'secret'"),
    ],
)
def test_answers_show_the_json_form(declared: ColumnType, kept: Any, shown: str) -> None:
    assert repr(declared.json(kept)) == shown


VALUES: list[tuple[ColumnType, st.SearchStrategy[Any]]] = [
    (STR, CLEAN_TEXT),
    (I64, st.integers(-(2**63), 2**63 - 1)),
    (U64, st.integers(0, 2**63 - 1)),
    (F64, FINITE),
    (NUMBER, st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15)),
    (BOOL, st.booleans()),
    (BYTES, st.binary()),
    (TIMESTAMP, IN_TIME.map(TIMESTAMP.json)),
    (DATE, st.dates().map(date.isoformat)),
    (UUID, st.uuids().map(str)),
    (JSON, DOCUMENTS.filter(lambda found: found is not None)),
]


@pytest.mark.parametrize(("declared", "values"), VALUES, ids=lambda found: getattr(found, "name", ""))
def test_every_value_comes_back_exactly(declared: ColumnType, values: st.SearchStrategy[Any]) -> None:
    @FEW
    @given(values)
    def comes_back(value: Any) -> None:
        kept = declared.check(value, "c")
        assert declared.check(declared.json(kept), "c") == kept
        assert declared.sqlite.read(declared.sqlite.write(kept)) == kept
        assert declared.postgres.read(declared.postgres.write(kept)) == kept
        if declared.order:
            assert declared.key(declared.key_text(kept), "c") == kept

    comes_back()


@FEW
@given(st.dictionaries(CLEAN_TEXT, DOCUMENTS))
def test_json_keeps_the_order_of_keys_and_the_kind_of_numbers(document: dict[str, Any]) -> None:
    assert repr(JSON.json(JSON.check(document, "c"))) == repr(document)


# --- engines


def test_engines_get_values_of_their_own_types() -> None:
    assert BOOL.sqlite.write(True) == 1
    assert type(BOOL.sqlite.write(True)) is int
    assert BOOL.sqlite.read(0) is False
    assert TIMESTAMP.sqlite.write(NOON) == NOON
    assert TIMESTAMP.postgres.write(NOON) == datetime(2026, 1, 15, 12, tzinfo=UTC)
    assert TIMESTAMP.postgres.read(datetime.fromisoformat("2026-01-15T13:00:00+01:00")) == NOON
    assert DATE.postgres.write("2026-01-15") == date(2026, 1, 15)
    assert UUID.postgres.write(U) == PythonUuid(U)
    assert BYTES.postgres.read(memoryview(b"ab")) == b"ab"


def test_encrypted_values_reach_no_engine_in_clear() -> None:
    for engine in (ENCRYPTED.sqlite, ENCRYPTED.postgres):
        assert engine.write(b"sealed") == b"sealed"
        with pytest.raises(TypeError, match="ciphertext"):
            engine.write("clear")


# --- text of keys, as paths have it


@pytest.mark.parametrize(
    ("declared", "text", "kept"),
    [
        (STR, "k/1 x", "k/1 x"),
        (STR, "5", "5"),
        (I64, "-7", -7),
        (U64, "7", 7),
        (F64, "5", 5.0),
        (F64, "5e-1", 0.5),
        (NUMBER, "5", 5.0),
        (BOOL, "true", True),
        (BYTES, "AP8=", b"\0\xff"),
        (TIMESTAMP, "2026-01-15T13:00:00+01:00", NOON),
        (TIMESTAMP, "1768478400", NOON),
        (DATE, "2026-01-15", "2026-01-15"),
        (UUID, U.upper(), U),
    ],
)
def test_the_text_of_a_key_is_read(declared: ColumnType, text: str, kept: object) -> None:
    assert declared.key(text, "id") == kept


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (I64, "007"),
        (I64, "+7"),
        (I64, "1.0"),
        (I64, "x"),
        (I64, ""),
        (I64, " 7"),
        (I64, "\u0667"),
        (I64, "9223372036854775808"),
        (I64, "9" * 5000),
        (U64, "-1"),
        (F64, "nan"),
        (F64, "1e999"),
        (NUMBER, "9007199254740993"),
        (BOOL, "True"),
        (BYTES, "A"),
        (TIMESTAMP, "today"),
        (DATE, "2026-02-30"),
        (UUID, "5"),
    ],
)
def test_other_text_is_not_of_the_keys_type(declared: ColumnType, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        declared.key(text, "id")
    assert refused.value.detail == {"column": "id"}


@pytest.mark.parametrize(
    ("declared", "kept", "text"),
    [(STR, "a b", "a b"), (I64, -7, "-7"), (NUMBER, 5.0, "5"), (BOOL, True, "true"), (UUID, U, U)],
)
def test_keys_are_shown_as_text(declared: ColumnType, kept: Any, text: str) -> None:
    assert declared.key_text(kept) == text
