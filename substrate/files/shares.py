"""Links to files: a token of 256 random bits leads to a path of a namespace. Only the hash of a token is kept.

A single-use link goes through these states, each change one transaction:

    free --take--> taken by one download --finish--> used
      ^                 |
      '----give_back----'   also by itself, when the one who has it says nothing for LEASE_S: it has died

`finish` comes before the last bytes are sent, and only who still has the link can do it, so never do two get all of it.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from substrate.errors import QuotaExceeded, Unavailable
from substrate.interface import ControlDatabase, DatabaseError, Row

MIGRATIONS = (
    """
    CREATE TABLE share (
        hash TEXT PRIMARY KEY, -- SHA-256 of the token, in hex
        namespace TEXT NOT NULL,
        path TEXT NOT NULL,
        multi INTEGER NOT NULL,
        used INTEGER NOT NULL DEFAULT 0,
        expires DOUBLE PRECISION NOT NULL,
        holder TEXT NOT NULL DEFAULT '', -- the download that has it, until `held_until`
        held_until DOUBLE PRECISION NOT NULL DEFAULT 0
    );
    CREATE INDEX share_path ON share (namespace, path);
    CREATE INDEX share_age ON share (expires);
    """,
)

LEASE_S = 60.0
"""How long a download keeps a single-use link without a sign of life."""
REMEMBERED_S = 30 * 86_400.0
"""How long a link that is used or has expired is still known as such."""
MOST = 10_000
"""How many links a namespace may have that can still be used."""

_FOREVER = 9e15
_ALIVE = "used = 0 AND expires > ?"


@dataclass(frozen=True, slots=True)
class Share:
    """A link: `key` names it here. `over`: used up or expired."""

    key: str
    namespace: str
    path: str
    multi: bool
    over: bool


class Shares:
    """The links of all namespaces. `base_url` gives how links begin; it is asked only when one is made."""

    def __init__(self, database: ControlDatabase, base_url: Callable[[], str]) -> None:
        self._database = database
        self._base_url = base_url

    def add(self, namespace: str, path: str, token: str, now: float, expires: float | None, *, multi: bool) -> str:
        """The link with a token, as a URL; made unless it is there. Raises QuotaExceeded, Unavailable."""
        url = f"{self._base_url()}/files/{token}"
        try:
            with self._database.write() as transaction:
                if transaction.execute("SELECT 1 FROM share WHERE hash = ?", hashed(token)):
                    return url
                transaction.execute("DELETE FROM share WHERE expires < ?", now - REMEMBERED_S)
                alive = f"SELECT count(*) FROM share WHERE namespace = ? AND {_ALIVE}"
                if int(transaction.execute(alive, namespace, now)[0][0] or 0) >= MOST:
                    raise QuotaExceeded(f"the namespace has {MOST:,} links already", hint="end some by `UNSHARE`")
                transaction.execute(
                    "INSERT INTO share (hash, namespace, path, multi, expires) VALUES (?, ?, ?, ?, ?)",
                    hashed(token), namespace, path, int(multi), _FOREVER if expires is None else expires,
                )  # fmt: skip
        except DatabaseError as error:
            raise Unavailable("links cannot be kept now") from error
        return url

    def count(self, namespace: str, path: str, now: float) -> int:
        """How many links to a path can still be used. Raises Unavailable."""
        alive = f"SELECT count(*) FROM share WHERE namespace = ? AND path = ? AND {_ALIVE}"
        try:
            return int(self._database.read(alive, namespace, path, now)[0][0] or 0)
        except DatabaseError as error:
            raise Unavailable("links cannot be read now") from error

    def end(self, namespace: str, path: str, now: float) -> int:
        """Ends all links to a path; how many could still have been used. Raises Unavailable."""
        try:
            with self._database.write() as transaction:
                alive = f"SELECT count(*) FROM share WHERE namespace = ? AND path = ? AND {_ALIVE}"
                ended = transaction.execute(alive, namespace, path, now)
                transaction.execute("DELETE FROM share WHERE namespace = ? AND path = ?", namespace, path)
        except DatabaseError as error:
            raise Unavailable("links cannot be ended now") from error
        return int(ended[0][0] or 0)

    def find(self, token: str, now: float) -> Share | None:
        """The link of a token. Raises DatabaseError, as all that follows."""
        rows = self._database.read(
            "SELECT hash, namespace, path, multi, used, expires FROM share WHERE hash = ?", hashed(token)
        )
        return _share(rows[0], now) if rows else None

    def take(self, share: Share, holder: str, now: float) -> bool:
        """Gives a single-use link to one download; False where it is used, or another one has it."""
        return self._change(
            "UPDATE share SET holder = ?, held_until = ?"
            " WHERE hash = ? AND used = 0 AND expires > ? AND held_until <= ? RETURNING 1",
            holder, now + LEASE_S, share.key, now, now,
        )  # fmt: skip

    def keep(self, share: Share, holder: str, now: float) -> bool:
        """A sign of life of the download that has the link; False where it has it no longer."""
        return self._change(
            "UPDATE share SET held_until = ? WHERE hash = ? AND holder = ? AND used = 0 RETURNING 1",
            now + LEASE_S, share.key, holder,
        )  # fmt: skip

    def finish(self, share: Share, holder: str) -> bool:
        """Uses the link up; False where the download has it no longer, and must not send the rest."""
        return self._change(
            "UPDATE share SET used = 1 WHERE hash = ? AND holder = ? AND used = 0 RETURNING 1", share.key, holder
        )

    def give_back(self, share: Share, holder: str) -> None:
        """Makes the link free again: the download did not come to its last bytes."""
        self._change(
            "UPDATE share SET used = 0, holder = '', held_until = 0 WHERE hash = ? AND holder = ? RETURNING 1",
            share.key, holder,
        )  # fmt: skip

    def _change(self, sql: str, *params: float | str) -> bool:
        with self._database.write() as transaction:
            return bool(transaction.execute(sql, *params))

    def close(self) -> None:
        """Closes the database."""
        self._database.close()


def new_token() -> str:
    """A token that nobody guesses: 256 random bits."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """The form in which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _share(row: Row, now: float) -> Share:
    key, namespace, path, multi, used, expires = row
    return Share(str(key), str(namespace), str(path), bool(multi), bool(used) or float(expires or 0) <= now)
