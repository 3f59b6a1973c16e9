"""A disk that fails: the n-th write or sync that SQLite asks for, alone or with all behind it; and what is left then.

A process writes rows, says which were answered, and runs the due jobs. `how` is `full` or `broken`, with `*` behind it
where everything from the n-th on fails.
"""

import os
import time
from pathlib import Path

import apsw

from substrate.errors import StoreError
from substrate.interface import Frame, Namespace
from tests.crash.forked import dies
from tests.crash.holder import run_on, working
from tests.crash.points import AHEAD_S, faults, make
from tests.crash.sink import Sink
from tests.crash.works import SET_UP, Work

HOWS = ("full", "broken", "full*", "broken*")
ROWS = 12
TABLE = """
id = "disk.rows"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }]
"""


class Disk:
    """Counts what reaches it, and fails where it is told to."""

    def __init__(self, fails: int, how: str) -> None:
        self._fails = fails
        self._stays = how.endswith("*")
        self._error = apsw.FullError if how.startswith("full") else apsw.IOError
        self.count = 0

    def use(self) -> None:
        """One write or sync. Raises an error of SQLite."""
        self.count += 1
        if self.count == self._fails or (self._stays and self.count > self._fails):
            raise self._error("the disk fails")


class _Files(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__("failing", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "_File":  # noqa: N802 - of the library
        return _File(self._disk, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - as above
        self._disk.use()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - as above
        self._disk.use()
        super().xSync(flags)


def failed_at(data: Path, sink: Sink, work: Work, n: int, how: str) -> tuple[bool, list[str]]:
    """Writes rows and runs a job on such a disk, then goes on with a sound one; whether it failed, what is wrong."""
    with working("", data, sink.at) as before:
        make(before, "set-up", Work("set-up", "set-up", SET_UP))
        run_on(before, 20.0)
        before.namespace.write(lambda frame: frame.register(TABLE))
        make(before, work.tag, work)
    told = data / "said"
    dies("", use, data, sink.at, n, how, said=told)
    said = [line.split() for line in told.read_text().splitlines()]
    written = {int(words[1]) for words in said if words[0] == "written"}
    with working("", data, sink.at, lambda: time.time() + AHEAD_S) as after:
        run_on(after, 30.0)
        wrong = faults(after, sink, work)
        there = {row["id"] for row in after.namespace.query({"Scan": {"schema": "disk.rows"}})}
        if written - there:
            wrong.append(f"rows {sorted(written - there)} were answered, and are not there")
        whole = after.namespace.system("PRAGMA integrity_check")
        if whole != [("ok",)]:
            wrong.append(f"the file is damaged: {whole}")
    return int(said[-1][1]) >= n, wrong


def _write(namespace: Namespace, number: int) -> None:
    def work(frame: Frame) -> None:
        frame.put("disk.rows", {"id": number})

    try:
        namespace.write(work)
    except StoreError as error:
        _say(f"refused {number} {error.message}")
    else:
        _say(f"written {number}")


def use(data: Path, sink: str, n: int, how: str, model: str = "") -> None:
    """Writes and runs on a disk that fails, and tells in the end how often it was used."""
    disk = Disk(n, how)
    files = _Files(disk)
    with working("", data, sink, model=model) as worker:
        namespace = worker.namespace
        for number in range(ROWS):
            _write(namespace, number)
            if number % 3 == 0:
                try:
                    worker.drain.drain(namespace.name)
                except StoreError as error:  # as the dispatcher has it: another look comes later
                    _say(f"refused drain {error.message}")
    del files
    _say(f"used {disk.count}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())
