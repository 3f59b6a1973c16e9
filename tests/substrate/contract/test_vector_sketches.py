"""Searches of mode `fast`, while the sketch that they use is made, outgrown, broken or missing."""

import time
from pathlib import Path

import numpy as np
import pytest

from substrate.interface import Namespace
from substrate.interface.vectors import Nearest, Vector
from tests.substrate.contract.vectors import put

COUNT, DIM, K = 2_000, 16, 10
SECONDS = 30


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sketch of few vectors, and another one as soon as there is something to be mended."""
    monkeypatch.setattr("substrate.vectors.sketches.LEAST_ROWS", COUNT)
    monkeypatch.setattr("substrate.vectors.sketch.LEAST_ROWS", COUNT)
    monkeypatch.setattr("substrate.vectors.sketches._REST_S", 0.0)
    monkeypatch.setattr("substrate.vectors.sketches._FAILED_REST_S", 0.0)


def query(number: int) -> list[float]:
    """The numbers of a vector."""
    found: list[float] = np.random.default_rng(number).standard_normal(DIM).tolist()
    return found


def vectors(first: int, count: int) -> list[Vector]:
    return [Vector(str(number), query(number), {"even": number % 2 == 0}) for number in range(first, first + count)]


def found(namespace: Namespace, numbers: list[float], mode: str, even: bool | None = None) -> list[tuple[str, float]]:
    wanted = None if even is None else {"even": even}
    return [(hit.id, hit.score) for hit in namespace.vector_topk(Nearest("t", numbers, K, mode=mode, filter=wanted))]


def sketch_of(tmp_path: Path) -> Path:
    [table] = (tmp_path / "data" / "vectors" / "ben").iterdir()
    return table / "1" / "sketch"


def searched(namespace: Namespace) -> None:
    """Searches in both modes: at least nine of ten hits are the same, which at each score are those of that score."""
    same = 0
    for number in range(9_000, 9_020):
        for even in (None, True):
            best = found(namespace, query(number), "hnsw", even)
            fast = found(namespace, query(number), "fast", even)
            assert len(fast) == K
            assert fast == sorted(fast, key=lambda hit: (-hit[1], hit[0]))
            same += len(set(best) & set(fast))
    assert same >= 0.9 * 20 * 2 * K


def changed(path: Path, before: int) -> int:
    """Waits until there is another sketch; when it was made."""
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        if path.exists() and (made := path.stat().st_mtime_ns) != before:
            return made
        time.sleep(0.01)
    raise AssertionError(f"no other sketch after {SECONDS} s")


def test_it_is_made_beside_the_searches_and_follows_the_table(ben: Namespace, tmp_path: Path) -> None:
    put(ben, *vectors(0, COUNT - 1))
    searched(ben)
    path = sketch_of(tmp_path)
    time.sleep(0.1)
    assert not path.exists()  # so few are looked through as fast
    put(ben, *vectors(COUNT - 1, 1))
    searched(ben)
    made = changed(path, 0)
    searched(ben)
    put(ben, *vectors(COUNT, 300))
    ben.write(lambda frame: frame.vector_delete("t", [str(number) for number in range(200)]))
    searched(ben)
    put(ben, *vectors(5_000, 1))
    assert found(ben, query(5_000), "fast")[0] == ("5000", 1.0)
    ben.write(lambda frame: frame.vector_delete("t", ["5000"]))
    assert found(ben, query(5_000), "fast")[0][0] != "5000"
    put(ben, *vectors(6_000, 300))
    searched(ben)
    changed(path, made)
    searched(ben)


@pytest.mark.parametrize("harm", [b"", b"no sketch", None])
def test_one_that_is_broken_or_gone_is_made_anew(ben: Namespace, tmp_path: Path, harm: bytes | None) -> None:
    put(ben, *vectors(0, COUNT))
    searched(ben)
    path = sketch_of(tmp_path)
    changed(path, 0)
    searched(ben)
    path.unlink()
    if harm is not None:
        path.write_bytes(harm)
    before = 0 if harm is None else path.stat().st_mtime_ns
    searched(ben)
    changed(path, before)
    searched(ben)


def test_where_it_cannot_be_written_searches_go_on(
    ben: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ben, *vectors(0, COUNT))
    tried = []

    def full(*_given: object) -> object:
        tried.append(1)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("faiss.serialize_index", full)
        for _ in range(3):
            searched(ben)
            time.sleep(0.1)
    assert len(tried) > 1
    searched(ben)
    changed(sketch_of(tmp_path), 0)
