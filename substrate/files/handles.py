"""Opening files by their names, one name after the other, each without following a link.

A path as a whole is never given to the system: between a check and its use somebody could put a link in the way.
Here every step is taken from the handle of the step before, so what was once inside the root stays inside.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from substrate.errors import Conflict, Invalid, NotFound, StoreError, Unavailable
from substrate.files.paths import Names, shown_path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""Not blocking: to open a FIFO would wait for whoever writes to it."""

CHUNK = 2**20
"""How many bytes are read or written in one go."""


@contextmanager
def folder(at: int, names: Names) -> Iterator[int]:
    """The handle of the folder with these names below the handle `at`, for the block."""
    here = os.open(".", FOLDER, dir_fd=at)
    try:
        for name in names:
            inner = os.open(name, FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


@contextmanager
def parent(at: int, names: Names) -> Iterator[tuple[int, str]]:
    """The handle of the folder around what has these names, and the last name."""
    with folder(at, names[:-1]) as here:
        yield here, names[-1]


def look_up(here: int, name: str) -> os.stat_result | None:
    """What there is under a name in a folder, links not followed; None for nothing."""
    try:
        return os.stat(name, dir_fd=here, follow_symlinks=False)
    except FileNotFoundError:
        return None


def find(at: int, names: Names) -> os.stat_result | None:
    """What there is under these names: a file or a folder, else None."""
    try:
        if not names:
            return os.fstat(at)
        with parent(at, names) as (here, name):
            found = look_up(here, name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    return found if found and (is_file(found) or is_folder(found)) else None


def meets_link(at: int, names: Names) -> bool:
    """Whether one of these names is a link. It is for telling people why nothing is there, not for protection."""
    for count in range(1, len(names) + 1):
        try:
            with parent(at, names[:count]) as (here, name):
                found = look_up(here, name)
        except OSError:
            return False
        if found is None or stat.S_ISLNK(found.st_mode):
            return found is not None
    return False


def is_file(found: os.stat_result) -> bool:
    """Whether it is an ordinary file."""
    return stat.S_ISREG(found.st_mode)


def is_folder(found: os.stat_result) -> bool:
    """Whether it is a folder."""
    return stat.S_ISDIR(found.st_mode)


@contextmanager
def reading(at: int, names: Names) -> Iterator[tuple[int, os.stat_result]]:
    """The handle of an ordinary file and what it is, for the block. Raises Invalid for anything else, and OSError."""
    handle, found = open_file(at, names)
    try:
        yield handle, found
    finally:
        os.close(handle)


def open_file(at: int, names: Names) -> tuple[int, os.stat_result]:
    """As `reading`; the caller closes the handle."""
    if not names:
        raise _unlike(names, "folder")
    with parent(at, names) as (here, name):
        handle = os.open(name, READ, dir_fd=here)
    found = os.fstat(handle)
    if not is_file(found):
        os.close(handle)
        raise _unlike(names, "folder" if is_folder(found) else "device")
    return handle, found


def _unlike(names: Names, kind: str) -> Invalid:
    return Invalid(f"`{shown_path(names)}` is a {kind}, not a file")


def chunks(handle: int, size: int) -> Iterator[bytes]:
    """What a handle gives, at most `size` bytes in all, a chunk at a time."""
    while size > 0 and (chunk := os.read(handle, min(size, CHUNK))):
        size -= len(chunk)
        yield chunk


def write_all(handle: int, data: bytes) -> None:
    """Writes all of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest[:CHUNK]) :]


@contextmanager
def refusals(names: Names) -> Iterator[None]:
    """What the system refuses in the block, as StoreErrors that name the path."""
    try:
        yield
    except OSError as error:
        raise _refusal(error, shown_path(names)) from error


def _refusal(error: OSError, path: str) -> StoreError:
    if error.errno in _KINDS:
        kind, message = _KINDS[error.errno]
        return kind(message.format(path=path))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable("the disk of the server is full")
    return Unavailable(f"the server cannot use `{path}`: {(error.strerror or 'unknown').lower()}")


_KINDS: dict[int | None, tuple[type[StoreError], str]] = {
    errno.ENOENT: (NotFound, "there is no file or folder `{path}`"),
    errno.ENOTDIR: (Invalid, "`{path}` leads through something that is not a folder"),
    errno.ELOOP: (Invalid, "`{path}` is a link, and links are not followed"),
    errno.EISDIR: (Invalid, "`{path}` is a folder, not a file"),
    errno.EEXIST: (Conflict, "there is something at `{path}` already"),
    errno.ENOTEMPTY: (Conflict, "the folder `{path}` is not empty"),
    errno.ENAMETOOLONG: (Invalid, "a name in `{path}` is too long"),
    errno.ENXIO: (Invalid, "`{path}` is a device, not a file"),
}
