"""The cache of CACHE, FLUSH and EXPIRE: shared by all processes of the server, apart for each namespace."""

from pathlib import Path

from oql import json
from oql.context import Cache
from oql.values import Value, to_json
from substrate.interface import ControlDatabase, Row, Transaction
from substrate.sqlite.database import Database

MAX_BYTES = 64 * 2**20
"""What one namespace may keep, keys included; beyond it those written longest ago are forgotten."""

_SCHEMA = """
    CREATE TABLE cache (
        namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
        expires REAL NOT NULL, written REAL NOT NULL, bytes INTEGER NOT NULL,
        PRIMARY KEY (namespace, key)
    ) WITHOUT ROWID;
    CREATE INDEX cache_age ON cache (namespace, written, bytes);
    CREATE TABLE held (namespace TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER cache_added AFTER INSERT ON cache BEGIN
        INSERT INTO held VALUES (new.namespace, new.bytes)
        ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER cache_removed AFTER DELETE ON cache BEGIN
        UPDATE held SET bytes = bytes - old.bytes WHERE namespace = old.namespace;
    END;
"""
_FORGET_OLDEST = """
    DELETE FROM cache WHERE namespace = ? AND key IN (
        SELECT key FROM (
            SELECT key, sum(bytes) OVER (ORDER BY written DESC, key) AS newer FROM cache WHERE namespace = ?
        ) WHERE newer > ?
    )
"""
_FOREVER = 9e99


class SharedCaches:
    """The caches of all namespaces, in one file: what one process puts, all get."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, [_SCHEMA])

    def of(self, namespace: str) -> Cache:
        """The cache of one namespace; it can reach no other."""
        return _NamespaceCache(self._database, namespace)

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


class _NamespaceCache:
    """See `oql.context.Cache`."""

    __slots__ = ("_database", "_namespace")

    def __init__(self, database: ControlDatabase, namespace: str) -> None:
        self._database = database
        self._namespace = namespace

    def get(self, key: str, now: float) -> Value:
        rows = self._database.read(
            "SELECT value FROM cache WHERE namespace = ? AND key = ? AND expires > ?",
            self._namespace,
            key,
            now,
        )
        value = rows[0][0] if rows else b"null"
        assert isinstance(value, bytes)
        return json.loads(value, max_depth=1_000_000)

    def put(self, key: str, value: Value, now: float, seconds: float | None) -> None:
        kept = to_json(value)
        expires = _FOREVER if seconds is None else now + seconds
        with self._database.write() as transaction:
            self._remove(transaction, key)
            transaction.execute(
                "INSERT INTO cache VALUES (?, ?, ?, ?, ?, ?)",
                self._namespace, key, kept, expires, now, len(kept) + len(key),
            )  # fmt: skip
            self._make_room(transaction, now)

    def expire(self, key: str, now: float, seconds: float) -> bool:
        with self._database.write() as transaction:
            changed = transaction.execute(
                "UPDATE cache SET expires = ? WHERE namespace = ? AND key = ? AND expires > ? RETURNING 1",
                now + seconds, self._namespace, key, now,
            )  # fmt: skip
        return bool(changed)

    def flush(self, key: str, now: float) -> bool:
        with self._database.write() as transaction:
            removed = self._remove(transaction, key)
        return bool(removed) and float(removed[0][0] or 0) > now

    def _remove(self, transaction: Transaction, key: str) -> list[Row]:
        return transaction.execute(
            "DELETE FROM cache WHERE namespace = ? AND key = ? RETURNING expires", self._namespace, key
        )

    def _make_room(self, transaction: Transaction, now: float) -> None:
        if self._held(transaction) <= MAX_BYTES:
            return
        transaction.execute("DELETE FROM cache WHERE namespace = ? AND expires <= ?", self._namespace, now)
        transaction.execute(_FORGET_OLDEST, self._namespace, self._namespace, MAX_BYTES * 9 // 10)

    def _held(self, transaction: Transaction) -> int:
        rows = transaction.execute("SELECT bytes FROM held WHERE namespace = ?", self._namespace)
        return int(rows[0][0] or 0) if rows else 0
