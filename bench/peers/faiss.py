"""Faiss in this process, on one thread: a scan of every vector as half floats, and an index of neighbours (HNSW)."""

from collections.abc import Callable
from typing import Any

from bench.peers import library

EXACT = "faiss in this process, a scan of fp16"
HNSW = "faiss in this process, HNSW (M 16, ef 512)"
Search = Callable[[Any, int], set[int]]
_LINKS, _BUILDING, _SEARCHING = 16, 40, 512


def exact(rows: Any) -> Search:
    """Search of the nearest by cosine among some vectors: their numbers. Raises ModuleNotFoundError."""
    faiss = library("faiss")
    index = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    units = _units(faiss, rows)
    index.train(units)
    return _search(faiss, index, units)


def hnsw(rows: Any) -> Search:
    """The same with an index, which is made by as many threads as there are cores."""
    faiss = library("faiss")
    index = faiss.IndexHNSWFlat(rows.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = _BUILDING, _SEARCHING
    return _search(faiss, index, _units(faiss, rows))


def _units(faiss: Any, rows: Any) -> Any:
    units = rows.copy()
    faiss.normalize_L2(units)
    return units


def _search(faiss: Any, index: Any, units: Any) -> Search:
    index.add(units)

    def search(query: Any, count: int) -> set[int]:
        faiss.omp_set_num_threads(1)
        return {int(number) for number in index.search(_units(faiss, query.reshape(1, -1)), count)[1][0]}

    return search
