"""What the verbs on databases cost beside the engine that keeps the rows."""

import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bench.figures import Row, Sample, Unit, at_most, figure
from bench.rounds import Side, again, compared
from oql import engine
from oql.local import local_context
from oql.program import load
from oql.values import Value
from substrate.interface import Namespace
from substrate.opening import open_store

_ROWS = 1_000
_REPEATS = 20
_MADE = """CREATE DATABASE "shop"
CREATE TABLE "orders" FROM "shop" WITH "n NUMBER PRIMARY, item TEXT, price NUMBER, paid BOOLEAN, day DATE"
INSERT ?rows INTO "orders" FROM "shop"
"""
_BY_KEY = 'QUERY "orders" FROM "shop" WHERE n IS EQUAL TO ?n AND paid IS EQUAL TO true SET ?found'
_TWENTY = 'QUERY "orders" FROM "shop" WHERE n IS GREATER THAN ?n LIMIT 20 SET ?found'
_COLUMNS = '"n", "item", "price", "paid", "day"'


@figure(
    "query",
    f"QUERY of rows among {_ROWS:,}, a program of that one step, and SQLite alone with the same answer",
    at_most(150e-6, Unit.SECONDS, "QUERY of a row, beyond SQLite"),
    at_most(200e-6, Unit.SECONDS, "QUERY of 20 rows, beyond SQLite"),
)
def query(rounds: int) -> Iterable[Row]:
    """A row by its key, and 20 in the order of their keys."""
    with tempfile.TemporaryDirectory() as folder, closing(open_store("", Path(folder))) as store:
        namespace = store.namespace("bench")
        rows = [{"n": n, "item": "tea", "price": n / 4, "paid": True, "day": "2026-01-15"} for n in range(_ROWS)]
        _run(namespace, _MADE, rows=rows)
        with closing(sqlite3.connect(next(Path(folder).rglob("store.sqlite")))) as alone:
            by_key = f"SELECT {_COLUMNS} FROM t1 WHERE n = ? AND paid = ?"
            twenty = f"SELECT {_COLUMNS} FROM t1 WHERE n > ? ORDER BY n LIMIT 20"
            yield from _beside(rounds, "QUERY of a row", namespace, _BY_KEY, _alone(alone, by_key, 500, True))
            yield from _beside(rounds, "QUERY of 20 rows", namespace, _TWENTY, _alone(alone, twenty, 500))


def _beside(rounds: int, subject: str, namespace: Namespace, text: str, alone: Side) -> Iterable[Row]:
    """Ours beside the engine alone, and what ours takes beyond it."""
    _run(namespace, text, n=500)
    program, context = load(text), local_context(store=namespace)
    ours = again(lambda: [engine.run(program, context, {"n": 500}) for _ in range(_REPEATS)], _REPEATS)
    [found] = compared(rounds, subject, ours, {"SQLite alone": alone})
    yield found
    assert isinstance(found.theirs, Sample)
    beyond = tuple(mine - theirs for mine, theirs in zip(found.ours.values, found.theirs.values, strict=True))
    yield Row(f"{subject}, beyond SQLite", Sample(beyond, Unit.SECONDS))


def _alone(connection: sqlite3.Connection, statement: str, *params: Value) -> Side:
    assert connection.execute(statement, params).fetchall(), statement
    return again(lambda: [connection.execute(statement, params).fetchall() for _ in range(_REPEATS)], _REPEATS)


def _run(namespace: Namespace, text: str, **variables: Value) -> None:
    outcome = engine.run(load(text), local_context(store=namespace), variables)
    assert outcome.error is None, outcome.error
