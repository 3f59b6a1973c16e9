"""The files of one namespace: every verb's work, as `substrate.interface.Files` promises it."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from substrate.errors import Invalid, NotFound
from substrate.files import appending, place, placing, trees
from substrate.files.archives.pack import pack
from substrate.files.archives.unpack import unpack
from substrate.files.checks import (
    existing,
    expect_depth,
    expect_file,
    expect_recursive,
    expect_replaceable,
    missing,
    not_empty,
    not_root,
)
from substrate.files.handles import (
    chunks,
    find,
    folder,
    is_file,
    is_folder,
    look_up,
    meets_link,
    open_file,
    parent,
    reading,
    refusals,
)
from substrate.files.ledger import BLOCK, charge, taken
from substrate.files.paths import Names, parse, shown_path
from substrate.files.place import Place
from substrate.files.shares import Shares, new_token
from substrate.files.staging import staged
from substrate.interface import Asker, FileEntry

State = os.stat_result


class NamespaceFiles:
    """See `substrate.interface.Files`. `base` is the folder of the namespace.

    `limit` gives the bytes that may be taken, None for any number; `first` tells whether this is the first turn that
    this process takes in the namespace.
    """

    def __init__(
        self, namespace: str, base: Path, limit: Callable[[], int | None], shares: Shares, first: Callable[[], bool]
    ) -> None:
        self._namespace = namespace
        self._base = base
        self._limit = limit
        self._shares = shares
        self._first = first

    def settle(self, asker: Asker) -> None:
        if appending.half_way(self._base / place.WORK):
            with self._writing(()) as at, at.ledger.turn(asker):
                return

    def stat(self, path: str) -> FileEntry | None:
        names = parse(path)
        with refusals(names), place.reading(self._base) as files:
            found = find(files, names) if files is not None else None
        if found is None:
            return FileEntry(shown_path(()), 0, 0.0, True) if not names else None
        return _entry(names, found)

    def read(self, path: str, most: int, asker: Asker) -> bytes:
        names = parse(path)
        with self._reading(names) as files, reading(files, names) as (handle, found):
            if found.st_size > most:
                raise Invalid(f"the file `{shown_path(names)}` has more than {most:,} bytes", most=most, unit="bytes")
            asker.claim(found.st_size)
            return os.read(handle, found.st_size)

    def part(self, path: str, start: int, length: int, asker: Asker) -> bytes:
        names = parse(path)
        with self._reading(names) as files, reading(files, names) as (handle, _):
            asker.claim(length)
            return os.pread(handle, length, start)

    def walk(self, path: str, most: int, asker: Asker, *, recursive: bool = False) -> Iterator[FileEntry]:
        names = parse(path)
        with refusals(names), place.reading(self._base) as files:
            if files is None:
                if names:
                    raise missing(names)
                return
            for found in trees.walk(files, names, most, asker, recursive=recursive):
                yield _entry(*found)

    def open(self, path: str) -> tuple[int, State] | None:
        """The handle of a file that the caller closes, and what it is; None where there is no such file."""
        names = parse(path)
        with refusals(names), place.reading(self._base) as files:
            found = find(files, names) if files is not None else None
            if files is None or found is None or not is_file(found):
                return None
            try:
                return open_file(files, names)
            except (FileNotFoundError, NotADirectoryError, Invalid):
                return None

    def meets_link(self, path: str) -> bool:
        """Whether something on the path is a link, which is never followed."""
        names = parse(path)
        with refusals(names), place.reading(self._base) as files:
            return files is not None and meets_link(files, names)

    def write(self, path: str, data: bytes, asker: Asker, *, append: bool = False) -> None:
        names = not_root(parse(path))
        with self._writing(names) as at:
            while not (append and self._appended(at, names, data, asker)):
                with staged(at.work, at.ledger, asker, charge(len(data))) as made:
                    made.write(data)
                    if placing.put(at, made, names, asker, only_new=append):
                        return

    def _appended(self, at: Place, names: Names, data: bytes, asker: Asker) -> bool:
        """Adds to a file where it stands; False where there is none that it could be added to so."""
        with at.ledger.turn(asker) as turn:
            found = find(at.files, names)
            if found is None:
                return False
            expect_file(names, found)
            if found.st_nlink > 1:
                # Under another name, perhaps in a backup, the file has to stay as it is: it gets a copy of its own.
                placing.own_copy(at, names)
            turn.add(grown := charge(found.st_size + len(data)) - charge(found.st_size))
            try:
                with parent(at.files, names) as (here, name):
                    appending.append(at.work, here, name, names, data)
            except BaseException:
                turn.free(grown)
                raise
        appending.sync(at.files, names[:-1], names[-1])
        return True

    def make_folder(self, path: str, asker: Asker) -> None:
        names = parse(path)
        with self._writing(names) as at, at.ledger.turn(asker) as turn, place.made_folder(at, turn, names):
            return

    def copy(self, path: str, to: str, asker: Asker, *, recursive: bool = False) -> None:
        names, target = parse(path), not_root(parse(to))
        with self._writing(names, target) as at:
            found = existing(at, names)
            if is_file(found):
                with reading(at.files, names) as (handle, state), staged(at.work, at.ledger, asker) as made:
                    for chunk in chunks(handle, state.st_size):
                        asker.look()
                        made.write(chunk)
                    placing.put(at, made, target, asker)
                return
            expect_recursive(names, recursive)
            expect_depth(at, names, target, asker)
            expect_replaceable(target, find(at.files, target), by_folder=True)
            with staged(at.work, at.ledger, asker, BLOCK, folder=True) as made:
                made.spend(BLOCK)
                trees.copy_into(made, at.files, names)
                placing.put(at, made, target, asker)

    def move(self, path: str, to: str, asker: Asker) -> None:
        names, target = not_root(parse(path)), not_root(parse(to))
        with self._writing(names, target) as at:
            if names == target:
                existing(at, names)
                return
            if is_folder(existing(at, names)):
                if target[: len(names)] == names:
                    raise Invalid(f"`{shown_path(names)}` cannot be moved into itself")
                expect_depth(at, names, target, asker)
            with at.ledger.turn(asker) as turn:
                placing.move(at, turn, names, target)
            placing.sync_folders(at, names[:-1], target[:-1])

    def remove(self, path: str, asker: Asker, *, recursive: bool = False) -> None:
        names = not_root(parse(path), "to delete all that is in it, write `CLEAR`")
        with self._writing(names) as at:
            if is_folder(existing(at, names)):
                self._take_away(at, names, recursive, asker)
            else:
                with at.ledger.turn(asker) as turn, parent(at.files, names) as (here, name):
                    old = look_up(here, name)
                    os.unlink(name, dir_fd=here)
                    turn.free(taken(old) if old else 0)
            placing.sync_folders(at, names[:-1])

    def _take_away(self, at: Place, names: Names, recursive: bool, asker: Asker) -> None:
        if not recursive:
            with at.ledger.turn(asker) as turn, parent(at.files, names) as (here, name):
                try:
                    os.rmdir(name, dir_fd=here)
                except OSError as error:
                    raise (not_empty(names) if error.errno == errno.ENOTEMPTY else error) from error
                turn.free(BLOCK)
            return
        with (
            staged(at.work, at.ledger, asker, folder=True) as trash,
            at.ledger.turn(asker) as turn,
            parent(at.files, names) as (here, name),
        ):
            trash.take_in(turn, here, name)

    def clear(self, path: str, asker: Asker) -> None:
        names = parse(path)
        with self._writing(names) as at:
            with (
                staged(at.work, at.ledger, asker, folder=True) as trash,
                at.ledger.turn(asker) as turn,
                folder(at.files, names) as here,
            ):
                for name in os.listdir(here):
                    trash.take_in(turn, here, name)
            placing.sync_folders(at, names)

    def pack(self, paths: Sequence[str], kind: str, into: str, asker: Asker) -> None:
        selected, target = [parse(path) for path in paths], not_root(parse(into))
        with self._writing(target) as at, staged(at.work, at.ledger, asker) as made:
            pack(at.files, selected, kind, made)
            placing.put(at, made, target, asker)

    def unpack(self, path: str, into: str, asker: Asker) -> int:
        names, target = parse(path), parse(into)
        with self._writing(names, target) as at, reading(at.files, names) as (handle, found):
            with staged(at.work, at.ledger, asker, BLOCK, folder=True) as made:
                made.spend(BLOCK)
                files = unpack(handle, found.st_size, names[-1], len(target), made)
                trees.settle(made.handle, files)
                placing.merge(at, made, target, asker)
            return files

    def new_token(self) -> str:
        return new_token()

    def share(self, path: str, token: str, now: float, seconds: float | None, *, multi: bool = False) -> str:
        names = parse(path)
        found = self.stat(path)
        if found is None:
            raise NotFound(f"there is no file `{shown_path(names)}`")
        if found.is_folder:
            raise Invalid(f"`{shown_path(names)}` is a folder, not a file", hint="share an archive made by `COMPRESS`")
        expires = None if seconds is None else now + seconds
        return self._shares.add(self._namespace, shown_path(names), token, now, expires, multi=multi)

    def shared(self, path: str, now: float) -> int:
        return self._shares.count(self._namespace, shown_path(parse(path)), now)

    def unshare(self, path: str, now: float) -> int:
        return self._shares.end(self._namespace, shown_path(parse(path)), now)

    @contextmanager
    def _reading(self, names: Names) -> Iterator[int]:
        with refusals(names), place.reading(self._base) as files:
            if files is None:
                raise missing(names)
            yield files

    @contextmanager
    def _writing(self, *paths: Names) -> Iterator[Place]:
        with refusals(paths[-1]), place.writing(self._base, self._limit(), self._first) as at:
            yield at


def _entry(names: Names, found: State) -> FileEntry:
    size = found.st_size if is_file(found) else 0
    return FileEntry(shown_path(names), size, found.st_mtime, is_folder(found))
