"""The search by codes finds what a comparison with every vector finds, on easy data and on hard data."""

from pathlib import Path

import numpy as np
import pytest

from substrate.interface.vectors import METRICS, Metric
from substrate.vectors.coding import coded, norms
from substrate.vectors.columns import Columns
from substrate.vectors.scan import Query, nearest, scores
from tests.substrate.vectors.data import Data, alike, clustered, columns_of, random, shifted, uneven

COUNT, DIM = 3_000, 24


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", [random, clustered, shifted, uneven, alike])
def test_nothing_is_missed(tmp_path: Path, metric: Metric, data: Data) -> None:
    chance = np.random.default_rng(11)
    rows = data(chance, COUNT, DIM)
    columns = columns_of(tmp_path / "1", rows, metric)
    flags = chance.random(COUNT) < 0.5
    few = np.flatnonzero(chance.random(COUNT) < 0.05)
    rare = np.zeros(COUNT, np.bool_)
    rare[few] = True
    for number in range(8):
        vector = rows[number] if number % 2 else chance.standard_normal(DIM).astype(np.float32)
        query = Query.of(vector, metric)
        all_scores = scores(columns.numbers[:COUNT], query)
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
