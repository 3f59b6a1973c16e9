"""The sketch finds nearly all that a comparison with every vector finds, or says that it does not know."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from substrate.interface.vectors import METRICS, Metric
from substrate.vectors import sketch as sketch_module
from substrate.vectors.coding import norms
from substrate.vectors.columns import Columns
from substrate.vectors.scan import Flags, Query, Rows, scores
from substrate.vectors.sketch import LEAST_ROWS, MISSED, Sketch, deserves, sketched
from tests.substrate.vectors.data import (
    Data,
    Rows as Vectors,
    alike,
    clustered,
    columns_of,
    flat,
    random,
    shifted,
    uneven,
)

COUNT, DIM, K = 16_000, 64, 10


def sketch_of(columns: Columns, rows: int, metric: Metric) -> Sketch:
    return Sketch.read(sketched(columns, rows, metric), columns, metric)


def best_of(columns: Columns, query: Query, wanted: Flags, k: int) -> Rows:
    """What has to be found."""
    found = scores(columns.numbers, query)
    better = np.where(wanted, -found if query.metric == "l2" else found, -np.inf)
    return np.argsort(-better, kind="stable")[:k]


def recalls(
    columns: Columns, sketch: Sketch, wanted: Flags | None, metric: Metric, k: int = K, queries: int = 60
) -> list[float]:
    """Of searches that were answered, the part of the nearest that was found; each hit with its score."""
    chance = np.random.default_rng(3)
    fit = np.ones(columns.rows, np.bool_) if wanted is None else wanted
    told = []
    for _ in range(queries):
        near = columns.numbers[chance.integers(columns.rows)]
        query = Query.of(near + np.float32(0.5) * near.std() * random(chance, 1, near.size)[0], metric)
        answer = sketch.nearest(columns, columns.rows, wanted, query, k)
        if answer is not None:
            rows, values = answer
            assert len(set(rows.tolist())) == len(rows) >= k
            assert np.all(fit[rows])
            assert np.array_equal(values, scores(columns.numbers[rows], query))
            told.append(np.isin(best_of(columns, query, fit, k), rows).mean())
    return told


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", [random, shifted, flat])
def test_nearly_all_is_found(tmp_path: Path, metric: Metric, data: Data) -> None:
    columns = columns_of(tmp_path / "1", data(np.random.default_rng(11), COUNT, DIM), metric)
    for k in (1, K, 100):
        found = recalls(columns, sketch_of(columns, COUNT, metric), None, metric, k)
        assert len(found) > 30  # of 60: it does answer
        assert np.mean(found) >= 1 - MISSED


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", [clustered, uneven, alike])
def test_what_it_cannot_tell_it_leaves_to_others(tmp_path: Path, metric: Metric, data: Data) -> None:
    """Where many vectors look the same to it, or it has learnt nothing of most. What it leaves is found."""
    columns = columns_of(tmp_path / "1", data(np.random.default_rng(11), COUNT, DIM), metric)
    found = recalls(columns, sketch_of(columns, COUNT, metric), None, metric)
    assert (sum(found) + 60 - len(found)) / 60 >= 1 - MISSED


def test_it_misses_less_than_it_expects_and_not_much_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hard vectors about one in twenty, when few are scored."""
    monkeypatch.setattr("substrate.vectors.sketch._SCORED", 0)
    monkeypatch.setattr("substrate.vectors.sketch._SCORED_A_HIT", 6)
    expected: list[float] = []
    expecting = sketch_module._missed

    def noted(*given: Any) -> float:
        expected.append(expecting(*given) / K)
        return 0.0

    monkeypatch.setattr("substrate.vectors.sketch._missed", noted)
    columns = columns_of(tmp_path / "1", random(np.random.default_rng(11), COUNT, 384), "cosine")
    chance = np.random.default_rng(4)
    sketch = sketch_of(columns, COUNT, "cosine")
    found = []
    for _ in range(200):
        query = Query.of(random(chance, 1, 384)[0], "cosine")
        rows, _ = sketch.nearest(columns, COUNT, None, query, K) or (np.empty(0), None)
        found.append(np.isin(best_of(columns, query, np.ones(COUNT, np.bool_), K), rows).mean())
    missed = 1 - np.mean(found)
    assert missed < np.mean(expected) < 3 * missed


def test_vectors_that_came_later_and_those_that_are_not_wanted(tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    columns = columns_of(tmp_path / "1", random(chance, COUNT, DIM), "cosine")
    sketch = sketch_of(columns, COUNT - 1_000, "cosine")
    for part in (0.1, 0.5, 0.9):
        wanted = chance.random(COUNT) < part
        assert np.mean(recalls(columns, sketch, wanted, "cosine")) >= 1 - MISSED
    assert np.mean(recalls(columns, sketch, None, "cosine")) >= 1 - MISSED


def test_a_search_in_an_older_snapshot_sees_nothing_newer(tmp_path: Path) -> None:
    columns = columns_of(tmp_path / "1", random(np.random.default_rng(11), COUNT, DIM), "cosine")
    sketch = sketch_of(columns, COUNT, "cosine")
    answer = sketch.nearest(columns, COUNT // 2, None, Query.of(columns.numbers[COUNT // 2 + 5], "cosine"), K)
    assert answer is not None
    assert np.all(answer[0] < COUNT // 2)


def test_what_is_too_far_too_rare_or_too_much(tmp_path: Path) -> None:
    rows = random(np.random.default_rng(11), COUNT, DIM)
    columns = columns_of(tmp_path / "1", rows, "l2")
    sketch = sketch_of(columns, COUNT, "l2")
    near = Query.of(rows[0], "l2")
    assert sketch.nearest(columns, COUNT, None, near, K) is not None
    assert sketch.nearest(columns, COUNT, None, Query.of(np.float32(1e6) * rows[0], "l2"), K) is None
    assert sketch.nearest(columns, COUNT, None, near, 2_000) is None
    assert sketch.nearest(columns, COUNT, np.arange(COUNT) < 20, near, K) is None
    assert sketch.nearest(columns, COUNT, np.zeros(COUNT, np.bool_), near, K) is None


def test_an_odd_count_of_numbers(tmp_path: Path) -> None:
    columns = columns_of(tmp_path / "1", random(np.random.default_rng(11), COUNT, 33), "dot")
    assert np.mean(recalls(columns, sketch_of(columns, COUNT, "dot"), None, "dot")) >= 1 - MISSED


def test_what_deserves_none(tmp_path: Path) -> None:
    """Few vectors, few numbers, and products of vectors of very different lengths."""
    chance = np.random.default_rng(11)
    rows = random(chance, LEAST_ROWS, 16)
    uneven_rows = rows * np.exp(chance.standard_normal((LEAST_ROWS, 1))).astype(np.float32)
    unit = (rows / norms(rows.astype(np.float64))[:, None]).astype(np.float32)
    cases: list[tuple[Vectors, Metric, bool]] = [
        (rows, "cosine", True), (rows[1:], "cosine", False), (rows[:, :15], "cosine", False), (unit, "dot", True),
        (uneven_rows, "dot", False), (uneven_rows, "l2", True),
    ]  # fmt: skip
    for number, (vectors, metric, expected) in enumerate(cases):
        columns = columns_of(tmp_path / str(number), vectors, metric)
        assert deserves(columns, len(vectors), metric) is expected


def test_what_was_kept_of_another_matrix_is_not_read(tmp_path: Path) -> None:
    rows = random(np.random.default_rng(11), 5_000, 32)
    columns = columns_of(tmp_path / "1", rows, "cosine")
    kept = sketched(columns, 5_000, "cosine")
    others = [columns_of(tmp_path / "2", rows[:, :30], "cosine"), columns_of(tmp_path / "3", rows[:900], "cosine")]
    for other in others:
        with pytest.raises(RuntimeError):
            Sketch.read(kept, other, "cosine")
    with pytest.raises(RuntimeError):
        Sketch.read(kept, columns, "l2")
    for broken in (kept[:0], kept[: len(kept) // 2], np.zeros(100, np.uint8)):
        with pytest.raises(RuntimeError):
            Sketch.read(broken, columns, "cosine")
