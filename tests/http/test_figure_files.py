"""The files of figures have all their room on the disk, or are not on it."""

import errno
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.mmap_dict import MmapedDict

from server.figure_files import FIRST_BYTES, FigureFile
from tests.http.running import Server, ask, until

NAMES = [f"a figure with a name of some length {number}" for number in range(3_000)]


def room(path: Path) -> int:
    """How many bytes of a file the disk has room for."""
    return path.stat().st_blocks * 512


def opened(path: Path) -> Any:
    """A file, closed at the end of the block; the library has no types."""
    return closing(FigureFile(str(path)))


def fill(file: Any) -> None:
    for number, name in enumerate(NAMES):
        file.write_value(name, float(number), 0.0)


def found(path: Path) -> dict[str, float]:
    """What a scrape finds in a file."""
    return {name: value for name, value, *_ in MmapedDict.read_all_values_from_file(path)}


def value(file: Any, name: str) -> float:
    number: float = file.read_value(name)[0]
    return number


def test_the_disk_has_all_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "counter_1.db"
    with opened(path) as file:
        assert room(path) >= path.stat().st_size == FIRST_BYTES
        fill(file)
        assert room(path) >= path.stat().st_size > FIRST_BYTES
        assert found(path) == {name: float(number) for number, name in enumerate(NAMES)}
    with opened(path) as file:
        assert value(file, NAMES[-1]) == len(NAMES) - 1


def test_a_file_that_was_only_lengthened_gets_its_room(tmp_path: Path) -> None:
    path = tmp_path / "counter_1.db"
    path.touch()
    os.truncate(path, 4 * FIRST_BYTES)
    with opened(path):
        pass
    assert room(path) >= 4 * FIRST_BYTES


def test_figures_are_kept_where_no_file_can_be_made(tmp_path: Path) -> None:
    with opened(tmp_path / "gone" / "counter_1.db") as file:
        fill(file)
        assert value(file, NAMES[-1]) == len(NAMES) - 1


def test_figures_are_kept_when_the_disk_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    early, late = tmp_path / "counter_1.db", tmp_path / "counter_2.db"
    with opened(early) as file:
        file.write_value("kept", 7.0, 0.0)
        monkeypatch.setattr(os, "posix_fallocate", full)
        fill(file)
        assert (value(file, "kept"), value(file, NAMES[-1])) == (7.0, len(NAMES) - 1)
    assert found(early)["kept"] == 7.0
    with opened(late) as file:
        fill(file)
    assert late.stat().st_size == 0


def test_the_disk_has_all_that_a_server_maps(server: Server, client: httpx.Client) -> None:
    assert ask(client, "EMIT 1").status_code == 200
    until(lambda: list((server.data / "metrics").glob("counter_*.db")))
    files = [*(server.data / "metrics").glob("*.db"), server.data / "store.rates"]
    assert [path.name for path in files if room(path) < path.stat().st_size] == []
