"""A process gives back every descriptor of what it has closed, dropped, or not used for long."""

import contextlib
import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from substrate import handles
from substrate.files.opening import FileStore
from substrate.interface import Frame, Namespace
from substrate.interface.vectors import Nearest, Vector
from substrate.opening import open_store
from substrate.replication.standing import Standing, Standings
from substrate.sqlite import engine
from substrate.vectors import matrices


class Patient:
    """Has any amount of time."""

    def look(self) -> None:
        """Never ends."""

    def claim(self, size: int) -> None:
        """Never too much."""


@pytest.fixture(autouse=True)
def _only_its_own_garbage() -> Iterator[None]:
    """What other tests have left in this process is not looked through each time that descriptors are counted."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def descriptors() -> int:
    gc.collect()  # a store and its parts know each other
    return len(os.listdir("/proc/self/fd"))


def used(namespace: Namespace) -> None:
    """Writes and searches whatever keeps files open."""

    def fill(frame: Frame) -> None:
        frame.vector_put("notes", Vector("a", [1.0, 0.0]))
        frame.text_put("notes", "body", "a", "some words")

    namespace.write(fill)
    assert namespace.vector_topk(Nearest("notes", [1.0, 0.0], 1))
    assert namespace.text_search("notes", "body", "words")


def opened_and_closed(folder: Path) -> None:
    """One life of a store, of which a server says that it stands alone."""
    Standings(folder).say(Standing())
    store, files = open_store("", folder), FileStore(folder, lambda: "http://localhost")
    namespace = store.namespace("one")
    if not namespace.exists():
        namespace.make()
    used(namespace)
    files.of("one").write("/root/a", b"x", Patient())
    assert files.of("one").read("/root/a", 10, Patient()) == b"x"
    files.close()
    store.close()


def test_stores_that_are_closed(tmp_path: Path) -> None:
    opened_and_closed(tmp_path)  # the matrix of its vectors is kept for whoever searches next
    before = descriptors()
    for _ in range(3):
        opened_and_closed(tmp_path)
    assert descriptors() == before


def test_namespaces_that_were_not_used_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "MOST_OPEN", 2)
    monkeypatch.setattr(matrices, "MOST_OPEN", 2)
    store = open_store("", tmp_path)
    counts = []
    for number in range(12):
        namespace = store.namespace(f"n{number}")
        namespace.make()
        used(namespace)
        counts.append(descriptors())
    store.close()
    # What others left in this process may go meanwhile. Eight take less than two would that stayed open.
    assert counts[-1] - counts[3] < counts[2] - counts[0], counts


def test_tables_of_vectors_that_are_dropped(tmp_path: Path) -> None:
    store = open_store("", tmp_path)
    namespace = store.namespace("one")
    namespace.make()
    counts = []
    for _ in range(4):
        used(namespace)
        namespace.write(lambda frame: frame.vector_drop("notes"))
        counts.append(descriptors())
    store.close()
    assert counts[-1] == counts[1]


def test_connections_that_were_needed_when_more_were_busy_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of eight snapshots at once, once one at a time was enough for longer than `IDLE_S`.

    SQLite keeps a descriptor of the file for its next connection: to close it would drop the locks of all.
    """
    monkeypatch.setattr(engine, "IDLE_S", 0.05)
    store = open_store("", tmp_path)
    namespace = store.namespace("one")
    namespace.make()

    def connections() -> int:
        return sum(Path(each.filename).is_relative_to(tmp_path) for each in apsw.connections())

    before = connections()
    with contextlib.ExitStack() as at_once:
        for _ in range(8):
            at_once.enter_context(namespace.snapshot())
        most = connections()
        assert most >= before + 7
    deadline = time.monotonic() + 10
    while connections() > most - 7 and time.monotonic() < deadline:
        time.sleep(0.02)
        namespace.table_ids()
    assert connections() == most - 7
    assert namespace.table_ids() == []
    store.close()
