"""Changes: whole or not at all, none lost, and the count of bytes true afterwards."""

import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from substrate.errors import Conflict, Invalid, NotFound, StoreError, Unavailable
from substrate.files import appending
from substrate.files.folder import NamespaceFiles
from substrate.files.ledger import BLOCK
from substrate.files.opening import FileStore
from substrate.files.paths import MAX_DEPTH
from tests.files.asking import ASKER, NAMESPACE, Asker, Ended, base, expect_true_count, inside, paths, text

MANY = 10_000


@pytest.mark.slow
def test_a_reader_sees_the_old_or_the_new_file(files: NamespaceFiles) -> None:
    contents = [letter * 300_000 for letter in (b"a", b"b")]
    files.write("/root/f", contents[0], ASKER)
    ended = threading.Event()

    def write() -> None:
        for number in range(100):
            files.write("/root/f", contents[number % 2], ASKER)
        ended.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = {files.read("/root/f", 2**20, ASKER)}
        while not ended.is_set():
            seen.add(files.read("/root/f", 2**20, ASKER))
        writing.result()
    assert seen <= set(contents)


@pytest.mark.slow
def test_no_append_is_lost(files: NamespaceFiles, data: Path) -> None:
    lines = [f"{writer}:{number:04}\n" for writer in range(8) for number in range(50)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda line: files.write("/root/d/log", line.encode(), ASKER, append=True), lines))
    assert sorted(text(files, "/root/d/log").splitlines(keepends=True)) == lines
    expect_true_count(data)


def test_of_parallel_writers_to_one_path_one_wins_whole(files: NamespaceFiles, data: Path) -> None:
    contents = [bytes([65 + number]) * 50_000 for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda content: files.write("/root/f", content, ASKER), contents))
    assert files.read("/root/f", 2**20, ASKER) in contents
    expect_true_count(data)


def test_what_a_dead_process_has_half_appended_is_taken_back(files: NamespaceFiles, data: Path) -> None:
    files.write("/root/d/log", b"whole\n", ASKER)
    work = base(data) / "files.work"
    (work / appending.NOTE).write_text("6\nd/log")
    with (inside(data) / "d" / "log").open("ab") as log:
        log.write(b"hal")
    with (work / "usage").open("r+b") as usage:  # the mark that a turn was not finished
        usage.seek(24)
        usage.write(b"\1")
    files.write("/root/d/log", b"next\n", ASKER, append=True)
    assert text(files, "/root/d/log") == "whole\nnext\n"
    expect_true_count(data)


def test_an_append_that_fails_leaves_nothing(data: Path) -> None:
    files = FileStore(data, str, quota_bytes=lambda _: 3 * BLOCK).of(NAMESPACE)
    files.write("/root/log", b"x" * BLOCK, ASKER)
    with pytest.raises(StoreError):
        files.write("/root/log", b"y" * (3 * BLOCK), ASKER, append=True)
    assert text(files, "/root/log") == "x" * BLOCK
    assert expect_true_count(data) == BLOCK


@pytest.mark.slow
def test_ten_thousand_files(files: NamespaceFiles, data: Path) -> None:
    folder = inside(data) / "many"
    files.make_folder("/root/many", ASKER)
    for number in range(MANY):
        (folder / f"{number:05}").touch()
    (base(data) / "files.work" / "usage").unlink()
    names = [f"/root/many/{number:05}" for number in range(MANY)]
    assert paths(files, "/root/many") == names
    files.copy("/root/many", "/root/copy", ASKER, recursive=True)
    assert expect_true_count(data) == 2 * (MANY + 1) * BLOCK
    files.move("/root/copy", "/root/moved", ASKER)
    files.clear("/root/many", ASKER)
    assert expect_true_count(data) == (MANY + 2) * BLOCK
    files.remove("/root/moved", ASKER, recursive=True)
    assert expect_true_count(data) == BLOCK


def test_more_entries_than_asked_for_are_refused_and_not_gathered(files: NamespaceFiles) -> None:
    for name in "abc":
        files.make_folder(f"/root/{name}", ASKER)
    with pytest.raises(Invalid) as refused:
        list(files.walk("/root", 2, ASKER))
    assert refused.value.detail["most"] == 2
    assert len(list(files.walk("/root", 3, ASKER))) == 3


def test_folders_cannot_be_stacked_deeper_than_a_path_can_say(files: NamespaceFiles) -> None:
    half = "/d" * (MAX_DEPTH // 2)
    files.make_folder(f"/root/a{half}", ASKER)
    files.make_folder(f"/root/b{half}", ASKER)
    with pytest.raises(Invalid):
        files.move("/root/a", f"/root/b{half}/a", ASKER)
    with pytest.raises(Invalid):
        files.copy("/root/a", f"/root/b{half}/a", ASKER, recursive=True)
    files.move(f"/root/a{half}", f"/root/b{half}/d", ASKER)


def test_folders_of_any_depth_are_deleted(files: NamespaceFiles, data: Path) -> None:
    """However they came to be."""
    files.make_folder("/root/d", ASKER)
    here = os.open(inside(data) / "d", os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (base(data) / "files.work" / "usage").unlink()
    files.remove("/root/d", ASKER, recursive=True)
    assert paths(files) == []
    assert expect_true_count(data) == 0


@pytest.mark.parametrize("ends_at", [1, 2, 3, 5, 8])
def test_who_ends_the_work_leaves_nothing_half_done(files: NamespaceFiles, data: Path, ends_at: int) -> None:
    for number in range(300):
        files.make_folder(f"/root/d/{number:03}", ASKER)
    files.write("/root/d/000/f", b"x" * 3_000_000, ASKER)
    with pytest.raises(Ended):
        files.copy("/root/d", "/root/copy", Asker(ends_at), recursive=True)
    with pytest.raises(Ended):
        files.pack(["/root/d"], "tar", "/root/archive", Asker(ends_at))
    assert [path for path in paths(files) if not path.startswith("/root/d")] == []
    expect_true_count(data)


def test_what_is_in_the_way_is_said(files: NamespaceFiles) -> None:
    files.write("/root/f", b"x", ASKER)
    files.write("/root/d/f", b"x", ASKER)
    with pytest.raises(Conflict, match="`/root/d` is a folder"):
        files.write("/root/d", b"x", ASKER)
    with pytest.raises(Conflict, match="something at `/root/f` already"):
        files.move("/root/d", "/root/f", ASKER)
    with pytest.raises(Conflict, match="`/root/d` is not empty"):
        files.remove("/root/d", ASKER)
    with pytest.raises(Invalid, match="`/root/f/x` leads through something that is not a folder"):
        files.write("/root/f/x", b"x", ASKER)
    with pytest.raises(NotFound, match="no file or folder `/root/g`"):
        files.copy("/root/g", "/root/h", ASKER)


def test_a_file_that_takes_memory_is_claimed_before_it_is_read(files: NamespaceFiles) -> None:
    files.write("/root/f", b"x" * 12_345, ASKER)
    asker = Asker()
    files.read("/root/f", 2**20, asker)
    assert asker.claimed == 12_345


def test_a_disk_that_takes_no_more(files: NamespaceFiles, data: Path) -> None:
    """Here a limit of the process stands for the end of the disk."""
    files.write("/root/log", b"x" * 90_000, ASKER)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        for path, size, append in (("new", 300_000, False), ("log", 300_000, False), ("log", 20_000, True)):
            with pytest.raises(Unavailable):
                files.write(f"/root/{path}", b"y" * size, ASKER, append=append)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert paths(files) == ["/root/log"]
    assert text(files, "/root/log") == "x" * 90_000
    expect_true_count(data)


def test_only_the_owner_can_read_what_is_written(files: NamespaceFiles, data: Path) -> None:
    files.write("/root/d/f", b"x", ASKER)
    assert {path.stat().st_mode & 0o077 for path in [base(data), *base(data).rglob("*")]} == {0}
