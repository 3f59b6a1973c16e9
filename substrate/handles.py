"""The handles of a store's namespaces, made once for each name that is in use."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from substrate import forks, names
from substrate.engine import Engine
from substrate.interface import Namespace as NamespaceProtocol
from substrate.namespace import Namespace
from substrate.surroundings import Shared, Surroundings

MOST_OPEN = 500
WRITERS = 8
"""Threads that write what was submitted, each for one namespace at a time."""


class Handles:
    """The namespaces of one process; those longest unused are closed when there are many."""

    def __init__(self, engine: Callable[[str], Engine], shared: Shared) -> None:
        self._engine = engine
        self._shared = shared
        self._open: OrderedDict[str, Namespace] = OrderedDict()
        self._guard = threading.Lock()
        self._writers: ThreadPoolExecutor | None = None
        forks.watch(self)

    def namespace(self, name: str) -> Namespace:
        """See `Store.namespace`. Raises Invalid for a name that is none."""
        found = self._open.get(name)
        if found is not None:
            return found
        names.tenant(name)
        with self._guard:
            found = self._open.get(name)
            if found is None:
                around = Surroundings(name, self._engine(name), self._shared)
                found = self._open[name] = Namespace(around, self._threads())
                if len(self._open) > MOST_OPEN:
                    self._open.popitem(last=False)
            return found

    def forget(self, name: str) -> None:
        """Closes a namespace that was deleted."""
        with self._guard:
            found = self._open.pop(name, None)
        if found:
            found.close()

    def close(self) -> None:
        """Closes all."""
        with self._guard:
            closing = list(self._open.values())
            self._open.clear()
            writers, self._writers = self._writers, None
        if writers:
            writers.shutdown(wait=True)
        for namespace in closing:
            namespace.close()

    def before_fork(self) -> None:
        """Threads do not live on in a child: handles made before are forgotten, and made again by whoever needs one."""
        self._guard.acquire()
        self._open.clear()
        self._writers = None

    def after_fork(self) -> None:
        """See `substrate.forks`."""
        self._guard.release()

    def _threads(self) -> ThreadPoolExecutor:
        if self._writers is None:
            self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="writer")
        return self._writers


_is_one: type[NamespaceProtocol]
