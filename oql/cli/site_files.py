"""The files of a site: those of a folder, copied to an account's, and what else is there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from oql.cli.options import settings_in_force
from oql.cli.refusal import Failed
from oql.site_names import FOLDER, INDEX

if TYPE_CHECKING:
    from accounts.service import Accounts
    from substrate.interface import Files

_MOST = 1_000_000
"""Files in one folder of a site."""


class SiteFiles:
    """The files of one site in a namespace. What begins with a dot is no part of it, and stays."""

    def __init__(self, files: "Files", name: str) -> None:
        self._files = files
        self._root = f"{FOLDER}/{name}"

    def copy(self, folder: Path) -> list[str]:
        """Copies the files of a folder, its program last; their paths in the site."""
        paths = sorted(_files(folder), key=lambda path: path == folder / INDEX)
        names = [path.relative_to(folder).as_posix() for path in paths]
        for path, name in zip(paths, names, strict=True):
            self._files.write(f"{self._root}/{name}", path.read_bytes(), _Patient())
        return names

    def others(self, names: list[str]) -> list[str]:
        """The paths of all files of the site but these."""
        known = set(names)
        found = self._files.walk(self._root, _MOST, _Patient(), recursive=True)
        paths = [entry.path.removeprefix(f"{self._root}/") for entry in found if not entry.is_folder]
        return [path for path in paths if path not in known and not _is_hidden(path)]

    def delete(self, names: list[str]) -> None:
        """Deletes files, and the folders that are empty then."""
        for name in names:
            self._files.remove(f"{self._root}/{name}", _Patient())
        emptied = {str(folder) for name in names for folder in Path(name).parents if folder.name}
        for folder in sorted(emptied, reverse=True):
            self._delete_empty(f"{self._root}/{folder}")

    def _delete_empty(self, path: str) -> None:
        from substrate.errors import Conflict, NotFound

        with suppress(Conflict, NotFound):
            self._files.remove(path, _Patient())


@contextmanager
def site_files(name: str, namespace: str, accounts: "Accounts", data: str | None) -> Iterator[SiteFiles]:
    """The files of a site of a namespace, within what its account may store. Failed where the block does not work."""
    from substrate.errors import StoreError
    from substrate.files.opening import FileStore

    store = FileStore(settings_in_force(data).data, str, quota_bytes=accounts.storage_bytes)
    try:
        yield SiteFiles(store.of(namespace), name)
    except (StoreError, OSError) as error:
        raise Failed(str(error)) from None
    finally:
        store.close()


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _files(folder: Path) -> list[Path]:
    """The files in a folder and its inner ones, without links and what begins with a dot."""
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(here, name) for name in names if not name.startswith(".")]
    return [path for path in found if path.is_file() and not path.is_symlink()]


class _Patient:
    """Who has as much time and memory as it takes."""

    def look(self) -> None:
        """Goes on."""

    def claim(self, size: int) -> None:
        """Lets it be made."""
