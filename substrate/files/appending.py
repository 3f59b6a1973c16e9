"""Adding to the end of a file where it stands, in one turn, so that it is there as a whole or not at all.

A copy for each line of a log would cost more and more. So the old length is noted in `files.work` first: when the
process dies half-way, whoever has the next turn cuts the file back to it.
"""

import os
from contextlib import suppress
from pathlib import Path

from substrate.files.handles import folder, is_file, parent, write_all
from substrate.files.paths import Names
from substrate.interface.faults import reach

NOTE = "append"
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def append(work: int, here: int, name: str, names: Names, data: bytes) -> None:
    """Adds to an ordinary file in a folder, in a turn; the caller brings it to the disk. Raises OSError."""
    handle = os.open(name, _FLAGS | os.O_APPEND, dir_fd=here)
    try:
        before = os.fstat(handle).st_size
        _note(work, f"{before}\n{'/'.join(names)}".encode())
        try:
            write_all(handle, data)
            reach("inside an append")
        except BaseException:
            os.ftruncate(handle, before)
            raise
        finally:
            os.unlink(NOTE, dir_fd=work)
    finally:
        os.close(handle)


def half_way(work: Path) -> bool:
    """Whether somebody adds to a file, or died when adding to it. `work`: the path of the folder of that name."""
    return (work / NOTE).exists()


def undo(files: int, work: int) -> None:
    """Takes back what a dead process has added to a file without coming to the end. In a turn."""
    try:
        note = os.open(NOTE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=work)
    except FileNotFoundError:
        return
    try:
        size, _, path = os.read(note, 2**16).decode().partition("\n")
    finally:
        os.close(note)
    if size.isdigit() and path:
        with suppress(FileNotFoundError, NotADirectoryError):
            _cut(files, tuple(path.split("/")), int(size))
    os.unlink(NOTE, dir_fd=work)


def _cut(files: int, names: Names, size: int) -> None:
    with parent(files, names) as (here, name):
        handle = os.open(name, _FLAGS, dir_fd=here)
    try:
        state = os.fstat(handle)
        if is_file(state) and state.st_size > size:
            os.ftruncate(handle, size)
            os.fsync(handle)
    finally:
        os.close(handle)


def _note(work: int, text: bytes) -> None:
    handle = os.open(NOTE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=work)
    try:
        write_all(handle, text)
    finally:
        os.close(handle)


def sync(files: int, names: Names, name: str) -> None:
    """Brings a file and the folder around it to the disk."""
    with folder(files, names) as here:
        handle = os.open(name, _FLAGS, dir_fd=here)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        os.fsync(here)
