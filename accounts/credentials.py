"""Verifying a login and its password: throttled, the same time and the same answer for every failure."""

import secrets
import unicodedata

from accounts import names
from accounts.accounts import Account, AccountStore
from accounts.errors import AuthFailed, InvalidAccount
from accounts.throttle import Throttle
from accounts.verified import VerifiedLogins
from oql.passwords import (
    MAX_PASSWORD_BYTES,
    SHORTEST_PASSWORD,
    Argon2Cost,
    PasswordError,
    argon2_cost,
    argon2_hash,
    argon2_verify,
)
from substrate.interface import ControlDatabase


class Credentials:
    """The passwords of one database. Slow: for a thread."""

    def __init__(
        self,
        database: ControlDatabase,
        store: AccountStore,
        throttle: Throttle,
        verified: VerifiedLogins,
        cost: Argon2Cost,
    ) -> None:
        self._database = database
        self._store = store
        self._throttle = throttle
        self._verified = verified
        self._cost = cost
        self._nobody: str | None = None

    def authenticate(self, login: str, password: str, address: str) -> Account:
        """The account of these credentials. Raises AuthFailed, TooManyFailures."""
        # Many requests that start together verify one after the other; the later ones find the first's work.
        remembered = self._verified.recall(login, password)
        if remembered:
            return remembered
        subject = " ".join(names.login(login))
        self._throttle.check(subject, address)
        state = self._database.state()
        account = self._verify(login, password)
        if account is None:
            self._throttle.failed(subject, address)
            raise AuthFailed
        self._throttle.succeeded(subject, address)
        self._verified.remember(login, password, account, state)
        return account

    def new_hash(self, password: str) -> str:
        """The hash to keep for a new password. Raises InvalidAccount."""
        hashed = self._hash(password)
        if len(_composed(password)) < SHORTEST_PASSWORD:
            wanted = f"expected a password of at least {SHORTEST_PASSWORD} characters"
            raise InvalidAccount("password", f"{wanted}: a few words in a row are easy to remember and hard to guess")
        return hashed

    def _hash(self, password: str) -> str:
        try:
            return argon2_hash(_composed(password), self._cost)
        except PasswordError as error:
            raise InvalidAccount("password", str(error)) from None

    def _verify(self, login: str, password: str) -> Account | None:
        """One verification in every case: where there is nothing to verify, against nobody's hash."""
        nobodys = self._nobodys_hash()
        account, kept = self._store.find_with_hash(login) or (None, None)
        try:
            right = argon2_verify(_composed(password), kept or nobodys, ceiling=None)
        except PasswordError:
            return None
        if account is None or kept is None or account.disabled or not right:
            return None
        if argon2_cost(kept) != self._cost:
            self._store.rehash(account, self._hash(password))
        return account

    def _nobodys_hash(self) -> str:
        if self._nobody is None:
            self._nobody = argon2_hash(secrets.token_hex(), self._cost)
        return self._nobody


def _composed(password: str) -> str:
    """One form for what looks the same, whichever keyboard it came from (NFC, as RFC 8265 has it)."""
    if len(password) > MAX_PASSWORD_BYTES:
        raise PasswordError(f"a password has at most {MAX_PASSWORD_BYTES:,} bytes")
    return unicodedata.normalize("NFC", password)
