"""The files of all namespaces of a data folder."""

import threading
from collections.abc import Callable
from pathlib import Path

from substrate.files.folder import NamespaceFiles
from substrate.files.shares import MIGRATIONS, Shares
from substrate.interface import ControlDatabase
from substrate.names import tenant
from substrate.opening import open_control

NAMESPACES = "namespaces"
"""The folder in the data folder that has a folder for each namespace."""


def share_database(data: Path, store: str = "") -> ControlDatabase:
    """The database of links in a data folder, or in the store of this URL."""
    return open_control(store, data, "shares", MIGRATIONS)


class FileStore:
    """The files of a data folder. Cheap to make: nothing is opened before it is used. Safe to share between threads.

    `base_url` gives how links begin, `quota_bytes` how much the files of a namespace may take (None: any number). Both
    are asked only when somebody has to know.
    """

    def __init__(
        self,
        data: Path,
        base_url: Callable[[], str],
        *,
        quota_bytes: Callable[[str], int | None] = lambda _: None,
        database: ControlDatabase | None = None,
    ) -> None:
        self._quota_bytes = quota_bytes
        self.shares = Shares(database or share_database(data), base_url)
        self._namespaces = data / NAMESPACES
        self._known: dict[str, NamespaceFiles] = {}
        self._met: set[str] = set()
        self._guard = threading.Lock()

    def of(self, namespace: str) -> NamespaceFiles:
        """The files of one namespace, which reach no other. Raises Invalid for what cannot be its name."""
        known = self._known.get(namespace)
        if known is None:
            known = self._known[namespace] = NamespaceFiles(
                namespace,
                self._namespaces / tenant(namespace),
                lambda: self._quota_bytes(namespace),
                self.shares,
                lambda: self._first(namespace),
            )
        return known

    def close(self) -> None:
        """Closes the database of links."""
        self.shares.close()

    def _first(self, namespace: str) -> bool:
        with self._guard:
            if namespace in self._met:
                return False
            self._met.add(namespace)
            return True
