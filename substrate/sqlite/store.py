"""A store of SQLite files: `namespaces/<name>/store.sqlite` for each namespace, `<name>.sqlite` for control."""

from collections.abc import Sequence
from pathlib import Path

from substrate import layout, names, upkeeping, vectors
from substrate.errors import Unavailable
from substrate.handles import Handles
from substrate.interface import ControlDatabase
from substrate.namespace import Namespace
from substrate.sqlite.database import Database
from substrate.sqlite.engine import Engine
from substrate.surroundings import Shared


class SqliteStore:
    """See `substrate.interface.Store`."""

    def __init__(self, folder: Path, shared: Shared) -> None:
        self._folder = folder
        self._namespaces = folder / "namespaces"
        self._shared = shared
        self._handles = Handles(self._engine, shared)
        self._controls: dict[str, Database] = {}

    def namespace(self, name: str) -> Namespace:
        """See the protocol."""
        return self._handles.namespace(name)

    def exists(self, name: str) -> bool:
        """See the protocol."""
        return self._engine(names.tenant(name)).exists()

    def create(self, name: str) -> bool:
        """See the protocol."""
        self._shared.require_standing()
        return self._engine(names.tenant(name)).create(layout.script("sqlite", self._shared.system))

    def delete(self, name: str) -> bool:
        """See the protocol."""
        self._shared.require_standing()
        deleted = self._engine(names.tenant(name)).drop()
        self._handles.forget(name)
        vectors.forget(self._shared.folder, name)
        upkeeping.forget(self._shared.folder, name)
        return deleted

    def names(self) -> list[str]:
        """See the protocol."""
        if not self._namespaces.is_dir():
            return []
        return sorted(
            each.name for each in self._namespaces.iterdir() if each.name[0] != "." and self.exists(each.name)
        )

    def control(self, name: str, migrations: Sequence[str] = ()) -> ControlDatabase:
        """See the protocol."""
        if name not in self._controls:
            self._controls[name] = Database(self._folder / f"{name}.sqlite", migrations)
        return self._controls[name]

    def ready(self) -> None:
        """See the protocol."""
        try:
            self._namespaces.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the data folder cannot be used: {error.strerror}") from error

    def close(self) -> None:
        """See the protocol."""
        self._handles.close()
        for control in self._controls.values():
            control.close()

    def _engine(self, name: str) -> Engine:
        return Engine(self._namespaces / name)
