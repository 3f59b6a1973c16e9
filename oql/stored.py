"""The cache of a namespace in its store: what one process keeps all of them get, and it commits with the rest."""

from collections.abc import Callable
from typing import TypeVar

from oql import json
from oql.errors import Code, OqlError, failed
from oql.values import Value, to_json
from substrate.errors import NotFound, StoreError
from substrate.interface import Frame, Namespace

MAX_VALUE_BYTES = 16 * 2**20
_DEEPEST = 1_000_000

T = TypeVar("T")


class StoredCache:
    """See `oql.context.Cache`. With a frame, what is kept commits with that."""

    __slots__ = ("_frame", "_store")

    def __init__(self, store: Namespace, frame: Frame | None = None) -> None:
        self._store = store
        self._frame = frame

    def within(self, frame: Frame) -> "StoredCache":
        """The same cache as a part of an open transaction."""
        return StoredCache(self._store, frame)

    def get(self, key: str, now: float) -> Value:
        """The value kept under the key, or None when there is none or it has expired."""
        try:
            kept = (self._frame or self._store).cached(key, now)
        except NotFound:  # nothing was ever written in this namespace
            return None
        except StoreError as error:
            raise _failure(error) from None
        return None if kept is None else json.loads(kept, max_depth=_DEEPEST)

    def put(self, key: str, value: Value, now: float, seconds: float | None) -> None:
        """Keeps a value, for ever or for some seconds; an earlier one under the key is replaced."""
        kept = to_json(value)
        if len(kept) > MAX_VALUE_BYTES:
            message = f"a value of {len(kept):,} bytes is more than the cache takes, {MAX_VALUE_BYTES:,}"
            raise failed(Code.QUOTA_EXCEEDED, message)
        self._write(lambda frame: frame.cache(key, kept, now, seconds))

    def expire(self, key: str, now: float, seconds: float) -> bool:
        """Gives a kept value a new life time; False when there is none."""
        return self._write(lambda frame: frame.cache_for(key, now, seconds))

    def flush(self, key: str, now: float) -> bool:
        """Forgets the value under the key; False when there was none."""
        return self._write(lambda frame: frame.uncache(key, now))

    def _write(self, work: Callable[[Frame], T]) -> T:
        try:
            return work(self._frame) if self._frame else self._store.write(work)
        except StoreError as error:
            raise _failure(error) from None


def _failure(error: StoreError) -> OqlError:
    return failed(Code.DATABASE_ERROR, f"the cache cannot be used: {error.message}")
