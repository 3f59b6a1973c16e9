"""Makes zip, tar, tar.gz and gz of files and folders, a chunk at a time."""

import gzip
import os
import tarfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import IO, Literal, cast

from substrate.errors import Invalid
from substrate.files import trees
from substrate.files.archives.bounds import MAX_ENTRIES
from substrate.files.checks import missing
from substrate.files.handles import CHUNK, chunks, find, is_folder, reading
from substrate.files.paths import Names, shown_path
from substrate.files.staging import Staged

Found = tuple[Names, os.stat_result]
_EARLIEST_IN_ZIP = 315_532_800
_LATEST_IN_ZIP = 4_354_819_199


def pack(files: int, selected: Sequence[Names], kind: str, made: Staged) -> None:
    """Writes an archive of what is selected into a staged file. Raises Invalid, NotFound, QuotaExceeded."""
    _refuse_doubles(selected)
    sink = cast(IO[bytes], Sink(made))
    if kind == "gz":
        _gzip(files, selected, sink)
    elif kind == "zip":
        _zip(files, selected, sink, made)
    else:
        _tar(files, selected, sink, "w|gz" if kind == "tar.gz" else "w|", made)


class Sink:
    """A staged file as a writer of archives wants it: it can only be added to."""

    def __init__(self, made: Staged) -> None:
        self._made = made

    def write(self, data: bytes) -> int:
        """Adds to the file. Raises QuotaExceeded."""
        self._made.asker.look()
        data = bytes(data)
        self._made.write(data)
        return len(data)

    def flush(self) -> None:
        """Everything is written at once."""

    def close(self) -> None:
        """The file stays open."""


def _refuse_doubles(selected: Sequence[Names]) -> None:
    if not selected:
        raise Invalid("nothing is selected", hint="select files by `FILE SELECT`")
    names = [names[-1] if names else "root" for names in selected]
    for name in names:
        if names.count(name) > 1:
            raise Invalid(f"two of the selected files have the name `{name}`", hint="select the folder around them")


def _entries(files: int, selected: Sequence[Names], made: Staged) -> Iterator[tuple[str, Names, os.stat_result]]:
    """Everything that is selected, with the name that it has in the archive."""
    count = 0
    for top in selected:
        found = find(files, top)
        if found is None:
            raise missing(top)
        outside = len(top) - 1 if top else 0
        inner = trees.walk(files, top, MAX_ENTRIES, made.asker, recursive=True) if is_folder(found) else iter(())
        for names, state in _with(top, found, inner):
            count += 1
            if count > MAX_ENTRIES:
                raise Invalid(f"an archive holds at most {MAX_ENTRIES:,} files and folders")
            if names:
                yield "/".join(names[outside:]), names, state


def _with(top: Names, found: os.stat_result, inner: Iterator[Found]) -> Iterator[Found]:
    yield top, found
    yield from inner


def _zip(files: int, selected: Sequence[Names], sink: IO[bytes], made: Staged) -> None:
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, names, state in _entries(files, selected, made):
            moment = time.gmtime(min(max(state.st_mtime, _EARLIEST_IN_ZIP), _LATEST_IN_ZIP))
            info = zipfile.ZipInfo(name + "/" * is_folder(state), moment[:6])
            info.external_attr = (0o40700 << 16) | 0x10 if is_folder(state) else 0o100600 << 16
            if is_folder(state):
                archive.writestr(info, b"")
                continue
            info.compress_type = zipfile.ZIP_DEFLATED
            with reading(files, names) as (handle, now), archive.open(info, "w", force_zip64=True) as entry:
                for chunk in chunks(handle, now.st_size):
                    entry.write(chunk)


def _tar(files: int, selected: Sequence[Names], sink: IO[bytes], mode: Literal["w|", "w|gz"], made: Staged) -> None:
    with tarfile.open(fileobj=sink, mode=mode, format=tarfile.PAX_FORMAT) as archive:
        for name, names, state in _entries(files, selected, made):
            info = tarfile.TarInfo(name)
            info.mtime = int(state.st_mtime)
            if is_folder(state):
                info.type, info.mode = tarfile.DIRTYPE, 0o700
                archive.addfile(info)
                continue
            with reading(files, names) as (handle, now):
                info.size, info.mode = now.st_size, 0o600
                with os.fdopen(os.dup(handle), "rb", CHUNK) as source:
                    archive.addfile(info, source)


def _gzip(files: int, selected: Sequence[Names], sink: IO[bytes]) -> None:
    if len(selected) != 1:
        raise Invalid(f'"gz" packs one file, and {len(selected)} are selected', hint='write `AS "tar.gz"`')
    found = find(files, selected[0])
    if found is None:
        raise missing(selected[0])
    if is_folder(found):
        raise Invalid(f"`{shown_path(selected[0])}` is a folder, not a file", hint='write `AS "tar.gz"`')
    with reading(files, selected[0]) as (handle, state):
        name = selected[0][-1]
        with closing(gzip.GzipFile(name, "wb", fileobj=sink, mtime=state.st_mtime)) as archive:
            for chunk in chunks(handle, state.st_size):
                archive.write(chunk)
