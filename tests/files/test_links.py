"""Nothing outside of a namespace's folder is ever reached, by links, devices, pipes, or by changing them meanwhile."""

import ctypes
import os
import threading
from pathlib import Path

import pytest

from substrate.errors import StoreError
from substrate.files.folder import NamespaceFiles
from substrate.files.opening import FileStore
from tests.files.asking import ASKER, inside, paths, text

SECRET = b"secret of another"
AT_FDCWD = -100
RENAME_EXCHANGE = 2


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the data folder, with a file."""
    made = tmp_path / "outside"
    made.mkdir()
    (made / "secret").write_bytes(SECRET)
    return made


@pytest.fixture
def root(files: NamespaceFiles, data: Path, outside: Path) -> Path:
    """The real folder, in which somebody has put links, a device and a pipe."""
    files.write("/root/plain/a", b"x", ASKER)
    root = inside(data)
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    (root / "nowhere").symlink_to("gone")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    return root


LINKS = ("folder", "file", "nowhere", "loop", "pipe")


def test_they_are_as_if_they_were_not_there(files: NamespaceFiles, root: Path) -> None:
    assert paths(files) == ["/root/plain", "/root/plain/a"]
    assert [files.stat(f"/root/{name}") for name in LINKS] == [None] * len(LINKS)
    assert files.stat("/root/folder/secret") is None
    assert files.open("/root/file") is None


@pytest.mark.parametrize("path", ["/root/file", "/root/folder/secret", "/root/nowhere", "/root/loop", "/root/pipe"])
def test_they_are_not_read(files: NamespaceFiles, root: Path, path: str) -> None:
    with pytest.raises(StoreError):
        files.read(path, 100, ASKER)
    with pytest.raises(StoreError):
        files.copy(path, "/root/copy", ASKER)
    with pytest.raises(StoreError):
        files.pack([path], "zip", "/root/archive", ASKER)
    with pytest.raises(StoreError):
        files.share(path, "token", 0, None)


def test_nothing_is_written_through_them(files: NamespaceFiles, root: Path, outside: Path) -> None:
    for append in (False, True):
        with pytest.raises(StoreError):
            files.write("/root/folder/new", b"x", ASKER, append=append)
    with pytest.raises(StoreError):
        files.make_folder("/root/folder/new", ASKER)
    with pytest.raises(StoreError):
        files.copy("/root/plain", "/root/folder/new", ASKER, recursive=True)
    with pytest.raises(StoreError):
        files.move("/root/plain/a", "/root/folder/a", ASKER)
    with pytest.raises(StoreError):
        files.remove("/root/folder/secret", ASKER)
    with pytest.raises(StoreError):
        files.clear("/root/folder", ASKER)
    assert os.listdir(outside) == ["secret"]


def test_a_write_replaces_the_link_and_not_what_it_leads_to(files: NamespaceFiles, root: Path, outside: Path) -> None:
    files.write("/root/file", b"mine", ASKER)
    files.write("/root/pipe", b"mine", ASKER, append=True)
    assert text(files, "/root/file") == text(files, "/root/pipe") == "mine"
    assert (outside / "secret").read_bytes() == SECRET


def test_what_is_deleted_is_the_link(files: NamespaceFiles, root: Path, outside: Path) -> None:
    (root / "plain" / "folder").symlink_to(outside)
    files.remove("/root/plain", ASKER, recursive=True)
    files.clear("/root", ASKER)
    assert os.listdir(root) == []
    assert (outside / "secret").read_bytes() == SECRET


def test_a_copy_of_a_folder_leaves_them_out(files: NamespaceFiles, root: Path) -> None:
    files.copy("/root", "/root/copy", ASKER, recursive=True)
    assert paths(files, "/root/copy") == ["/root/copy/plain", "/root/copy/plain/a"]


def test_a_link_in_place_of_the_root_is_not_followed(store: FileStore, data: Path, outside: Path) -> None:
    (data / "namespaces" / "user_eve").mkdir(parents=True)
    (data / "namespaces" / "user_eve" / "files").symlink_to(outside)
    with pytest.raises(StoreError):
        store.of("user_eve").read("/root/secret", 100, ASKER)
    with pytest.raises(StoreError):
        store.of("user_eve").write("/root/new", b"x", ASKER)
    assert os.listdir(outside) == ["secret"]


def test_names_that_are_no_unicode_are_passed_over(files: NamespaceFiles, root: Path) -> None:
    os.close(os.open(os.fsencode(root) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    assert paths(files) == ["/root/plain", "/root/plain/a"]
    files.clear("/root", ASKER)
    assert os.listdir(root) == []


def test_a_file_with_another_name_elsewhere_stays_there_as_it_is(files: NamespaceFiles, data: Path) -> None:
    """A backup made of hard links is not changed by what is written after it."""
    files.write("/root/a", b"old", ASKER)
    backup = data / "backup"
    os.link(inside(data) / "a", backup)
    files.write("/root/a", b" and new", ASKER, append=True)
    assert text(files, "/root/a") == "old and new"
    assert backup.read_bytes() == b"old"


@pytest.mark.slow
def test_a_folder_that_becomes_a_link_meanwhile(files: NamespaceFiles, data: Path, outside: Path) -> None:
    """Somebody swaps a folder and a link to the outside as fast as they can, while others work in it."""
    files.write("/root/d/secret", b"mine", ASKER)
    root = inside(data)
    (root / "link").symlink_to(outside)
    libc = ctypes.CDLL(None, use_errno=True)
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            assert libc.renameat2(AT_FDCWD, bytes(root / "d"), AT_FDCWD, bytes(root / "link"), RENAME_EXCHANGE) == 0

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        results = [_attempt(files, number) for number in range(1_500)]
    finally:
        ended.set()
        swapper.join()
    assert SECRET not in results
    assert {"done", "refused"} < set(results)
    assert os.listdir(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == SECRET


def _attempt(files: NamespaceFiles, number: int) -> object:
    try:
        if number % 3 == 0:
            return files.read("/root/d/secret", 100, ASKER)
        if number % 3 == 1:
            files.write("/root/d/secret", b"mine", ASKER, append=True)
        else:
            return b"".join(entry.path.encode() for entry in files.walk("/root/d", 10, ASKER))
    except StoreError:
        return "refused"
    return "done"
