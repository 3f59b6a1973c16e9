"""Verbs on files below `/root/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from oql.errors import Code, OqlError, expected, failed, limit_reached
from oql.file_events import appended, changing, copied, moved, state
from oql.glob import compile_glob
from oql.site_claims import claim_below, claiming
from oql.values import Image, Value, json_weight, text_form, whole
from oql.verbs.declare import Any, Family, Text, describe
from oql.verbs.run import Run
from oql.verbs.time import Duration, checked
from substrate.errors import QuotaExceeded, StoreError
from substrate.interface import FileEntry, Files

family = Family(
    "files",
    "Files",
    failure=Code.FS_WRITE_ERROR,
    exec_class="Io",
    options={"effect": "store", "touches": "file"},
)

Recursive = Literal["recursive"]
_BYTES_AN_ENTRY = 200


@family.verb(
    "WRITE",
    examples=[
        ('WRITE "Hello" INTO "/root/a.txt" AFTER READ "/root/a.txt"', "Hello"),
        (
            'WRITE "one" INTO "/root/log" AFTER WRITE ", two" INTO "/root/log" AS "append" AFTER READ "/root/log"',
            "one, two",
        ),
    ],
    names="INTO",
    acts=True,
)
def write(run: Run, value: Any, *, into: Text, as_: Literal["append", "png", "jpg", "webp"] | None = None) -> Value:
    """Writes a value to a file, or adds it at the end; an image in the format that AS, or the path's ending, names.

    Binary is written as it is, anything else as its text form. Folders that are missing are made.
    """
    files = _files(run, "WRITE")
    if isinstance(value, Image) or as_ in ("png", "jpg", "webp"):
        value = _image(run, value, into, as_)
    elif not isinstance(value, (str, bytes)):
        run.claim(json_weight(value))
    with _refusals(Code.FS_WRITE_ERROR), claiming(run, files, into), changing(run, files, into) as [before]:
        data = _bytes(run, value)
        if as_ != "append" or not (run.repeated and appended(run, files, into, before, data)):
            files.write(into, data, run, append=as_ == "append")
    return True


def _image(run: Run, value: Value, path: str, kind: str | None) -> bytes:
    """The file of an image, in the format that is named, or that the ending of the path names."""
    from oql.images.writing import encoded, format_of  # it takes time to load

    return encoded(value, format_of(path) if kind in (None, "append") else kind, run.claim).data


def _bytes(run: Run, value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    text = text_form(value)
    run.claim(len(text))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise failed(Code.FS_WRITE_ERROR, "the text holds half of a character, which no file can hold") from None


@family.verb(
    "READ",
    examples=[
        ('WRITE "Hello" INTO "/root/a.txt" AFTER READ "/root/a.txt"', "Hello"),
        ('WRITE "Hello" INTO "/root/a" AFTER READ "/root/a" AS "binary"', b"Hello"),
    ],
    failure=Code.FS_READ_ERROR,
    effect="read",
)
def read(run: Run, path: Text, *, as_: Literal["binary"] | None = None) -> Value:
    """Reads a file as text, or as binary."""
    data = bytes_of(run, "READ", path, run.context.limits.read_bytes)
    if as_ == "binary":
        return data
    run.claim(len(data) * (1 if data.isascii() else 4))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"the file `{path}` is not UTF-8 text: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise failed(Code.FS_READ_ERROR, message, 'read it AS "binary"') from None


def bytes_of(run: Run, verb: str, path: str, most: int) -> bytes:
    """What a file holds, for a verb that reads one of at most so many bytes. Raises FsReadError, LimitExceeded."""
    with _refusals(Code.FS_READ_ERROR):
        return _files(run, verb).read(path, most, run)


@family.verb(
    "LIST",
    examples=[
        ('MKDIR "/root/b" AFTER WRITE 1 INTO "/root/a.txt" AFTER LIST "/root"', ["a.txt", "b"]),
        ('WRITE 1 INTO "/root/b/c.txt" AFTER LIST "/root" AS "recursive"', ["b", "b/c.txt"]),
    ],
    failure=Code.FS_READ_ERROR,
    effect="read",
)
def list_(run: Run, path: Text, *, as_: Recursive | None = None) -> Value:
    """Lists the names in a folder, sorted; with "recursive" those in its inner folders too, with their paths in it."""
    start = len(_folder(path)) + 1
    return _gathered(run, (entry.path[start:] for entry in _walk(run, "LIST", path, as_ is not None)))


@family.verb(
    "STAT",
    examples=[('WRITE "Hello" INTO "/root/a.txt" AFTER STAT "/root/a.txt" SET ?s AFTER EMIT ?s(size)', 5)],
    failure=Code.FS_READ_ERROR,
    effect="read",
)
def stat(run: Run, path: Text) -> Value:
    """Tells the name, size and time of change (Unix seconds) of a file, and whether it is a folder."""
    with _refusals(Code.FS_READ_ERROR):
        found = _files(run, "STAT").stat(path)
    if found is None:
        raise failed(Code.FS_READ_ERROR, f"there is no file or folder `{path}`")
    return {
        "name": found.name,
        "size": found.size,
        "modified": whole(round(found.modified, 3)),
        "is_dir": found.is_folder,
    }


@family.verb(
    "EXISTS",
    examples=[('EXISTS "/root/nothing"', False), ('MKDIR "/root/a" AFTER EXISTS "/root/a"', True)],
    failure=Code.FS_READ_ERROR,
    effect="read",
)
def exists(run: Run, path: Text) -> Value:
    """Tells whether there is a file or folder."""
    with _refusals(Code.FS_READ_ERROR):
        return _files(run, "EXISTS").stat(path) is not None


@family.verb("MKDIR", examples=[('MKDIR "/root/a/b" AFTER LIST "/root/a"', ["b"])], acts=True)
def mkdir(run: Run, path: Text) -> Value:
    """Makes a folder, and those it stands in; one that is there already stays as it is."""
    files = _files(run, "MKDIR")
    with _refusals(Code.FS_WRITE_ERROR), changing(run, files, path, modifies=False):
        files.make_folder(path, run)
    return True


@family.verb(
    "COPY",
    examples=[
        ('WRITE "x" INTO "/root/a" AFTER COPY "/root/a" TO "/root/b" AFTER READ "/root/b"', "x"),
        (
            'WRITE "x" INTO "/root/a/f" AFTER COPY "/root/a" TO "/root/b" AS "recursive" AFTER READ "/root/b/f"',
            "x",
        ),
    ],
    names="TO",
    acts=True,
)
def copy(run: Run, path: Text, *, to: Text, as_: Recursive | None = None) -> Value:
    """Copies a file, or with "recursive" a folder with all that is in it. TO is the new path itself."""
    files = _files(run, "COPY")
    with _refusals(Code.FS_WRITE_ERROR), claiming(run, files, to, path), changing(run, files, to) as [before]:
        if not (run.repeated and copied(files, path, to, before)):
            files.copy(path, to, run, recursive=as_ is not None)
    return True


@family.verb(
    "MOVE",
    examples=[('WRITE "x" INTO "/root/a" AFTER MOVE "/root/a" TO "/root/b/c" AFTER LIST "/root"', ["b"])],
    names="TO",
    acts=True,
)
def move(run: Run, path: Text, *, to: Text) -> Value:
    """Moves a file or folder to another place or name."""
    files = _files(run, "MOVE")
    with (
        _refusals(Code.FS_WRITE_ERROR),
        claiming(run, files, to, path),
        changing(run, files, path, to) as [source, target],
    ):
        if not (run.repeated and source and moved(state(files, path), state(files, to), source, target)):
            files.move(path, to, run)
    return True


@family.verb(
    "REMOVE",
    examples=[
        ('WRITE "x" INTO "/root/a" AFTER REMOVE "/root/a" AFTER EXISTS "/root/a"', False),
        ('WRITE "x" INTO "/root/a/b" AFTER REMOVE "/root/a" AS "recursive" AFTER LIST "/root"', []),
    ],
    acts=True,
)
def remove(run: Run, path: Text, *, as_: Recursive | None = None) -> Value:
    """Removes a file or an empty folder, or with "recursive" a folder with all that is in it."""
    files = _files(run, "REMOVE")
    with _refusals(Code.FS_WRITE_ERROR), changing(run, files, path) as [before]:
        if not (run.repeated and before and state(files, path) is None):
            files.remove(path, run, recursive=as_ is not None)
    return True


@family.verb(
    "CLEAR", examples=[('WRITE "x" INTO "/root/a/b" AFTER CLEAR "/root/a" AFTER LIST "/root/a"', [])], acts=True
)
def clear(run: Run, path: Text) -> Value:
    """Removes everything in a folder and keeps the folder."""
    files = _files(run, "CLEAR")
    with _refusals(Code.FS_WRITE_ERROR), changing(run, files, path):
        files.clear(path, run)
    return True


@family.verb(
    "SEARCH",
    examples=[
        (
            'WRITE 1 INTO "/root/in/a.csv" AFTER WRITE 1 INTO "/root/in/a.txt" AFTER SEARCH "/root/in" WHERE "*.csv"',
            ["/root/in/a.csv"],
        ),
        ('WRITE 1 INTO "/root/in/b/a.csv" AFTER SEARCH "/root" WHERE "*.csv" AS "recursive"', ["/root/in/b/a.csv"]),
    ],
    failure=Code.FS_READ_ERROR,
    effect="read",
)
def search(run: Run, path: Text, *, where: Text, as_: Recursive | None = None) -> Value:
    """Gives the paths of the files in a folder whose names fit a pattern such as "*.csv".

    `*` is any run of characters, `?` a single one, `[a-z]` one of several. A pattern with `/` is compared with the
    path within the folder, where `**/` is any number of folders.
    """
    fits = compile_glob(where, Code.FS_READ_ERROR).fullmatch
    start = len(_folder(path)) + 1
    whole_path = "/" in where
    found = (
        entry.path
        for entry in _walk(run, "SEARCH", path, as_ is not None)
        if not entry.is_folder and fits(entry.path[start:] if whole_path else entry.name)
    )
    return _gathered(run, found)


@family.verb(
    "FILE SELECT",
    examples=[
        (
            'MKDIR "/root/a" AFTER MKDIR "/root/b" AFTER FILE SELECT "/root/a" AND "/root/b" SET ?s AFTER EMIT ?s',
            ["/root/a", "/root/b"],
        )
    ],
    failure=Code.FS_READ_ERROR,
    effect="read",
)
def file_select(run: Run, *paths: Text) -> Value:
    """Gathers files and folders for COMPRESS: an array of their paths, all of which have to be there."""
    files = _files(run, "FILE SELECT")
    with _refusals(Code.FS_READ_ERROR):
        found = [files.stat(path) for path in paths]
    for path, entry in zip(paths, found, strict=True):
        if entry is None:
            raise failed(Code.FS_READ_ERROR, f"there is no file or folder `{path}`")
    return [entry.path for entry in found if entry]


@family.verb(
    "COMPRESS",
    examples=[
        (
            'WRITE "x" INTO "/root/a" AFTER COMPRESS "/root/a" AS "zip" INTO "/root/a.zip"'
            ' AFTER DECOMPRESS "/root/a.zip" INTO "/root/out" AFTER READ "/root/out/a"',
            "x",
        )
    ],
    failure=Code.COMPRESS_FAILED,
    names="INTO",
)
def compress(run: Run, selection: Any, *, as_: Literal["zip", "tar", "tar.gz", "gz"], into: Text) -> Value:
    """Packs what FILE SELECT gathered, or one path, into an archive, and gives the archive's path."""
    paths = [selection] if isinstance(selection, str) else selection
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise expected(Code.COMPRESS_FAILED, "a path or an array of paths", describe(selection))
    files = _files(run, "COMPRESS")
    with _refusals(Code.COMPRESS_FAILED), claiming(run, files, into), changing(run, files, into) as [before]:
        if not (run.repeated and state(files, into) not in (None, before)):  # it may lie in what is packed
            files.pack(paths, as_, into, run)
    return into


@family.verb(
    "DECOMPRESS",
    examples=[
        (
            'WRITE "x" INTO "/root/a/b" AFTER COMPRESS "/root/a" AS "tar.gz" INTO "/root/a.tgz"'
            ' AFTER DECOMPRESS "/root/a.tgz" INTO "/root/out"',
            1,
        )
    ],
    failure=Code.COMPRESS_FAILED,
    names="INTO",
)
def decompress(run: Run, path: Text, *, into: Text) -> Value:
    """Unpacks an archive into a folder, and tells how many files were in it. What it is, its content says."""
    files = _files(run, "DECOMPRESS")
    with _refusals(Code.COMPRESS_FAILED), changing(run, files, into):
        count = files.unpack(path, into, run)
        claim_below(run, files, into)
    return count


@family.verb(
    "SHARE",
    examples=[
        ('WRITE "x" INTO "/root/a" AFTER SHARE "/root/a" ON "1h" SET ?url AFTER CONTAINS ?url WHERE "/files/"', True)
    ],
)
def share(run: Run, path: Text, *, on: Duration | None = None, as_: Literal["multi"] | None = None) -> Value:
    """Gives a URL under which a file can be downloaded once, or with "multi" any number of times.

    It works until it is used or ended by UNSHARE, ON so many seconds at most. It leads to what is at the path then.
    """
    seconds = None if on is None else checked(on, Code.FS_WRITE_ERROR)
    with _refusals(Code.FS_WRITE_ERROR):
        files = _files(run, "SHARE")
        token = run.first(lambda: files.new_token())
        return files.share(path, token, run.clock(), seconds, multi=as_ is not None)


@family.verb(
    "UNSHARE",
    examples=[('WRITE "x" INTO "/root/a" AFTER SHARE "/root/a" AFTER UNSHARE "/root/a"', 1)],
)
def unshare(run: Run, path: Text) -> Value:
    """Ends every share of a file, and tells how many there were."""
    with _refusals(Code.FS_WRITE_ERROR):
        files = _files(run, "UNSHARE")
        shared = run.first(lambda: files.shared(path, run.clock()))
        return files.unshare(path, run.clock()) or (shared if run.repeated else 0)


def _files(run: Run, verb: str) -> Files:
    files = run.context.files
    if files is None:
        raise failed(Code.UNSUPPORTED, f"`{verb}` needs a file store, which this build does not have")
    with _refusals(Code.FS_READ_ERROR):
        files.settle(run)
    return files


def _walk(run: Run, verb: str, path: str, recursive: bool) -> Iterator[FileEntry]:
    with _refusals(Code.FS_READ_ERROR):
        yield from _files(run, verb).walk(path, run.context.limits.rows, run, recursive=recursive)


def _gathered(run: Run, found: Iterator[str]) -> list[str]:
    """All of them as an array, as long as the run may read so many."""
    most = run.context.limits.rows
    gathered: list[str] = []
    for path in found:
        if len(gathered) >= most:
            raise limit_reached("entries in one read", f"{most:,}")
        run.claim(_BYTES_AN_ENTRY + len(path))
        gathered.append(path)
    return gathered


def _folder(path: str) -> str:
    """The path of a folder as it stands before the names of what is in it."""
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


@contextmanager
def _refusals(code: Code) -> Iterator[None]:
    """Refusals of the file store as failures of the step; those that stand for a limit end the program."""
    try:
        yield
    except StoreError as error:
        raise _failure(code, error) from None


def _failure(code: Code, error: StoreError) -> OqlError:
    if "most" in error.detail:
        return limit_reached(f"{error.detail['unit']} in one read", f"{error.detail['most']:,}")
    hint = error.detail.get("hint")
    shown = Code.QUOTA_EXCEEDED if isinstance(error, QuotaExceeded) else code
    return failed(shown, error.message, str(hint) if hint else None)
