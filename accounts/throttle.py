"""Slowing down those who guess passwords, across all processes.

Failures are counted for each login and for each address. After a few, each further one doubles the wait
before the next attempt, up to a quarter of an hour; meanwhile credentials are not even looked at. An hour
without a failure forgets them, a success forgets those of its login.

Nobody can lock an owner out this way. An address from which a login succeeded in the last month is counted
by itself, for that login alone: what strangers do elsewhere does not touch it. Remembered logins and tokens
never get here at all.

A login is counted by the name given, known or not, and not by the account it leads to: else a stranger could
see from the waits which names exist and which belong together. Attempts under way when a wait begins still
get their answer, so at most as many too many are looked at as there are threads that hash.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable
from math import ceil

from accounts.errors import TooManyFailures
from oql.passwords import LONGEST_WAIT_S, wait_after
from substrate.interface import ControlDatabase, Transaction

FREE_FAILURES = {"login": 5, "known": 5, "address": 20}
FORGET_S = 3_600.0
KNOWN_S = 30 * 86_400.0
REFRESH_S = 86_400.0


class Throttle:
    """The failures of one database."""

    def __init__(self, database: ControlDatabase, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    def check(self, login: str, address: str) -> None:
        """Raises TooManyFailures while this login or address has to wait."""
        now = self._now()
        subjects = self._subjects(login, address)
        rows = self._database.read(
            "SELECT max(locked_until) FROM failure WHERE subject IN (?, ?)", subjects[0], subjects[-1]
        )
        wait = float(rows[0][0] or 0) - now
        # Longer than the longest wait: the clock was set back since.
        if 0 < wait <= LONGEST_WAIT_S:
            raise TooManyFailures(ceil(wait))

    def failed(self, login: str, address: str) -> None:
        """Counts one failure."""
        now = self._now()
        subjects = self._subjects(login, address)
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM failure WHERE last_at < ?", now - FORGET_S)
            transaction.execute("DELETE FROM known_address WHERE last_at < ?", now - KNOWN_S)
            for subject in subjects:
                _count(transaction, subject, now)

    def succeeded(self, login: str, address: str) -> None:
        """Forgets the failures of the login; from now on the address is known for it."""
        now = self._now()
        known = _subject("known", login, network(address))
        forgotten = _subject("login", login), known
        failures = self._database.read("SELECT 1 FROM failure WHERE subject IN (?, ?)", *forgotten)
        if not failures and self._known_since(known) > now - REFRESH_S:
            return
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM failure WHERE subject IN (?, ?)", *forgotten)
            transaction.execute(
                "INSERT INTO known_address (subject, last_at) VALUES (?, ?)"
                " ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at",
                known, now,
            )  # fmt: skip

    def _subjects(self, login: str, address: str) -> tuple[str, ...]:
        """What is counted for an attempt from this address."""
        known = _subject("known", login, network(address))
        if self._known_since(known) > self._now() - KNOWN_S:
            return (known,)
        return _subject("login", login), _subject("address", network(address))

    def _known_since(self, subject: str) -> float:
        rows = self._database.read("SELECT last_at FROM known_address WHERE subject = ?", subject)
        return float(rows[0][0] or 0) if rows else 0.0


def network(address: str) -> str:
    """Whom an address stands for: itself, or for IPv6 its /64, which one customer has as a whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))


def _subject(kind: str, *parts: str) -> str:
    """A key of fixed length that shows no login: people type passwords into the wrong field."""
    digest = hashlib.sha256("\0".join(parts).encode())
    return f"{kind} {digest.hexdigest()}"


def _count(transaction: Transaction, subject: str, now: float) -> None:
    rows = transaction.execute("SELECT failures FROM failure WHERE subject = ?", subject)
    failures = 1 + (int(rows[0][0] or 0) if rows else 0)
    kind, _, _ = subject.partition(" ")
    transaction.execute(
        "INSERT INTO failure (subject, failures, last_at, locked_until) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures,"
        " last_at = excluded.last_at, locked_until = excluded.locked_until",
        subject, failures, now, now + wait_after(failures, FREE_FAILURES[kind]),
    )  # fmt: skip
