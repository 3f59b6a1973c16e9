"""A backup, made while everything goes on: each namespace at one LSN, with all of its log that is kept."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oql
from substrate.errors import Conflict, NotFound
from substrate.interface import Lsn, Namespace, Store
from substrate.log import behind
from substrate.replication.verified import crc_of, verified
from worker.backup import control, files
from worker.backup.manifest import NAME, BackupError, Manifest, sync_folder, write_file

KEY = "secret.key"
"""What encrypted columns cannot be read without."""
KEPT = (KEY, "oql.toml")
"""Files of the data folder that belong to a backup of all; the key to any other too."""
_FETCHED = 200


@dataclass(frozen=True, slots=True)
class Source:
    """What a backup is made of: a data folder, the URL of its store ("" for none), and that store."""

    folder: Path
    url: str
    store: Store


def make(source: Source, to: Path, names: Sequence[str] = ()) -> tuple[Manifest, str]:
    """Makes a backup of all, or of these namespaces alone; its manifest, and the SHA-256 of that.

    Raises BackupError (the folder is taken, or cannot be made), StoreError, DatabaseError, OSError.
    """
    _make_folder(to)
    manifest = Manifest(int(time.time()), oql.__version__, whole=not names)
    _add_folder(source, to, manifest, [KEY] if names else KEPT)
    if not names:
        _add_control(source, to, manifest)
    for name in names or source.store.names():
        try:
            _add_namespace(source, to, manifest, name)
        except NotFound:
            if names:
                raise BackupError(f"there is no namespace `{name}`") from None
            shutil.rmtree(to / "namespaces" / name, ignore_errors=True)  # deleted meanwhile
    return manifest, manifest.write(to)


def bring_up_to_date(source: Source, to: Path) -> tuple[Manifest, str]:
    """Adds what the logs of the namespaces in a backup hold since; files and system tables stay as they were.

    Raises BackupError: the backup is damaged, or a log does not reach back to it.
    """
    manifest = Manifest.read(to)
    for name, told in manifest.namespaces.items():
        begin = Lsn(*told["end"])
        path = f"namespaces/{name}/log-{begin.segment}-{begin.offset}.frames"
        try:
            frames = _since(source.store.namespace(name), begin, told.get("crc"))
            end, crc = _write_log(to / path, frames, begin)
        except (Conflict, NotFound) as error:
            raise BackupError(f"the namespace `{name}`: {error.message}: make a new backup") from None
        if end == begin:
            (to / path).unlink()
            continue
        sync_folder((to / path).parent)
        told["end"], told["crc"] = list(end), crc
        told["logs"].append(path)
        manifest.add(to, path)
    return manifest, manifest.write(to)


def _make_folder(to: Path) -> None:
    """Makes the folder of a new backup, where there is no empty one. Raises BackupError."""
    try:
        if to.exists() and any(to.iterdir()):
            update = ", or say --update to bring the backup in it up to date" if (to / NAME).exists() else ""
            raise BackupError(f"{to} is not empty: name a new folder{update}")
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(f"no backup can be made in {to}: {error.strerror}") from None


def _add_folder(source: Source, to: Path, manifest: Manifest, names: Sequence[str]) -> None:
    (to / "folder").mkdir(mode=0o700)
    for name in names:
        if (source.folder / name).exists():
            write_file(to / "folder" / name, [(source.folder / name).read_bytes()])
            manifest.add(to, f"folder/{name}")


def _add_control(source: Source, to: Path, manifest: Manifest) -> None:
    (to / "control").mkdir(mode=0o700)
    for name, migrations in control.DATABASES.items():
        raw = control.dumped(source.url, source.folder, name)
        if raw is not None:
            write_file(to / "control" / f"{name}.json", [raw])
            manifest.add(to, f"control/{name}.json")
            manifest.control[name] = len(migrations)


def _add_namespace(source: Source, to: Path, manifest: Manifest, name: str) -> None:
    inside = f"namespaces/{name}"
    (to / inside).mkdir(mode=0o700, parents=True)
    namespace = source.store.namespace(name)
    last: list[bytes] = [b""]
    write_file(to / inside / "store.frames", _lines(namespace.dump(whole=True), last))
    manifest.add(to, f"{inside}/store.frames")
    lsn = verified(last[0]).lsn
    told: dict[str, Any] = {"base": list(lsn), "end": list(lsn), "crc": namespace.window(lsn, None).crc, "logs": []}
    if files.packed(source.folder / "namespaces" / name, to / inside / "files.tar"):
        manifest.add(to, f"{inside}/files.tar")
        told["files"] = f"{inside}/files.tar"
    sync_folder(to / inside)
    manifest.namespaces[name] = told


def _lines(frames: Iterator[bytes], last: list[bytes]) -> Iterator[bytes]:
    for frame in frames:
        last[0] = frame
        yield frame + b"\n"


def _since(namespace: Namespace, begin: Lsn, crc: str | None) -> Iterator[bytes]:
    window = namespace.window(begin, None)
    if window.log_end < begin or (crc is not None and window.crc is not None and crc != window.crc):
        raise Conflict("its log is not the one that the backup was made of")
    while begin < window.end:
        found = namespace.frames_between(begin, window.end, _FETCHED)
        for _, frame in found:
            yield frame
        begin = namespace.window(found[-1][0], 1).end if found else window.end


def _write_log(path: Path, frames: Iterator[bytes], begin: Lsn) -> tuple[Lsn, str | None]:
    """Writes frames; where the log goes on behind them, and the checksum of the last."""
    last = [b""]
    write_file(path, _lines(frames, last))
    if not last[0]:
        return begin, None
    return behind(verified(last[0]).lsn, len(last[0])), crc_of(last[0])
