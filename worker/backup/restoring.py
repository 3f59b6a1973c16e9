"""The way back from a backup: everything is checked before anything is touched."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from substrate.errors import Conflict
from substrate.interface import Lsn, Namespace
from substrate.replication.verified import verified
from worker.backup import control, files
from worker.backup.making import KEPT, KEY, Source
from worker.backup.manifest import BackupError, Manifest, sync_folder, write_file

_AT_ONCE = 100
INCOMPLETE = "restore.incomplete"
"""A file in a data folder whose restoring has not come to its end."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored. `names`: namespaces, all where there are none; `to`: frames that stand before this place.

    force: whether what is there may be replaced.
    """

    names: Sequence[str] = ()
    to: Lsn | None = None
    force: bool = False


def check(folder: Path, wanted: Wanted) -> Manifest:
    """The manifest of a backup that has what is wanted, every file of it as it was written. Raises BackupError."""
    manifest = Manifest.read(folder)
    for name in wanted.names:
        if name not in manifest.namespaces:
            raise BackupError(f"the backup has no namespace `{name}`")
    if wanted.to is not None:
        chosen = list(wanted.names or manifest.namespaces)
        if len(chosen) != 1:
            raise BackupError(f"a place in a log is one of a single namespace: choose one of the {len(chosen)}")
        told = manifest.namespaces[chosen[0]]
        base, end = Lsn(*told["base"]), Lsn(*told["end"])
        if not base <= wanted.to <= end:
            raise BackupError(f"expected a place from {_shown(base)}, the base, to {_shown(end)}, the end of the log")
    return manifest


def restore_folder(backup: Path, manifest: Manifest, target: Path, wanted: Wanted) -> None:
    """Puts the key and the settings of a backup in place, before a store is opened. Raises BackupError.

    Where only some namespaces are restored, nothing that is there is replaced, even by force: others depend on it.
    """
    whole = manifest.whole and not wanted.names
    for name in KEPT:
        path = f"folder/{name}"
        if path not in manifest.files or not (whole or name == KEY):
            continue
        raw = (backup / path).read_bytes()
        there = (target / name).read_bytes() if (target / name).exists() else None
        if there not in (raw, None) and not wanted.force:
            what = "say --force to replace it" if whole else "say --force, and what is encrypted stays unreadable"
            raise BackupError(f"{target / name} is another one than in the backup: {what}")
        if there is None or (there != raw and whole):
            write_file(target / name, [raw])


def restore(backup: Path, manifest: Manifest, target: Source, wanted: Wanted) -> dict[str, Lsn]:
    """Restores what is wanted; where the log of each namespace goes on. Raises BackupError, StoreError, OSError."""
    names = list(wanted.names or manifest.namespaces)
    _refuse_overwriting(manifest, target, wanted, names)
    write_file(target.folder / INCOMPLETE, [])
    sync_folder(target.folder)  # it is on the disk before anything that was there goes
    ends = {}
    for name in names:
        ends[name] = _restore_namespace(backup, manifest, target, name, wanted.to)
    if manifest.whole and not wanted.names:
        for name, migrations in manifest.control.items():
            raw = (backup / "control" / f"{name}.json").read_bytes()
            control.restore(target.url, target.folder, name, migrations, raw)
    os.sync()  # and goes only when all that was restored is there
    (target.folder / INCOMPLETE).unlink()
    sync_folder(target.folder)
    return ends


def _refuse_overwriting(manifest: Manifest, target: Source, wanted: Wanted, names: Sequence[str]) -> None:
    if wanted.force:
        return
    there = set(target.store.names())
    taken = sorted(there & set(names))
    if taken:
        raise BackupError(f"the namespace `{taken[0]}` is there already: say --force to replace it")
    accounts = target.folder / "accounts.sqlite"
    if manifest.whole and not wanted.names and (there or (not target.url and accounts.exists())):
        raise BackupError(f"{target.folder} is in use: say --force to replace its accounts too")


def _restore_namespace(backup: Path, manifest: Manifest, target: Source, name: str, to: Lsn | None) -> Lsn:
    told = manifest.namespaces[name]
    base = target.folder / "namespaces" / name
    target.store.delete(name)
    shutil.rmtree(base, ignore_errors=True)
    namespace = target.store.namespace(name)
    try:
        lsn = namespace.load(_frames(backup / f"namespaces/{name}/store.frames"), whole=True)
        for path in told["logs"]:
            lsn = _replay(namespace, _frames(backup / path), lsn, to)
    except Conflict as damage:
        raise BackupError(f"the namespace `{name}`: {damage.message}") from None
    if "files" in told:
        files.unpacked(backup / told["files"], base)
    return lsn


def _replay(target: Namespace, frames: Iterator[bytes], lsn: Lsn, to: Lsn | None) -> Lsn:
    """Does the frames of a log again that stand before a place."""
    some: list[bytes] = []
    epoch = 0
    for raw in frames:
        frame = verified(raw)
        if to is not None and frame.lsn >= to:
            break
        some.append(raw)
        epoch = max(epoch, frame.epoch)
        if len(some) == _AT_ONCE:
            lsn, some = target.apply(some, epoch), []
    return target.apply(some, epoch) if some else lsn


def _frames(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def _shown(lsn: Lsn) -> str:
    return f"{lsn.segment}:{lsn.offset}"
