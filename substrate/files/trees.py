"""Whole folders: going through them, counting, copying, deleting. Depth takes neither stack nor handles."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from substrate.errors import Invalid
from substrate.files.handles import FOLDER, chunks, folder, is_file, is_folder, open_file
from substrate.files.ledger import BLOCK, charge, taken
from substrate.files.paths import Names, shown_path
from substrate.interface import Asker

if TYPE_CHECKING:
    from substrate.files.staging import Staged

Found = tuple[Names, os.stat_result]

BETWEEN_LOOKS = 256
"""After so many entries the asker looks whether it should go on."""
MANY_FILES = 32
"""To bring more files than this to the disk, one `sync` of all is quicker than one for each."""
_AT_ONCE = 1_000


def walk(at: int, names: Names, most: int, asker: Asker, *, recursive: bool) -> Iterator[Found]:
    """The files and folders in a folder, sorted by name, each folder right before what is in it."""
    waiting = [iter(_sorted(at, names, most, asker))]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        yield found
        if recursive and is_folder(found[1]):
            with suppress(FileNotFoundError, NotADirectoryError):  # it may be gone by now
                waiting.append(iter(_sorted(at, found[0], most, asker)))


def _sorted(at: int, names: Names, most: int, asker: Asker) -> list[Found]:
    found: list[Found] = []
    with folder(at, names) as here:
        for entry, state in scan(here, asker):
            if len(found) >= most:
                raise Invalid(
                    f"the folder `{shown_path(names)}` holds more than {most:,} entries", most=most, unit="entries"
                )
            found.append(((*names, entry), state))
    return sorted(found)


def scan(here: int, asker: Asker) -> Iterator[tuple[str, os.stat_result]]:
    """The files and folders in an open folder as they come, others left out, and names that are no Unicode."""
    with os.scandir(here) as entries:
        for number, entry in enumerate(entries):
            if number % BETWEEN_LOOKS == 0:
                asker.look()
            if entry.is_symlink() or not _is_unicode(entry.name):
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if is_file(state) or is_folder(state):
                yield entry.name, state


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def size_of(at: int) -> int:
    """The bytes that everything in a folder is counted for. In a turn, so that nothing comes or goes meanwhile."""
    total = 0
    waiting: list[Names] = [()]
    while waiting:
        names = waiting.pop()
        with folder(at, names) as here, os.scandir(here) as entries:
            for entry in entries:
                state = entry.stat(follow_symlinks=False)
                total += taken(state)
                if is_folder(state):
                    waiting.append((*names, entry.name))
    return total


def depth(at: int, names: Names, asker: Asker) -> int:
    """How many folders stand inside each other in a folder, itself counted."""
    deepest = 0
    waiting = [names]
    while waiting:
        here = waiting.pop()
        deepest = max(deepest, len(here) - len(names) + 1)
        with folder(at, here) as handle:
            waiting.extend((*here, name) for name, state in scan(handle, asker) if is_folder(state))
    return deepest


def copy_into(made: "Staged", at: int, names: Names) -> None:
    """Copies all that is in a folder into a staged one, and brings it to the disk. Raises QuotaExceeded."""
    files = 0
    waiting: list[Names] = [()]
    while waiting:
        inner = waiting.pop()
        with folder(at, names + inner) as source, folder(made.handle, inner) as target:
            for name, state in scan(source, made.asker):
                if is_folder(state):
                    made.spend(BLOCK)
                    os.mkdir(name, 0o700, dir_fd=target)
                    waiting.append((*inner, name))
                else:
                    files += 1
                    copy_file(made, source, name, target)
    settle(made.handle, files)


def copy_file(made: "Staged", source: int, name: str, target: int) -> None:
    """Copies one file from a folder into a folder of what is being made."""
    handle, state = open_file(source, (name,))
    try:
        with new_file(made, target, name) as copy:
            for chunk in chunks(handle, state.st_size):
                copy.write(chunk)
    finally:
        os.close(handle)


class NewFile:
    """A file inside a staged folder; its bytes are counted as it grows."""

    def __init__(self, made: "Staged", handle: int) -> None:
        self.size = 0
        self._made = made
        self._handle = handle

    def __enter__(self) -> "NewFile":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def write(self, data: bytes) -> None:
        """Adds to it. Raises QuotaExceeded."""
        self._made.asker.look()
        before = charge(self.size)
        self.size += len(data)
        if charge(self.size) > before:
            self._made.spend(charge(self.size) - before)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._handle, rest) :]


def new_file(made: "Staged", here: int, name: str) -> NewFile:
    """A new empty file in a folder of what is being made. Raises QuotaExceeded, FileExistsError."""
    made.spend(BLOCK)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return NewFile(made, os.open(name, flags, 0o600, dir_fd=here))


def settle(at: int, files: int) -> None:
    """Brings a folder with so many files in it to the disk."""
    if files > MANY_FILES:
        os.sync()
        return
    waiting: list[Names] = [()]
    while waiting:
        names = waiting.pop()
        with folder(at, names) as here:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((*names, entry.name))
                    else:
                        _sync(here, entry.name)
            os.fsync(here)


def _sync(here: int, name: str) -> None:
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def delete_inside(here: int) -> int:
    """Deletes everything in a folder, links and all; the bytes that it was counted for.

    Inner folders are first moved up to the top, so that it makes no difference how deep they were.
    """
    freed = 0
    while found := _some(here):
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                freed += BLOCK + _lift(here, entry.name)
                os.rmdir(entry.name, dir_fd=here)
            else:
                freed += taken(entry.stat(follow_symlinks=False))
                os.unlink(entry.name, dir_fd=here)
    return freed


def _lift(top: int, name: str) -> int:
    """Deletes the files of an inner folder, and moves the folders in it to the top."""
    freed = 0
    inner = os.open(name, FOLDER, dir_fd=top)
    try:
        while found := _some(inner):
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    os.rename(entry.name, secrets.token_hex(8), src_dir_fd=inner, dst_dir_fd=top)
                else:
                    freed += taken(entry.stat(follow_symlinks=False))
                    os.unlink(entry.name, dir_fd=inner)
    finally:
        os.close(inner)
    return freed


def _some(here: int) -> list["os.DirEntry[str]"]:
    with os.scandir(here) as entries:
        return list(islice(entries, _AT_ONCE))
