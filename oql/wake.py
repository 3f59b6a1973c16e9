"""What whoever commits has to know of a namespace's crons and watches, to see to it that somebody looks at them."""

import threading
from collections.abc import Hashable
from typing import Any
from weakref import WeakKeyDictionary

from substrate.errors import Invalid, NotFound
from substrate.interface import Frame, Namespace, SystemTables

_known: WeakKeyDictionary[Namespace, tuple[Hashable, frozenset[str]]] = WeakKeyDictionary()
_guard = threading.Lock()


def watched_kinds(namespace: Namespace) -> frozenset[str]:
    """The kinds of sources that are watched: "fs", "table", "stream". Read again only after a commit."""
    try:
        stamp = namespace.stamp()
        with _guard:
            before = _known.get(namespace)
        if before and before[0] == stamp:
            return before[1]
        kinds = _kinds(namespace)
    except (NotFound, Invalid):  # nothing was ever written there, or the store keeps no jobs
        return frozenset()
    with _guard:
        _known[namespace] = stamp, kinds
    return kinds


def watches_files(frame: Frame | None, namespace: Namespace | None) -> bool:
    """Whether folders are watched, as the open transaction sees it where there is one."""
    if frame is not None:
        return "fs" in _kinds(frame)
    return namespace is not None and "fs" in watched_kinds(namespace)


def is_behind(namespace: Namespace) -> bool:
    """Whether something has happened that a watch has yet to see. Raises NotFound, StoreError."""
    if namespace.system("SELECT 1 FROM message LIMIT 1"):
        return True  # what all watches have seen is deleted
    seen = namespace.system("SELECT segment, place FROM watch WHERE source LIKE 'table:%'")
    return bool(seen) and min(seen) < namespace.lsn()


def _kinds(tables: SystemTables) -> frozenset[str]:
    found: Any = tables.system("SELECT source FROM watch")
    return frozenset(source.partition(":")[0] for (source,) in found)
