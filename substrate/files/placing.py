"""Putting in its place what has been made aside: renames in a turn, and what then has to get to the disk."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from substrate.errors import Conflict, NotFound
from substrate.files import place, trees
from substrate.files.checks import expect_file, expect_replaceable, missing
from substrate.files.handles import chunks, find, folder, is_file, is_folder, look_up, parent, reading, write_all
from substrate.files.ledger import BLOCK, Turn, taken
from substrate.files.paths import Names, shown_path
from substrate.files.place import Place
from substrate.files.staging import Patient, Staged
from substrate.interface import Asker

_PATIENT = Patient()


def put(at: Place, made: Staged, names: Names, asker: Asker, *, only_new: bool = False) -> bool:
    """Puts a staged file or folder under these names; it is on disk then, with a file's content.

    only_new: where there is a file by now, nothing is done, and the answer is False.
    """
    by_folder = is_folder(os.fstat(made.handle))
    os.fsync(made.handle)
    with at.ledger.turn(asker) as turn, place.made_folder(at, turn, names[:-1]) as here:
        old = look_up(here, names[-1])
        expect_replaceable(names, old, by_folder=by_folder)
        if only_new and old and is_file(old):
            return False
        made.place(turn, here, names[-1])
        around = os.dup(here)
    try:
        os.fsync(around)
    finally:
        os.close(around)
    return True


def move(at: Place, turn: Turn, names: Names, target: Names) -> None:
    """Moves a file or folder in a turn; `sync_folders` is left to the caller."""
    with parent(at.files, names) as (source, name), place.made_folder(at, turn, target[:-1]) as here:
        found, old = look_up(source, name), look_up(here, target[-1])
        if found is None:
            raise missing(names)
        expect_replaceable(target, old, by_folder=is_folder(found))
        os.rename(name, target[-1], src_dir_fd=source, dst_dir_fd=here)
        turn.free(taken(old) if old else 0)


def merge(at: Place, made: Staged, target: Names, asker: Asker) -> None:
    """Puts all that is in a staged folder into a folder, over files of the same names; all of it or nothing."""
    if target and find(at.files, target) is None:
        put(at, made, target, asker)
        return
    with at.ledger.turn(asker) as turn:
        staged = list(_files(made.handle))
        for inner, name, _ in staged:
            _expect_room(at, target, (*inner, name))
        made_for_it = BLOCK * (sum(1 for _ in _folders(made.handle)) - 1)
        made.hand_over(made_for_it)  # the folders there take at most what those here have taken
        turn.free(made_for_it)
        moved = 0
        try:
            for inner, name, size in staged:
                with folder(made.handle, inner) as source, place.made_folder(at, turn, target + inner) as here:
                    old = look_up(here, name)
                    os.rename(name, name, src_dir_fd=source, dst_dir_fd=here)
                    turn.free(taken(old) if old else 0)
                    moved += size
            for inner in _folders(made.handle):
                with place.made_folder(at, turn, target + inner):
                    pass
        finally:
            made.hand_over(moved)
    sync_folders(at, *{target + inner for inner, _, _ in staged}, target)


def _expect_room(at: Place, target: Names, inner: Names) -> None:
    """No file is where a folder is to be, and the other way round."""
    for length in range(len(inner)):
        around = find(at.files, target + inner[:length])
        if around is None:
            return
        if not is_folder(around):
            raise Conflict(f"`{shown_path(target + inner[:length])}` is a file, not a folder")
    old = find(at.files, target + inner)
    if old:
        expect_file(target + inner, old)


def _files(at: int) -> Iterator[tuple[Names, str, int]]:
    for inner in _folders(at):
        with folder(at, inner) as here:
            for name, state in trees.scan(here, _PATIENT):
                if is_file(state):
                    yield inner, name, taken(state)


def _folders(at: int) -> Iterator[Names]:
    waiting: list[Names] = [()]
    while waiting:
        inner = waiting.pop()
        yield inner
        with folder(at, inner) as here:
            waiting.extend((*inner, name) for name, state in trees.scan(here, _PATIENT) if is_folder(state))


def own_copy(at: Place, names: Names) -> None:
    """Gives a file that has other names too (in a backup made of links, say) a copy under this one. In a turn."""
    copied = f"{secrets.token_hex(8)}.0"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with reading(at.files, names) as (source, state), parent(at.files, names) as (here, name):
        target = os.open(copied, flags, 0o600, dir_fd=at.work)
        try:
            for chunk in chunks(source, state.st_size):
                write_all(target, chunk)
        finally:
            os.close(target)
        os.rename(copied, name, src_dir_fd=at.work, dst_dir_fd=here)


def sync_folders(at: Place, *folders: Names) -> None:
    """Brings the names in these folders to the disk; a folder that somebody has taken away meanwhile needs it not."""
    if len(folders) > trees.MANY_FILES:
        os.sync()
        return
    for names in folders:
        with _unless_gone(), folder(at.files, names) as here:
            os.fsync(here)


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, NotFound):
        return
