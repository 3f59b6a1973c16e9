"""A cache in memory, for one process: what CACHE keeps, when nothing larger is configured."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from oql import json
from oql.errors import Code, failed
from oql.values import Value, to_json
from substrate.interface import Frame

DEFAULT_BYTES = 16 * 2**20
_OVERHEAD = 200
_DEEPEST = 1_000


@dataclass(frozen=True, slots=True)
class _Entry:
    kept: bytes
    expires: float | None

    def gone(self, now: float) -> bool:
        return self.expires is not None and now >= self.expires


class MemoryCache:
    """The cache of one namespace: any number of threads, values by JSON, never more than so many bytes.

    A value that comes out is a new one each time. Where room is needed, what was longest unused goes first;
    a cache may forget at any time.
    """

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._used = 0
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, now: float) -> Value:
        """The value kept under the key, or None when there is none or it has expired."""
        with self._lock:
            entry = self._live(key, now)
        return json.loads(entry.kept, max_depth=_DEEPEST) if entry else None

    def put(self, key: str, value: Value, now: float, seconds: float | None) -> None:
        """Keeps a value, for ever or for some seconds. One larger than the whole cache is QuotaExceeded."""
        entry = _Entry(to_json(value), None if seconds is None else now + seconds)
        size = _size(key, entry)
        if size > self._max_bytes:
            message = f"a value of {size:,} bytes does not fit a cache of {self._max_bytes:,}"
            raise failed(Code.QUOTA_EXCEEDED, message)
        with self._lock:
            self._drop(key)
            self._entries[key] = entry
            self._used += size
            while self._used > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def within(self, frame: Frame) -> "MemoryCache":
        """The cache itself: memory knows no transactions."""
        return self

    def expire(self, key: str, now: float, seconds: float) -> bool:
        """Gives a kept value a new life time; False when there is none."""
        with self._lock:
            entry = self._live(key, now)
            if entry:
                self._entries[key] = _Entry(entry.kept, now + seconds)
            return entry is not None

    def flush(self, key: str, now: float) -> bool:
        """Forgets the value under the key; False when there was none."""
        with self._lock:
            found = self._live(key, now) is not None
            self._drop(key)
            return found

    def _live(self, key: str, now: float) -> _Entry | None:
        """The entry of the key, now the one most lately used; an expired one is dropped."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.gone(now):
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry:
            self._used -= _size(key, entry)


class MemoryCaches:
    """A MemoryCache for each namespace, made when it is first asked for."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._caches: dict[str, MemoryCache] = {}
        self._lock = threading.Lock()

    def of(self, namespace: str) -> MemoryCache:
        """The one cache of a namespace."""
        with self._lock:
            return self._caches.setdefault(namespace, MemoryCache(self._max_bytes))


def _size(key: str, entry: _Entry) -> int:
    return len(entry.kept) + 4 * len(key) + _OVERHEAD
