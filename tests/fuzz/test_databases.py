"""Any values and any order of steps on a database: only errors of the language come out, and transactions are whole."""

import tempfile
from collections.abc import Iterator
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

TYPES = ("TEXT", "NUMBER", "BOOLEAN", "BLOB", "TIMESTAMP", "DATE", "UUID", "JSON", "ENCRYPTED")
CODES = {"DatabaseError", "TypeFailed", "JsonFailed", "LimitExceeded"}
LARGE = Limits(steps=3_000, computing_s=10.0, wall_s=30.0)


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """A namespace with a table of every type, and two that are alike."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("", Path(folder))
        made = store.namespace("test")
        columns = ", ".join(f"{word.lower()} {word}" for word in TYPES)
        run(made, f'CREATE DATABASE "d" AFTER CREATE TABLE "every" FROM "d" WITH "{columns}"')
        for name in ("a", "b"):
            run(made, f'CREATE TABLE "{name}" FROM "d" WITH "k NUMBER PRIMARY, u TEXT UNIQUE, q NUMBER REQUIRED"')
        yield made
        store.close()


def run(namespace: Namespace, text: str, **variables: Any) -> engine.Outcome:
    """How a program ends; never by a fault of ours."""
    outcome = engine.run(load(text), context(LARGE, store=namespace), variables)
    assert outcome.error is None or outcome.error.code in CODES, outcome.error
    return outcome


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.binary(),
    st.sampled_from(["2026-01-15", "2026-01-15T08:00:00Z", "00000000-0000-4000-8000-000000000001", "AP8=", "5", "*"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3))
)
ROWS = st.dictionaries(st.sampled_from([word.lower() for word in TYPES] + ["id", "other", ""]), VALUES, max_size=4)
WHERES = [
    f"{word.lower()} {test} ?v"
    for word in TYPES
    for test in ("IS EQUAL TO", "IS NOT EQUAL TO", "IS LESS THAN", "IS IN", "CONTAINS")
]


@dose(60)
@given(rows=st.one_of(ROWS, st.lists(ROWS, max_size=3), VALUES), value=VALUES, where=st.sampled_from(WHERES))
def test_any_values(namespace: Namespace, rows: Any, value: Any, where: str) -> None:
    run(namespace, 'INSERT ?rows INTO "every" FROM "d"', rows=rows)
    run(namespace, f'QUERY "every" FROM "d" WHERE {where} SORT BY "text" LIMIT 5', v=value)
    run(namespace, f'COUNT "every" FROM "d" WHERE NOT ({where} OR text IS NULL)', v=value)
    run(namespace, f'UPDATE ?rows INTO "every" FROM "d" WHERE {where}', rows=rows, v=value)
    run(namespace, f'PURGE "every" FROM "d" WHERE {where}', v=value)


@dose(60)
@given(text=st.text(), name=st.text(), params=st.lists(VALUES, max_size=2))
def test_any_names_and_statements(namespace: Namespace, text: str, name: str, params: list[Any]) -> None:
    run(namespace, 'SQL ?statement FROM "d" WITH ?params', statement=text, params=params)
    run(namespace, 'SQL "SELECT k FROM a WHERE u = $1 AND k < $2" FROM "d" WITH ?params', params=params)
    run(namespace, 'QUERY ?name FROM "d"', name=name)
    run(namespace, 'QUERY "a" FROM ?name SORT BY ?name', name=name)
    run(namespace, 'QUERY "a" FROM "d" SORT BY ?name', name=name)
    run(namespace, 'CREATE TABLE ?name FROM "d" WITH ?columns', name=name, columns=text)
    run(namespace, "CREATE DATABASE ?name AFTER DELETE DATABASE ?name", name=name)


KEYS, WORDS = st.integers(0, 4), st.sampled_from(["x", "y"])
STEPS = st.one_of(
    st.builds("INSERT ?r{} INTO ?t FROM 'd'".format, st.integers(0, 5)),
    st.builds("UPDATE ?c{} INTO ?t FROM 'd' WHERE k IS GREATER THAN {}".format, st.integers(0, 2), KEYS),
    st.builds("PURGE ?t FROM 'd' WHERE u IS NOT EQUAL TO '{}'".format, WORDS),
    st.builds("PURGE ?t FROM 'd' WHERE k IS EQUAL TO {}".format, KEYS),
    st.just("FLUSH TABLE ?t FROM 'd'"),
)
GIVEN: dict[str, Any] = {
    "r0": {"k": 1, "u": "x", "q": 1},
    "r1": {"k": 2, "u": "y", "q": 1},
    "r2": {"k": 2, "q": 2},
    "r3": [{"k": 3, "q": 1}, {"k": 4, "q": 1, "u": "x"}],
    "r4": [{"k": 0, "q": 1}, {"k": 0, "q": 1}],
    "r5": {"k": 3},
    "c0": {"q": 7},
    "c1": {"u": "y"},
    "c2": {"q": None},
}


@dose(60)
@given(steps=st.lists(STEPS, min_size=1, max_size=6), fails=st.booleans())
def test_a_transaction_is_as_its_steps_alone_or_as_nothing(namespace: Namespace, steps: list[str], fails: bool) -> None:
    run(namespace, 'FLUSH TABLE "a" FROM "d" AFTER FLUSH TABLE "b" FROM "d"')
    text = "\n".join(f"{step} OR STRING 'refused' SET ?why" for step in steps)
    run(namespace, text, t="a", **GIVEN)
    end = "CALCULATE '1 / 0'" if fails else "STRING 'fine'"
    run(namespace, f"TRANSACTION OPEN NEST {text} {end} CLOSE NEST OR STRING 'undone' SET ?why", t="b", **GIVEN)
    alone = run(namespace, 'QUERY "a" FROM "d" SET ?rows AFTER EMIT ?rows').result
    together = run(namespace, 'QUERY "b" FROM "d" SET ?rows AFTER EMIT ?rows').result
    assert together == ([] if fails else alone)
