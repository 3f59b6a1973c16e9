"""A table that is changed while somebody writes to it: how fast it is filled, and what the writer notices."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Row, Sample, Unit, at_least, at_most, figure
from bench.processes import ROOT, environment
from substrate.interface import Frame, Namespace
from substrate.opening import open_store

_ROWS = 200_000
_AT_ONCE = 10_000
_SECONDS = 3
_TABLE = """
id = "shop.orders"
primary_key.columns = ["id"]
columns = [
  { name = "id", type = "i64" }, { name = "who", type = "str" }, { name = "price", type = "f64" },
  { name = "qty", type = "str" }
]
"""
_ADDED = {"AddColumn": {"name": "venue", "type": "str", "default": "NYSE"}}
_CONVERTED = {"ChangeType": {"name": "qty", "type": "i64"}}
_FILLED, _WAITED = "rows filled, a column added, with a writer", "p99 of the writer"


@figure(
    "migration",
    f"a table of {_ROWS:,} rows that is changed, beside a process that writes one row after another",
    at_least(100_000, Unit.RATE, _FILLED),
    at_most(1.5, Unit.TIMES, _WAITED),
)
def migration(rounds: int) -> Iterable[Row]:
    """Rows a second without and with the writer, and the writer's waits with and without the filling."""
    rates: dict[str, list[float]] = {
        _FILLED: [],
        "a column added, nobody writing": [],
        "a type changed, nobody writing": [],
    }
    waits: list[float] = []
    alone: list[float] = []
    names = (f"m{number}" for number in count())
    with TemporaryDirectory() as folder, closing(open_store("", Path(folder))) as store:
        namespace = store.namespace("bench")
        _fill(namespace)
        for turn in range(rounds):
            rates["a column added, nobody writing"].append(_filled(namespace, next(names), _ADDED))
            rates["a type changed, nobody writing"].append(_filled(namespace, next(names), _CONVERTED))
            alone.append(_told(_writer(folder, 2 * turn + 1))["p99"])
            writer = _writer(folder, 2 * turn + 2)
            time.sleep(1)  # it writes by now
            found = []
            while writer.poll() is None:
                found.append(_filled(namespace, next(names), _ADDED))
            rates[_FILLED].append(found[0])
            waits.append(_told(writer)["p99"])
    for name, values in rates.items():
        yield Row(name, Sample(tuple(values), Unit.RATE))
    yield Row(_WAITED, Sample(tuple(waits), Unit.SECONDS), "nobody filling", Sample(tuple(alone), Unit.SECONDS))


def _filled(namespace: Namespace, name: str, op: dict[str, Any]) -> float:
    """Rows a second until all of them are in the new table, which is given up then."""
    namespace.write(lambda frame: frame.migrate(name, "shop.orders", [op], "bench"))
    begun = time.perf_counter()
    while namespace.migration(name)["state"] == "Backfilling":
        namespace.upkeep(1)
    seconds = time.perf_counter() - begun
    seen: int = namespace.migration(name)["progress"]["rows_seen"]
    namespace.write(lambda frame: frame.abort(name, "bench"))
    namespace.upkeep(1)
    return seen / seconds


def _writer(folder: str, number: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.writing", folder, str(number), str(_SECONDS + 1)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)


def _told(writer: "subprocess.Popen[bytes]") -> dict[str, float]:
    told: dict[str, float] = json.loads(writer.communicate()[0])
    return told


def _fill(namespace: Namespace) -> None:
    namespace.write(lambda frame: frame.register(_TABLE))
    for first in range(0, _ROWS, _AT_ONCE):
        rows = [
            {"id": n, "who": f"w{n % 500}", "price": n / 4, "qty": str(n % 97)} for n in range(first, first + _AT_ONCE)
        ]
        namespace.write(partial(_put, rows))


def _put(rows: list[dict[str, Any]], frame: Frame) -> None:
    frame.put_many("shop.orders", rows)
