"""The stores that programs of the corpus run on; each run gets namespaces of its own in them."""

import atexit
import itertools
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from oql.jobs.schema import MIGRATIONS
from substrate.interface import Namespace, Store
from substrate.opening import open_store

_MEMORY = Path("/dev/shm")
"""Where there is one, writing to disk takes no time."""

_numbers = itertools.count(1)


@cache
def sqlite_store() -> Store:
    """A store of SQLite files that all runs of this process share; its folder goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="oql-corpus-", dir=_MEMORY if _MEMORY.is_dir() else None)
    atexit.register(folder.cleanup)
    store = open_store("", Path(folder.name), system=MIGRATIONS)
    atexit.register(store.close)
    return store


def untouched(store: Store) -> Callable[[str], Namespace]:
    """Gives the namespace of a name: one that no other run has written to."""
    number = next(_numbers)
    return lambda name: store.namespace(f"{name}_{number}")
