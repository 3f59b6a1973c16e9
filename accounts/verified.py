"""Logins verified a moment ago, so that a password hash costs once a minute and not once a request.

Kept in memory only, under a digest of login and password with a key that this process drew for itself.
Only successes are kept. An entry holds the version of the account it saw, and counts only while the
account still has it: when anything was committed since, by whatever process, the version is read again.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from accounts.accounts import Account, AccountStore
from accounts.memo import CurrentState
from accounts.names import MAX_LOGIN_LENGTH
from oql.passwords import MAX_PASSWORD_BYTES
from substrate.interface import ControlDatabase

REMEMBER_S = 60
MAX_ENTRIES = 10_000


@dataclass(slots=True)
class _Entry:
    account: Account
    state: Hashable
    until: float


class VerifiedLogins:
    """What this process remembers. Safe to share between threads."""

    def __init__(
        self,
        database: ControlDatabase,
        store: AccountStore,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = CurrentState(database)
        self._store = store
        self._keyed = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=32)
        self._monotonic = monotonic
        self._entries: dict[bytes, _Entry] = {}
        self._guard = threading.Lock()

    def recall(self, login: str, password: str) -> Account | None:
        """The account of these credentials if they are remembered and nothing has changed. Microseconds."""
        digest = self._digest(login, password)
        entry = self._entries.get(digest)
        if entry is None:
            return None
        if entry.until > self._monotonic() and self._still_true(entry):
            return entry.account
        self._entries.pop(digest, None)
        return None

    def remember(self, login: str, password: str, account: Account, state: Hashable) -> None:
        """Keeps a verified login. `state` is that of the database before the account was read."""
        now = self._monotonic()
        with self._guard:
            if len(self._entries) >= MAX_ENTRIES:
                self._entries = {key: entry for key, entry in self._entries.items() if entry.until > now}
            if len(self._entries) < MAX_ENTRIES:
                self._entries[self._digest(login, password)] = _Entry(account, state, now + REMEMBER_S)

    def _still_true(self, entry: _Entry) -> bool:
        state = self._state()
        if state != entry.state:
            if self._store.version(entry.account.id) != entry.account.version:
                return False
            entry.state = state
        return True

    def _digest(self, login: str, password: str) -> bytes:
        # What is longer verifies nothing, so it need not be told apart.
        login, password = login[: MAX_LOGIN_LENGTH + 1], password[: MAX_PASSWORD_BYTES + 1]
        text = f"{len(login)} {login}{password}".encode("utf-8", "surrogatepass")
        digest = self._keyed.copy()
        digest.update(text)
        return digest.digest()
