"""Opens a mirror of the two back ends that the server can use."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from substrate.opening import open_store
from tests.substrate.mirror.store import MirrorStore


@contextmanager
def mirror_store(postgres_url: str, folder: Path, system: Sequence[str] = ()) -> Iterator[MirrorStore]:
    """A mirror of SQLite files in the folder and a PostgreSQL database that holds no namespaces of these names.

    system: as for `open_store`.
    """
    left = open_store("", folder / "sqlite", system=system)
    store = MirrorStore(left, open_store(postgres_url, folder / "postgres", system=system))
    try:
        yield store
    finally:
        store.close()
