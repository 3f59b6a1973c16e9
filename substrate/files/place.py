"""Where the files of one namespace stand, opened for one piece of work."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from substrate.files import appending, staging, trees
from substrate.files.handles import FOLDER
from substrate.files.ledger import BLOCK, Ledger, Turn
from substrate.files.paths import Names

FILES = "files"
WORK = "files.work"


@dataclass(frozen=True, slots=True)
class Place:
    """Open handles: `files` of what programs see as `/root`, `work` of the folder beside it."""

    files: int
    work: int
    ledger: Ledger


@contextmanager
def writing(base: Path, limit: int | None, first: Callable[[], bool]) -> Iterator[Place]:
    """The place of a namespace for the block, made where it is missing. `first`: see `Ledger`."""
    with _open(base, FILES) as files, _open(base, WORK) as work:
        yield Place(
            files,
            work,
            Ledger(
                work,
                limit,
                recount=lambda: trees.size_of(files) + staging.reserved(work),
                sweep=lambda: _sweep(files, work),
                first=first,
            ),
        )


@contextmanager
def reading(base: Path) -> Iterator[int | None]:
    """The handle of a namespace's files for the block; None where it has never had any."""
    try:
        handle = os.open(base / FILES, FOLDER)
    except FileNotFoundError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def made_folder(place: Place, turn: Turn, names: Names) -> Iterator[int]:
    """The handle of a folder for the block; it and those around it are made where they are missing."""
    here = os.open(".", FOLDER, dir_fd=place.files)
    try:
        for name in names:
            inner = _entered(here, name, turn)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def _entered(here: int, name: str, turn: Turn) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=here)
    except FileNotFoundError:
        turn.add(BLOCK)
    try:
        os.mkdir(name, 0o700, dir_fd=here)
    except OSError:
        turn.free(BLOCK)
        raise
    os.fsync(here)
    return os.open(name, FOLDER, dir_fd=here)


@contextmanager
def _open(base: Path, name: str) -> Iterator[int]:
    try:
        handle = os.open(base / name, FOLDER)
    except FileNotFoundError:
        os.makedirs(base, mode=0o700, exist_ok=True)
        (base / name).mkdir(mode=0o700, exist_ok=True)
        handle = os.open(base / name, FOLDER)
        _sync_upwards(base)
    try:
        yield handle
    finally:
        os.close(handle)


def _sync_upwards(base: Path) -> None:
    """Brings new folders to the disk: that of a namespace, and the two around it."""
    for folder in (base, base.parent, base.parent.parent):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sweep(files: int, work: int) -> bool:
    appending.undo(files, work)
    return staging.sweep(work)
