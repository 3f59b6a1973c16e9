"""The search by codes finds what a comparison with every vector finds, on easy data and on hard data."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from substrate.interface.vectors import METRICS, Metric
from substrate.vectors.coding import coded, norms
from substrate.vectors.columns import Columns, ColumnWriter
from substrate.vectors.scan import Query, nearest, scores

Rows = NDArray[np.float32]
COUNT, DIM = 3_000, 24


def random(chance: np.random.Generator) -> Rows:
    """The hard case: nothing is near to anything."""
    return chance.standard_normal((COUNT, DIM), dtype=np.float32)


def clustered(chance: np.random.Generator) -> Rows:
    """Many vectors that are nearly the same."""
    centres = chance.standard_normal((20, DIM), dtype=np.float32)
    noise = chance.standard_normal((COUNT, DIM), dtype=np.float32)
    return centres[chance.integers(0, 20, COUNT)] + np.float32(1e-3) * noise


def shifted(chance: np.random.Generator) -> Rows:
    """As the vectors of language models are: all on one side, some dimensions much larger than others."""
    spread = np.geomspace(1, 0.01, DIM).astype(np.float32)
    return random(chance) * spread + np.float32(0.3)


def uneven(chance: np.random.Generator) -> Rows:
    """Lengths from very small to very large, and zero vectors."""
    found = random(chance) * np.exp(chance.uniform(-30, 30, (COUNT, 1))).astype(np.float32)
    found[::100] = 0
    return found


def alike(chance: np.random.Generator) -> Rows:
    """Few different vectors, each very often."""
    return chance.integers(-1, 2, (COUNT, DIM)).astype(np.float32)[chance.integers(0, 30, COUNT)]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", [random, clustered, shifted, uneven, alike])
def test_nothing_is_missed(tmp_path: Path, metric: Metric, data: object) -> None:
    chance = np.random.default_rng(11)
    rows: Rows = data(chance)  # type: ignore[operator] # one of the functions above
    found = coded(rows, metric)
    with ColumnWriter(tmp_path / "1", DIM) as writer:
        writer.add(0, found.columns() | {"places": np.arange(COUNT)})
    columns = Columns(tmp_path / "1", DIM, COUNT)
    flags = chance.random(COUNT) < 0.5
    few = np.flatnonzero(chance.random(COUNT) < 0.05)
    rare = np.zeros(COUNT, np.bool_)
    rare[few] = True
    for number in range(8):
        vector = rows[number] if number % 2 else chance.standard_normal(DIM).astype(np.float32)
        query = Query.of(vector, metric)
        all_scores = scores(found.numbers, query)
        better = all_scores if metric == "l2" else -all_scores
        for k in (1, 10, 200):
            for wanted, fit in ((None, np.arange(COUNT)), (flags, np.flatnonzero(flags)), (few, few), (rare, few)):
                picked, values = nearest(columns, COUNT, wanted, query, k)
                assert set(picked.tolist()) <= set(fit.tolist())
                assert np.array_equal(values, all_scores[picked])
                told = np.sort(values if metric == "l2" else -values)[:k]
                assert np.array_equal(told, np.sort(better[fit])[:k])


def test_few_rows_are_read_in_full() -> None:
    """Of 20,000 hard vectors of 384 numbers, not one in a hundred."""
    chance = np.random.default_rng(5)
    rows = chance.standard_normal((20_000, 384), dtype=np.float32)
    found = coded(rows, "cosine")
    columns = object.__new__(Columns)
    for name, column in found.columns().items():
        setattr(columns, name, column)
    query = Query.of(chance.standard_normal(384).astype(np.float32), "cosine")
    picked, _ = nearest(columns, len(rows), None, query, 10)
    assert 10 <= len(picked) < 200


def test_scores_are_those_of_the_definition() -> None:
    rows = np.array([[3, 4], [1, 0], [0, 0], [-1, 0]], np.float32)
    query = np.array([1, 0], np.float32)
    assert scores(rows, Query.of(query, "cosine")).tolist() == [0.6, 1.0, 0.0, -1.0]
    assert scores(rows, Query.of(query, "dot")).tolist() == [3.0, 1.0, 0.0, -1.0]
    assert scores(rows, Query.of(query, "l2")).tolist() == [20**0.5, 0.0, 1.0, 2.0]


def test_codes_lose_what_they_say() -> None:
    rows = np.random.default_rng(2).standard_normal((50, 7)).astype(np.float32)
    for metric in METRICS:
        found = coded(rows, metric)
        exact = rows / norms(rows.astype(np.float64))[:, None] if metric == "cosine" else rows.astype(np.float64)
        lost = norms(exact - found.codes * found.scales[:, None])
        assert np.all(lost <= found.losses)
        assert np.all(np.abs(found.codes) <= 127)
