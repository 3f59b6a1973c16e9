"""The count of bytes: what is counted, that no writers of any process get past it, that it is true after any death."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from substrate.errors import QuotaExceeded
from substrate.files.folder import NamespaceFiles
from substrate.files.ledger import BLOCK, charge
from substrate.files.opening import FileStore
from tests.files.asking import ASKER, NAMESPACE, base, expect_true_count, paths
from tests.files.other_process import start

LIMIT = 100 * BLOCK


@pytest.fixture
def small(data: Path) -> NamespaceFiles:
    """Files of an account that may store 100 blocks."""
    return FileStore(data, str, quota_bytes=lambda _: LIMIT).of(NAMESPACE)


@pytest.mark.parametrize(("size", "taken"), [(0, 4096), (1, 4096), (4096, 4096), (4097, 8192), (10**9, 1_000_001_536)])
def test_a_file_takes_whole_blocks(size: int, taken: int) -> None:
    assert charge(size) == taken


def test_what_each_change_takes(small: NamespaceFiles, data: Path) -> None:
    def blocks() -> int:
        return expect_true_count(data) // BLOCK

    small.write("/root/d/a", b"x" * 10_000, ASKER)
    assert blocks() == 1 + 3
    small.write("/root/d/a", b"x", ASKER)
    assert blocks() == 1 + 1
    small.write("/root/d/a", b"x" * BLOCK, ASKER, append=True)
    assert blocks() == 1 + 2
    small.copy("/root/d", "/root/e", ASKER, recursive=True)
    assert blocks() == 2 * 3
    small.move("/root/e/a", "/root/d/a", ASKER)
    assert blocks() == 1 + 2 + 1
    small.pack(["/root/d"], "zip", "/root/z", ASKER)
    assert blocks() == 4 + 1
    small.unpack("/root/z", "/root/d", ASKER)
    assert blocks() == 5 + 1 + 2
    small.remove("/root/d", ASKER, recursive=True)
    assert blocks() == 1 + 1
    small.clear("/root", ASKER)
    assert blocks() == 0


def test_all_of_it_can_be_used_and_no_byte_more(small: NamespaceFiles, data: Path) -> None:
    small.write("/root/a", b"x" * LIMIT, ASKER)
    changes: tuple[Callable[[], None], ...] = (
        lambda: small.write("/root/b", b"", ASKER),
        lambda: small.write("/root/a", b"x", ASKER, append=True),
        lambda: small.make_folder("/root/d", ASKER),
        lambda: small.copy("/root/a", "/root/b", ASKER),
        lambda: small.move("/root/a", "/root/d/a", ASKER),
        lambda: small.pack(["/root/a"], "tar", "/root/t", ASKER),
    )
    for change in changes:
        with pytest.raises(QuotaExceeded):
            change()
    assert paths(small) == ["/root/a"]
    assert expect_true_count(data) == LIMIT
    small.remove("/root/a", ASKER)
    small.write("/root/b", b"", ASKER)


def test_a_smaller_limit_lets_files_go(small: NamespaceFiles, data: Path) -> None:
    for name in "abc":
        small.write(f"/root/{name}/f", b"x" * BLOCK, ASKER)
    smaller = FileStore(data, str, quota_bytes=lambda _: BLOCK).of(NAMESPACE)
    with pytest.raises(QuotaExceeded):
        smaller.write("/root/d", b"x", ASKER)
    smaller.move("/root/a/f", "/root/b/g", ASKER)
    smaller.remove("/root/a", ASKER)
    smaller.remove("/root/b", ASKER, recursive=True)
    smaller.clear("/root/c", ASKER)
    assert expect_true_count(data) == BLOCK


def test_an_archive_that_just_fits(small: NamespaceFiles, data: Path) -> None:
    """Folders are not counted twice while it is put in its place: it is there as a whole or not at all."""
    for name in ("a/b/c/f", "a/g", "h/i/j"):
        small.write(f"/root/in/{name}", b"x", ASKER)
    small.pack(["/root/in/a", "/root/in/h"], "tar", "/root/t", ASKER)
    small.make_folder("/root/out", ASKER)
    free = LIMIT - expect_true_count(data) - (3 + 5 + 1) * BLOCK  # files, folders, and the one in which it is made
    small.write("/root/filler", b"x" * free, ASKER)
    small.unpack("/root/t", "/root/out", ASKER)
    assert len(paths(small, "/root/out")) == 8
    expect_true_count(data)


def test_parallel_writers_stay_within_it(small: NamespaceFiles, data: Path) -> None:
    def write(number: int) -> bool:
        try:
            small.write(f"/root/{number}", b"x" * 3 * BLOCK, ASKER)
        except QuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        done = sum(pool.map(write, range(60)))
    assert done == LIMIT // (3 * BLOCK)
    assert expect_true_count(data) == done * 3 * BLOCK


@pytest.mark.slow
def test_writers_of_several_processes_stay_within_it(small: NamespaceFiles, data: Path) -> None:
    for number in range(4):
        small.make_folder(f"/root/writer{number}", ASKER)
    writers = [start(data, f"writer{number}", 60, 2 * BLOCK, LIMIT) for number in range(4)]
    said = [writer.communicate(timeout=60)[0].split() for writer in writers]
    assert {lines[-1] for lines in said} == {"quota_exceeded"}
    assert sum(len(lines) - 1 for lines in said) == (LIMIT - 4 * BLOCK) // (2 * BLOCK)
    assert expect_true_count(data) == LIMIT


@pytest.mark.slow
def test_after_kills_everything_answered_is_there_and_the_count_is_true(data: Path) -> None:
    limit = 10**9
    for round_ in range(6):
        writers = [start(data, f"r{round_}w{number}", 10_000, 30_000, limit) for number in range(2)]
        for writer in writers:
            assert writer.stdout
            for _ in range(15):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        answered = [line for writer in writers for line in writer.communicate()[0].split("\n")[:-1]]
        files = FileStore(data, str, quota_bytes=lambda _: limit).of(NAMESPACE)
        files.make_folder("/root/next", ASKER)
        assert {len(files.read(path, 10**6, ASKER)) for path in answered} <= {30_000}
        assert {entry.size for entry in files.walk("/root", 10**5, ASKER, recursive=True)} == {0, 30_000}
        expect_true_count(data)


def test_what_a_dead_process_left_is_swept_away(small: NamespaceFiles, data: Path) -> None:
    small.write("/root/a", b"x", ASKER)
    work = base(data) / "files.work"
    (work / "0123456789abcdef.40960").write_bytes(b"half")
    (work / "fedcba9876543210.0" / "deep" / "er").mkdir(parents=True)
    other = FileStore(data, str).of(NAMESPACE)
    other.write("/root/b", b"x", ASKER)
    assert expect_true_count(data) == 2 * BLOCK


def test_it_is_swept_away_before_anything_is_refused(small: NamespaceFiles, data: Path) -> None:
    small.write("/root/a", b"x", ASKER)
    usage = base(data) / "files.work" / "usage"
    full = bytearray(usage.read_bytes())
    full[8:16] = LIMIT.to_bytes(8, "little")
    usage.write_bytes(full)
    (base(data) / "files.work" / f"0123456789abcdef.{LIMIT - BLOCK}").touch()
    small.write("/root/b", b"x", ASKER)
    assert expect_true_count(data) == 2 * BLOCK


@pytest.mark.parametrize("damage", [b"", b"nonsense", bytes(61)])
def test_a_count_that_cannot_be_read_is_made_again(small: NamespaceFiles, data: Path, damage: bytes) -> None:
    small.write("/root/a", b"x" * 5_000, ASKER)
    (base(data) / "files.work" / "usage").write_bytes(damage)
    small.write("/root/b", b"x", ASKER)
    assert expect_true_count(data) == 3 * BLOCK


def test_namespaces_have_counts_of_their_own(data: Path) -> None:
    store = FileStore(data, str, quota_bytes=lambda name: {"user_a": BLOCK}.get(name))
    store.of("user_b").write("/root/f", b"x" * 10 * BLOCK, ASKER)
    store.of("user_a").write("/root/f", b"x", ASKER)
    with pytest.raises(QuotaExceeded):
        store.of("user_a").write("/root/g", b"x", ASKER)
    assert paths(store.of("user_a")) == ["/root/f"]
