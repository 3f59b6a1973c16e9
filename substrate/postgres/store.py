"""A store in one PostgreSQL database: a schema for each namespace and each control database."""

from collections.abc import Sequence

from substrate import layout, names, upkeeping, vectors
from substrate.handles import Handles
from substrate.interface import ControlDatabase
from substrate.namespace import Namespace
from substrate.postgres.control import Control
from substrate.postgres.database import Database
from substrate.postgres.engine import Engine
from substrate.surroundings import Shared


class PostgresStore:
    """See `substrate.interface.Store`."""

    def __init__(self, url: str, shared: Shared) -> None:
        self._url = url
        self._database = Database(url)
        self._shared = shared
        self._handles = Handles(self._engine, shared)
        self._controls: dict[str, Control] = {}

    def namespace(self, name: str) -> Namespace:
        """See the protocol."""
        return self._handles.namespace(name)

    def exists(self, name: str) -> bool:
        """See the protocol."""
        return self._engine(names.tenant(name)).exists()

    def create(self, name: str) -> bool:
        """See the protocol."""
        self._shared.require_standing()
        return self._engine(names.tenant(name)).create(layout.script("postgres", self._shared.system))

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
        return self._database.namespaces()

    def control(self, name: str, migrations: Sequence[str] = ()) -> ControlDatabase:
        """See the protocol."""
        if name not in self._controls:
            self._controls[name] = Control(self._url, name, migrations)
        return self._controls[name]

    def ready(self) -> None:
        """See the protocol."""
        with self._database.connection() as raw:
            raw.execute("SELECT 1")

    def close(self) -> None:
        """See the protocol."""
        self._handles.close()
        self._database.close()
        for control in self._controls.values():
            control.close()

    def _engine(self, name: str) -> Engine:
        return Engine(self._database, name)
