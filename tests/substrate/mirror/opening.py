"""Opens a mirror of the two back ends that the server can use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from substrate.opening import open_store
from tests.substrate.mirror.store import MirrorStore


@contextmanager
def mirror_store(postgres_url: str, folder: Path) -> Iterator[MirrorStore]:
    """A mirror of SQLite files in the folder and a PostgreSQL database that holds no namespaces of these names."""
    store = MirrorStore(open_store("", folder / "sqlite"), open_store(postgres_url, folder / "postgres"))
    try:
        yield store
    finally:
        store.close()
