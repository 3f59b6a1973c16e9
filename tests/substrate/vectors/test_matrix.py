"""The matrix in files: copies of the data, heads that are being written, and columns that grow."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from substrate.interface import Namespace
from substrate.interface.vectors import Nearest, Vector
from substrate.opening import open_store
from substrate.vectors import head as heads
from substrate.vectors.columns import Columns, ColumnWriter
from substrate.vectors.head import Head, Mark

NORTH, EAST, WEST = [0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]


def put(namespace: Namespace, *vectors: Vector) -> None:
    namespace.write(lambda frame: frame.vector_put_many("t", vectors))


def ids(namespace: Namespace, query: list[float]) -> list[str]:
    return [hit.id for hit in namespace.vector_topk(Nearest("t", query, 9))]


def test_a_matrix_of_another_past_is_not_used(tmp_path: Path) -> None:
    """As after a copy of the data was brought back: the counts of changes go on from where they were then."""
    store = open_store("", tmp_path)
    put(store.namespace("ben"), Vector("a", EAST), Vector("b", NORTH))
    assert ids(store.namespace("ben"), EAST) == ["a", "b"]
    store.close()
    file = tmp_path / "namespaces" / "ben" / "store.sqlite"
    copy = file.read_bytes()
    for first, second, third in (("x", "y", "z"), ("X", "Y", "Z")):
        file.write_bytes(copy)
        again = open_store("", tmp_path)
        ben = again.namespace("ben")
        put(ben, Vector(first, WEST))
        assert ids(ben, WEST) == [first, "b", "a"]
        put(ben, Vector(second, [-1.0, 0.1]))
        ben.write(lambda frame: frame.vector_delete("t", ["a"]))
        assert ids(ben, WEST) == [first, second, "b"]
        put(ben, Vector(third, [-1.0, 0.2]))
        assert ids(ben, WEST) == [first, second, third, "b"]
        again.close()


def test_a_matrix_that_could_not_be_finished_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("substrate.vectors.stored.CHUNK", 4)
    added: list[int] = []
    add = ColumnWriter.add

    def failing(self: ColumnWriter, at: int, columns: Any) -> None:
        if at == 12 and added.count(12) < 2:
            added.append(at)
            raise OSError(28, "No space left on device")
        added.append(at)
        add(self, at, columns)

    monkeypatch.setattr(ColumnWriter, "add", failing)
    store = open_store("", tmp_path)
    ben = store.namespace("ben")
    put(ben, *(Vector(f"{number:02}", [1.0, number / 10]) for number in range(30)))
    for last in ("05", "07", "09"):
        found = [hit.id for hit in ben.vector_topk(Nearest("t", EAST, 99))]
        assert found == sorted(found)
        assert len(found) == 30 - len({"05", "07"} & {each for each in ("05", "07") if each < last})
        ben.write(lambda frame, last=last: frame.vector_delete("t", [last]))  # type: ignore[misc] # bound at once
    assert added[:6] == [0, 4, 8, 12, 12, 12]
    assert len(ben.vector_topk(Nearest("t", EAST, 99))) == 27
    store.close()


def test_heads(tmp_path: Path) -> None:
    file = os.open(tmp_path / "head", os.O_RDWR | os.O_CREAT)
    assert heads.read(file) is None
    marks = tuple(Mark(number, number * 7) for number in range(1, 100))
    heads.write(file, Head(3, 100, 4, 99, 99, marks))
    found = heads.read(file)
    assert found == Head(3, 100, 4, 99, 99, marks[-heads.MOST_MARKS :])
    assert found.mark_at(200) == Mark(99, 693)
    assert found.mark_at(98) == Mark(98, 686)
    assert found.mark_at(99 - heads.MOST_MARKS) is None
    os.pwrite(file, b"x", 30)
    assert heads.read(file) is None
    os.close(file)


def test_columns_grow_under_those_who_read_them(tmp_path: Path) -> None:
    def rows(first: int, count: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
        numbers = np.arange(first, first + count)
        return {"places": numbers, "numbers": np.repeat(numbers, 3).reshape(-1, 3).astype(np.float32)}

    with ColumnWriter(tmp_path / "1", 3) as writer:
        writer.add(0, rows(0, 10))
        before = Columns(tmp_path / "1", 3, 10)
        writer.add(10, rows(10, 5_000))
        writer.bury(7, 12)
        assert before.died[:10].tolist() == [0] * 7 + [12] + [0] * 2
        after = Columns(tmp_path / "1", 3, 5_010)
    assert before.rows < 5_010 <= after.rows
    assert after.places[:5_010].tolist() == list(range(5_010))
    assert after.numbers[5_009].tolist() == [5_009.0] * 3
    assert before.numbers[9].tolist() == [9.0] * 3
