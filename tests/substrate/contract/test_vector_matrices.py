"""What searches are made of, when it is gone, old, or behind what another process has put."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from substrate.interface import Frame, Namespace
from substrate.interface.vectors import Nearest, Vector
from tests.substrate.contract.vectors import EAST, NORTH, WEST, ids, put
from tests.substrate.vectors.oracle import Oracle


def matrix_of(tmp_path: Path) -> Path:
    [found] = (tmp_path / "data" / "vectors" / "ben").iterdir()
    return found


def deleted(folder: Path) -> None:
    shutil.rmtree(folder)


def damaged(folder: Path) -> None:
    (folder / "head").write_bytes(b"\xff" * 2_000)


def unwritable(folder: Path) -> None:
    deleted(folder)
    folder.write_text("in the way")


@pytest.mark.parametrize("harm", [deleted, damaged, unwritable])
def test_a_matrix_that_is_gone_is_made_anew(ben: Namespace, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    put(ben, Vector("a", EAST), Vector("b", NORTH))
    assert ids(ben, EAST) == ["a", "b"]
    harm(matrix_of(tmp_path))
    for last in ("c", "d"):
        assert ids(ben, EAST)[:2] == ["a", "b"]
        put(ben, Vector(last, WEST))
        assert ids(ben, WEST)[0] == "c"


def test_a_matrix_is_written_anew_when_most_of_it_is_gone(
    ben: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("substrate.vectors.matrix._MOST_DEAD", 4)
    monkeypatch.setattr("substrate.vectors.writing._KEPT_GONE", 4)
    random, oracle = Random(5), Oracle("cosine")
    for _ in range(40):
        vectors = [Vector(str(random.randrange(12)), [random.gauss(0, 1), 1.0]) for _ in range(3)]
        put(ben, *vectors)
        for vector in vectors:
            oracle.put(vector)
        asked = Nearest("t", [random.gauss(0, 1), 1.0], 12)
        oracle.check(asked, ben.vector_topk(asked))
    generations = [each.name for each in matrix_of(tmp_path).iterdir() if each.name.isdigit()]
    assert len(generations) == 1
    assert int(generations[0]) > 1


# processes

WRITER = """
import sys
from pathlib import Path
from substrate.interface.vectors import Nearest, Vector
from substrate.opening import open_store
ben = open_store(sys.argv[1], Path(sys.argv[2])).namespace("ben")
for line in sys.stdin:
    word, name = line.split()
    if word == "put":
        ben.write(lambda frame: frame.vector_put("t", Vector(name, [1.0, float(name)])))
    elif word == "delete":
        ben.write(lambda frame: frame.vector_delete("t", [name]))
    print(",".join(hit.id for hit in ben.vector_topk(Nearest("t", [1.0, 0.0], 99))), flush=True)
"""


def test_what_one_process_has_put_another_finds_at_once(ben: Namespace, url: str, tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", WRITER, url, str(tmp_path / "data")], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert other.stdin is not None
    assert other.stdout is not None
    there: set[str] = set()
    random = Random(3)
    for step in range(40):
        word, name = random.choice(["put", "put", "delete"]), str(random.randrange(9))
        there = there | {name} if word == "put" else there - {name}
        if not there:
            there, word = {name}, "put"
        if step % 2:
            ben.write(lambda frame, name=name, word=word: _do(frame, word, name))  # type: ignore[misc] # bound at once
            word = "look"
        other.stdin.write(f"{word} {name}\n")
        other.stdin.flush()
        assert other.stdout.readline().strip() == ",".join(sorted(there)), step
        assert ids(ben, EAST, k=99) == sorted(there)
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    assert ids(ben, EAST, k=99) == sorted(there)


def _do(frame: Frame, word: str, name: str) -> None:
    if word == "put":
        frame.vector_put("t", Vector(name, [1.0, float(name)]))
    else:
        frame.vector_delete("t", [name])
