"""Answers kept under the callers' keys, in the same transaction as what they answer, so that a retry is safe."""

from dataclasses import dataclass
from typing import Any

from substrate.engine import Connection
from substrate.interface import Remembered
from substrate.names import kept_key

KEEP_SECONDS = 86_400
KEEP_ANSWERS = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and when it was given."""

    key: str
    answer: Remembered
    at_secs: int


def keep(connection: Connection, kept: Kept) -> None:
    """Keeps an answer; those that are too old or too many go, least recently used first."""
    answer = kept.answer
    connection.execute(
        "INSERT INTO _oc_answer (key, fingerprint, status, body, at_secs, used_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status, "
        "body = excluded.body, at_secs = excluded.at_secs, used_at = excluded.used_at",
        (kept_key(kept.key), answer.fingerprint, answer.status, answer.body, kept.at_secs, kept.at_secs),
    )
    if kept.at_secs % 64 == 0:
        _tidy(connection, kept.at_secs)


def find(connection: Connection, key: str, now: int) -> Remembered | None:
    """The answer kept under a key, unless it is too old."""
    found: list[Any] = connection.execute(
        "SELECT fingerprint, status, body FROM _oc_answer WHERE key = ? AND at_secs > ?",
        (kept_key(key), now - KEEP_SECONDS),
    )
    return Remembered(found[0][0], found[0][1], bytes(found[0][2])) if found else None


def used(connection: Connection, key: str, now: int) -> None:
    """Notes that an answer was given again."""
    connection.execute("UPDATE _oc_answer SET used_at = ? WHERE key = ?", (now, key))


def _tidy(connection: Connection, now: int) -> None:
    connection.execute("DELETE FROM _oc_answer WHERE at_secs <= ?", (now - KEEP_SECONDS,))
    connection.execute(
        "DELETE FROM _oc_answer WHERE key IN "
        "(SELECT key FROM _oc_answer ORDER BY used_at DESC, key LIMIT 1000000 OFFSET ?)",
        (KEEP_ANSWERS,),
    )
