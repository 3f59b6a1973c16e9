"""The databases of the figure `engines` do the same work: the same rows are found in all that `make test` installs."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from bench.engines import COLUMNS, NAMED, Engine, filled, ours, row
from bench.peers.postgres import postgres
from bench.peers.sqlite import sqlite

ENGINES: dict[str, Callable[[Path], AbstractContextManager[Engine]]] = {
    "ours": ours,
    "sqlite": sqlite,
    "postgres": lambda _: postgres(),
}


@pytest.mark.parametrize("name", ENGINES)
def test_what_was_written_is_found(name: str, tmp_path: Path) -> None:
    written = [row(number) for number in range(30)]
    with ENGINES[name](tmp_path) as engine:
        filled(engine, 0, 29)
        engine.insert(written[29])
        assert cells(engine.read(29)) == cells(written[29])
        assert sorted(map(cells, engine.named("w1"))) == sorted(map(cells, written[NAMED : 2 * NAMED]))
        assert [sums(each) for each in engine.sums()] == expected(written)


def cells(found: Any) -> tuple[object, ...]:
    """The cells of a row without its key, which is not a plain number everywhere."""
    values = [found[name] for name in COLUMNS] if isinstance(found, Mapping) else list(found)
    return values[1], float(values[2]), values[3], bool(values[4])


def sums(found: Any) -> tuple[float, ...]:
    values = list(found.values()) if isinstance(found, Mapping) else list(found)
    return tuple(sorted(round(float(value), 6) for value in values))


def expected(written: list[dict[str, Any]]) -> list[tuple[float, ...]]:
    groups: dict[int, list[float]] = {}
    for each in written:
        groups.setdefault(each["qty"], []).append(each["price"])
    return [tuple(sorted((qty, round(sum(all_), 6), len(all_)))) for qty, all_ in sorted(groups.items())]
