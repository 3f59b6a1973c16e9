"""One question as a program, as a plan and as SQL has the rows that the engine alone finds for it."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oql import engine
from oql.limits import Limits
from oql.program import load
from substrate.interface import Namespace
from substrate.opening import open_store
from tests.fuzz.dose import dose
from tests.fuzz.engines import context

COLUMNS = {"k": "NUMBER", "a": "NUMBER", "s": "TEXT", "z": "TEXT"}
ROWS: list[dict[str, Any]] = [
    {"k": n, "a": a, "s": s, "z": z}
    for n, (a, s, z) in enumerate(
        [
            (1, "x", "x"), (-2.5, "xy", "y"), (10, "", "X"), (None, "é", None), (2, None, None), (None, "10", "9"),
            (2**53, "x", "a%"), (0, "_", "_"), (0.5, "\U0001f600", "\uffff"), (-1, "y", "xy"), (1, "A", "a"),
        ]
    )
]  # fmt: skip
COMPARISONS = {
    "=": ("IS EQUAL TO", "Eq"), "<": ("IS LESS THAN", "Lt"), "<=": ("IS LESS THAN OR EQUAL TO", "Le"),
    ">": ("IS GREATER THAN", "Gt"), ">=": ("IS GREATER THAN OR EQUAL TO", "Ge"),
}  # fmt: skip
LARGE = Limits(steps=3_000, computing_s=10.0, wall_s=30.0)


@dataclass(frozen=True)
class Condition:
    """A condition in the three languages. No NOT and no difference: of nulls a program thinks otherwise than SQL."""

    program: str
    plan: Any
    sql: str


def compared(column: str, sign: str, value: Any) -> Condition:
    words, word = COMPARISONS[sign]
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    written = json.dumps(value, ensure_ascii=False)
    return Condition(f"{column} {words} {written}", {word: [column, value]}, f"{column} {sign} {shown}")


def null(column: str, is_null: bool) -> Condition:
    words = "IS NULL" if is_null else "IS NOT NULL"
    return Condition(f"{column} {words}", {words.title().replace(" ", ""): column}, f"{column} {words}")


def joined(word: str, inner: list[Condition]) -> Condition:
    return Condition(
        f" {word} ".join(f"({each.program})" for each in inner),
        {word.title(): [each.plan for each in inner]},
        f" {word} ".join(f"({each.sql})" for each in inner),
    )


NUMBERS = st.sampled_from([-3, -2.5, 0, 0.5, 1, 2, 10, 2**53, 2**53 - 1])
TEXTS = st.sampled_from(["", "x", "xy", "X", "é", "10", "%", "_", "a", "\U0001f600"])
LEAVES = st.one_of(
    st.builds(compared, st.sampled_from(["k", "a"]), st.sampled_from(sorted(COMPARISONS)), NUMBERS),
    st.builds(compared, st.sampled_from(["s", "z"]), st.sampled_from(sorted(COMPARISONS)), TEXTS),
    st.builds(null, st.sampled_from(sorted(COLUMNS)), st.booleans()),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def namespace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """A table with the rows."""
    store = open_store("", Path(tmp_path_factory.mktemp("intents")))
    made = store.namespace("test")
    columns = ", ".join(f"{name} {kind}{' PRIMARY' * (name == 'k')}" for name, kind in COLUMNS.items())
    run(made, f'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "{columns}"')
    run(made, 'INSERT ?rows INTO "t" FROM "d"')
    yield made
    store.close()


@pytest.fixture(scope="module")
def alone() -> Iterator[sqlite3.Connection]:
    """The same table in the engine, without anything around it."""
    opened = sqlite3.connect(":memory:")
    opened.execute("CREATE TABLE t (k PRIMARY KEY, a, s, z)")
    opened.executemany("INSERT INTO t VALUES (:k, :a, :s, :z)", ROWS)
    yield opened
    opened.close()


def run(namespace: Namespace, text: str) -> Any:
    """The result of a program, which gets the rows."""
    outcome = engine.run(load(text), context(LARGE, store=namespace), {"rows": ROWS})
    assert outcome.error is None, outcome.error
    return outcome.result


@dose(100)
@given(CONDITIONS, st.sampled_from(["k", "a", "s"]), st.booleans(), st.none() | st.integers(1, 6))
def test_one_intent(
    namespace: Namespace, alone: sqlite3.Connection, where: Condition, by: str, falls: bool, most: int | None
) -> None:
    order = f"{by} IS NOT NULL AND ({where.sql}) ORDER BY {by} {'DESC' if falls else 'ASC'}, k"
    bound = f" LIMIT {most}" if most else ""
    expected = [
        dict(zip(COLUMNS, row, strict=True))
        for row in alone.execute(f"SELECT k, a, s, z FROM t WHERE {order}{bound}").fetchall()
    ]
    assert namespace.sql(f"SELECT k, a, s, z FROM d.t WHERE {order}{bound}")["rows"] == expected

    keys = [{"column": by, "desc": falls}, {"column": "k"}]
    condition = {"And": [{"IsNotNull": by}, where.plan]}
    plan: Any = {"Filter": {"predicate": condition, "child": {"Scan": {"schema": "d.t"}}}}
    plan = {"Sort": {"by": keys, "child": plan}}
    assert namespace.query({"Limit": {"n": most, "child": plan}} if most else plan) == expected

    text = f'QUERY "t" FROM "d" WHERE {by} IS NOT NULL AND ({where.program}) SORT BY "{by}"'
    direction = ' FORMAT "desc"' if falls else ""
    assert run(namespace, f"{text}{direction}{bound} SET ?found AFTER EMIT ?found") == expected
