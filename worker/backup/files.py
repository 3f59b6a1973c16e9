"""The files of a namespace as a tar archive (POSIX.1-2001, pax), and back."""

import os
import shutil
import tarfile
from pathlib import Path

from substrate.files.place import FILES, WORK
from worker.backup.manifest import BackupError


def packed(base: Path, archive: Path) -> bool:
    """Packs the files of the namespace in a folder; False where it has none.

    Every file is as it was at one moment, but not all at the same one. What goes meanwhile is left out.
    """
    if not (base / FILES).is_dir():
        return False
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, names in os.walk(base / FILES):
            folders.sort()
            for name in (*folders, *sorted(names)):
                _add(tar, Path(folder) / name, base / FILES)
    with archive.open("rb") as file:
        os.fsync(file.fileno())
    return True


def _add(tar: tarfile.TarFile, path: Path, top: Path) -> None:
    name = str(path.relative_to(top))
    try:
        if path.is_dir() and not path.is_symlink():
            tar.addfile(tar.gettarinfo(path, name))
            return
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # gone meanwhile; programs make no links
        return
    with open(handle, "rb") as file:
        tar.addfile(tar.gettarinfo(arcname=name, fileobj=file), file)


def unpacked(archive: Path, base: Path) -> None:
    """Puts the files of an archive in the place of those of a namespace. Raises BackupError."""
    aside = base / f"{FILES}.restoring"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700, parents=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(aside, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise BackupError(f"{archive} cannot be unpacked: {error}") from None
    for name in (FILES, WORK):  # the count of bytes is made again
        shutil.rmtree(base / name, ignore_errors=True)
    aside.rename(base / FILES)
