"""A process that dies by kill -9, at a named point or anywhere, loses no answered write and leaves none half done."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from substrate.interface import Lsn, Namespace
from substrate.opening import open_store
from tests.crash.writer import GROUP

POINTS = ("before the write", "inside the transaction", "after the commit")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of each back end in turn."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def begin(url: str, folder: Path, kill_at: str = "") -> "subprocess.Popen[str]":
    """The writing process."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.writer", url, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "FAULT_KILL_AT": kill_at},
    )


def answered(process: "subprocess.Popen[str]") -> set[int]:
    """The first ids of the groups that the process said were written, once it is dead."""
    assert process.stdout
    with process.stdout:
        lines = process.stdout.read().split("\n")
    assert process.wait(20) == -signal.SIGKILL
    return {int(line) for line in lines[:-1]}  # a line that was not finished was not said


def check(namespace: Namespace, said: set[int]) -> set[int]:
    """The groups that are there: all that were answered, each whole, in the table as in the log."""
    rows = {row["id"]: row["mark"] for row in namespace.query({"Scan": {"schema": "t.rows"}})}
    groups = {number - number % GROUP for number in rows}
    assert rows == {first + n: f"m{first + n}" for first in groups for n in range(GROUP)}
    assert said <= groups
    logged: dict[int, str] = {}
    place = Lsn(0, 0)
    for lsn, frame in namespace.frames(None, 1_000_000):
        assert lsn == place
        body, crc = frame.rsplit(b',"crc":"', 1)
        assert crc == b'%08x"}' % zlib.crc32(body)
        logged |= {op["key"]: op["row"]["mark"] for op in json.loads(frame)["ops"] if op["op"] == "put"}
        place = Lsn(lsn.segment, lsn.offset + len(frame))
    assert logged == rows
    assert namespace.lsn() == place
    return groups


@pytest.mark.parametrize("times", [1, 2, 7])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(url: str, tmp_path: Path, point: str, times: int) -> None:
    # The first time is the declaration of the table.
    said = answered(begin(url, tmp_path / "data", f"{point}*{times + 1}"))
    store = open_store(url, tmp_path / "data")
    groups = check(store.namespace("crash"), said)
    assert len(groups) >= times - 1
    store.namespace("crash").write(lambda frame: frame.put("t.rows", {"id": -1, "mark": "later"}))
    store.delete("crash")
    store.close()


def test_killed_anywhere_again_and_again(url: str, tmp_path: Path) -> None:
    rng = random.Random(20)
    store = open_store(url, tmp_path / "data")
    before: set[int] = set()
    for _ in range(4):
        process = begin(url, tmp_path / "data")
        assert process.stdout
        first = process.stdout.readline()  # it writes by now
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        said = answered(process) | {int(first)}
        before = check(store.namespace("crash"), said | before)
    store.delete("crash")
    store.close()
