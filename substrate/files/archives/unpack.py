"""Unpacks zip, tar, tar.gz and gz into a staged folder. Which one it is, the content says and not the name.

Nothing of an archive is believed: names, sizes and counts are checked as they come out. Only ordinary files and folders
are made, all with the same rights; whoever has put links or devices in is refused.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from substrate.errors import Invalid, shown
from substrate.files import trees
from substrate.files.archives import tar
from substrate.files.archives.bounds import MAX_ENTRIES, Bounds
from substrate.files.archives.sources import Gunzipped, Plain, Source, ZipSource
from substrate.files.handles import FOLDER
from substrate.files.ledger import BLOCK
from substrate.files.paths import Names
from substrate.files.staging import Staged

_SMALL = 2**16


def unpack(handle: int, size: int, name: str, depth: int, made: Staged) -> int:
    """Unpacks an open archive into a staged folder; how many files there were. Raises Invalid, QuotaExceeded.

    `name` is that of the archive; `depth`: how many names the path of the target has.
    """
    bounds = Bounds(size, depth, made.asker)
    start = os.pread(handle, tar.BLOCK, 0)
    with _understood():
        if start.startswith((b"PK\3\4", b"PK\5\6")):
            return _unzip(handle, made, bounds)
        if start.startswith(b"\x1f\x8b"):
            source = Gunzipped(handle, made.asker.look)
            if tar.is_tar(source.peek(tar.BLOCK)):
                return _untar(source, made, bounds)
            return _gunzip(source, name, made, bounds)
        if tar.is_tar(start):
            return _untar(Plain(handle), made, bounds)
    raise Invalid("expected a zip, tar, tar.gz or gz archive, found something else")


@contextmanager
def _understood() -> Iterator[None]:
    """What the readers of archives say of broken ones, as one refusal."""
    try:
        yield
    except (
        zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error,
        EOFError, ValueError, LookupError, ArithmeticError, RuntimeError,
    ) as error:  # fmt: skip
        raise Invalid("the archive is damaged, or packed in a way that is not supported") from error


def _gunzip(source: Source, name: str, made: Staged, bounds: Bounds) -> int:
    inner = bounds.entry(name[:-3] if name.lower().endswith(".gz") and len(name) > 3 else name)
    with _new_file(made, inner) as file:
        while chunk := source.read(_SMALL):
            file.write(bounds.take(chunk))
    return 1


def _untar(source: Source, made: Staged, bounds: Bounds) -> int:
    files = 0
    for member in tar.members(source):
        names = bounds.entry(member.name)
        if member.is_folder:
            _make_folders(made, names)
            continue
        files += 1
        with _new_file(made, names) as file:
            for chunk in tar.content(source, member, _SMALL):
                file.write(bounds.take(chunk))
    return files


def _unzip(handle: int, made: Staged, bounds: Bounds) -> int:
    files = 0
    source = ZipSource(handle, MAX_ENTRIES)
    with zipfile.ZipFile(cast(IO[bytes], source)) as archive:
        source.reading_entries = True
        for info in archive.infolist():
            names = bounds.entry(info.filename)
            if info.flag_bits & 1:
                raise Invalid("the archive is encrypted")
            if info.is_dir():
                _make_folders(made, names)
                continue
            if (info.external_attr >> 16) & 0o170000 not in (0, 0o100000):
                raise Invalid(f"the archive has a link or device: {shown(info.filename)}")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Invalid("the archive is packed in a way that is not supported")
            files += 1
            with archive.open(info) as content, _new_file(made, names) as file:
                while chunk := content.read(_SMALL):
                    file.write(bounds.take(chunk))
    return files


def _new_file(made: Staged, names: Names) -> trees.NewFile:
    if not names:
        raise Invalid("the archive has a file without a name")
    with _folder(made, names[:-1]) as here:
        try:
            return trees.new_file(made, here, names[-1])
        except (FileExistsError, IsADirectoryError):
            raise Invalid(f"the archive has {shown('/'.join(names))} twice") from None


def _make_folders(made: Staged, names: Names) -> None:
    with _folder(made, names):
        return


@contextmanager
def _folder(made: Staged, names: Names) -> Iterator[int]:
    here = os.open(".", FOLDER, dir_fd=made.handle)
    try:
        for name in names:
            inner = _entered(made, here, name)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def _entered(made: Staged, here: int, name: str) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=here)
    except FileNotFoundError:
        made.spend(BLOCK)
        os.mkdir(name, 0o700, dir_fd=here)
        return os.open(name, FOLDER, dir_fd=here)
    except NotADirectoryError:
        raise Invalid(f"the archive has a file and a folder of the name {shown(name)}") from None
