"""The cache of a namespace: values by key, each for some time, in its own database so that they commit with the rest.

It is no part of the change log: what is derived can be derived again.
"""

from typing import Any

from substrate.engine import Connection
from substrate.names import kept_key

MAX_BYTES = 64 * 2**20
"""What one namespace may keep, keys included; beyond it those written longest ago are forgotten."""

_FOREVER = 9e99
_ROOM_MADE = 9 / 10
_FORGET_OLDEST = """
    DELETE FROM _oc_cache WHERE key IN (
        SELECT key FROM (SELECT key, sum(size) OVER (ORDER BY written DESC, key) AS newer FROM _oc_cache) AS aged
        WHERE newer > ?
    ) RETURNING size
"""


def get(connection: Connection, key: str, now: float) -> bytes | None:
    """The value kept under a key, unless it has expired. Times are Unix seconds."""
    found: list[Any] = connection.execute(
        "SELECT value FROM _oc_cache WHERE key = ? AND expires > ?", (kept_key(key), now)
    )
    return bytes(found[0][0]) if found else None


def put(connection: Connection, key: str, value: bytes, now: float, seconds: float | None) -> None:
    """Keeps a value, for ever or for some seconds; an earlier one under the key is replaced."""
    flush(connection, kept_key(key), now)
    size = len(value) + len(key.encode())
    expires = _FOREVER if seconds is None else now + seconds
    connection.execute(
        "INSERT INTO _oc_cache (key, value, expires, written, size) VALUES (?, ?, ?, ?, ?)",
        (key, value, expires, now, size),
    )
    if _add(connection, size) > MAX_BYTES:
        expired: list[Any] = connection.execute("DELETE FROM _oc_cache WHERE expires <= ? RETURNING size", (now,))
        oldest: list[Any] = connection.execute(_FORGET_OLDEST, (int(MAX_BYTES * _ROOM_MADE),))
        _add(connection, -sum(size for (size,) in [*expired, *oldest]))


def expire(connection: Connection, key: str, now: float, seconds: float) -> bool:
    """Gives a kept value a new life time; False when there is none."""
    statement = "UPDATE _oc_cache SET expires = ? WHERE key = ? AND expires > ? RETURNING 1"
    return bool(connection.execute(statement, (now + seconds, kept_key(key), now)))


def flush(connection: Connection, key: str, now: float) -> bool:
    """Forgets the value under a key; False when there was none."""
    gone: list[Any] = connection.execute(
        "DELETE FROM _oc_cache WHERE key = ? RETURNING size, expires", (kept_key(key),)
    )
    if not gone:
        return False
    _add(connection, -gone[0][0])
    return bool(gone[0][1] > now)


def _add(connection: Connection, size: int) -> int:
    """Counts bytes that were added or taken away; how many there are now."""
    found: list[Any] = connection.execute("UPDATE _oc_meta SET cached = cached + ? RETURNING cached", (size,))
    return int(found[0][0])
