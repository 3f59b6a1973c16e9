"""Accounts as they are kept: what one is, and the store of them."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from accounts import names, whitelist
from accounts.errors import AccountConflict, InvalidAccount, UnknownAccount
from accounts.tiers import FREE, TIERS, Tier
from substrate.interface import Cell, ControlDatabase, Row, Transaction


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the server. A snapshot: `version` goes up when anything in it, or the password, changes.

    `allowed`: names of PERMISSIONS. `operations`: those that pages of its origins may run without credentials, None
    for any program.
    """

    id: str
    username: str
    namespace: str
    tier: Tier = FREE
    email: str | None = None
    phone: str | None = None
    disabled: bool = False
    whitelist: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()
    operations: tuple[str, ...] | None = None
    version: int = 1
    created_at: float = 0.0


SIDELOAD = "sideload"
PERMISSIONS = (SIDELOAD,)
"""What an account may be allowed: `sideload`, to run texts that come from outside as programs."""

_Settable = Literal["password_hash", "tier", "disabled", "allowed", "operations"]


class AccountStore:
    """The accounts of one database."""

    def __init__(self, database: ControlDatabase, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    def find(self, login: str) -> Account:
        """The account of a username, email or phone. Raises UnknownAccount."""
        found = self.find_with_hash(login)
        if found is None:
            raise UnknownAccount(login)
        return found[0]

    def find_with_hash(self, login: str) -> tuple[Account, str | None] | None:
        """The account of a login with its password hash (None: it has no password)."""
        kind, name = names.login(login)
        rows = self._database.read(_BY[kind], name)
        return (_account(rows), _text(rows[0][-2])) if rows else None

    def by_id(self, account_id: str) -> Account | None:
        """The account of an id."""
        rows = self._database.read(_BY["id"], account_id)
        return _account(rows) if rows else None

    def by_namespace(self, namespace: str) -> Account | None:
        """The account that has a namespace."""
        rows = self._database.read(_BY["namespace"], namespace)
        return _account(rows) if rows else None

    def version(self, account_id: str) -> int | None:
        """The version an account has now: one look-up by key."""
        rows = self._database.read("SELECT version FROM account WHERE id = ?", account_id)
        return int(rows[0][0] or 0) if rows else None

    def all(self) -> tuple[Account, ...]:
        """Every account, by username."""
        grouped: dict[Cell, list[Row]] = {}
        for row in self._database.read(_ALL):
            grouped.setdefault(row[0], []).append(row)
        return tuple(_account(rows) for rows in grouped.values())

    def create(
        self,
        username: str,
        *,
        email: str | None = None,
        phone: str | None = None,
        tier: Tier = FREE,
        password_hash: str | None = None,
    ) -> Account:
        """A new account with a namespace of its own. Raises InvalidAccount, AccountConflict."""
        name = names.username(username)
        given = {
            "username": name,
            "email": names.email(email) if email is not None else None,
            "phone": names.phone(phone) if phone is not None else None,
        }
        account_id = secrets.token_hex(16)
        with self._database.write() as transaction:
            _refuse_taken(transaction, given)
            transaction.execute(
                "INSERT INTO account (id, username, email, phone, namespace, tier, password_hash, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                account_id, *given.values(), _free_namespace(transaction, name),
                tier.name, password_hash, self._now(),
            )  # fmt: skip
        return self.find(name)

    def set_password_hash(self, account: Account, password_hash: str) -> Account:
        """Replaces the password."""
        return self._set(account, "password_hash", password_hash)

    def set_tier(self, account: Account, tier: Tier) -> Account:
        """Puts the account on another tier."""
        return self._set(account, "tier", tier.name)

    def set_disabled(self, account: Account, disabled: bool) -> Account:
        """Shuts the account out or lets it in again."""
        return self._set(account, "disabled", int(disabled))

    def set_allowed(self, account: Account, allowed: Iterable[str]) -> Account:
        """Replaces what the account is allowed. Raises InvalidAccount."""
        wanted = sorted(set(allowed))
        for permission in wanted:
            if permission not in PERMISSIONS:
                raise InvalidAccount("allowed", f"`{permission}` is no permission: there is {', '.join(PERMISSIONS)}")
        return self._set(account, "allowed", " ".join(wanted))

    def set_operations(self, account: Account, operations: Iterable[str] | None) -> Account:
        """Replaces the operations that pages of its origins may run; None: any program."""
        return self._set(account, "operations", None if operations is None else "\n".join(operations))

    def set_whitelist(self, account: Account, origins: Iterable[str]) -> Account:
        """Replaces the whitelist. Raises InvalidAccount, AccountConflict."""
        entries = [whitelist.entry(origin) for origin in origins]
        with self._database.write() as transaction:
            whitelist.replace(transaction, account.id, entries)
            transaction.execute("UPDATE account SET version = version + 1 WHERE id = ?", account.id)
        return self.find(account.username)

    def rehash(self, account: Account, password_hash: str) -> None:
        """Keeps the same password under another cost; nothing else may have changed meanwhile."""
        with self._database.write() as transaction:
            transaction.execute(
                "UPDATE account SET password_hash = ? WHERE id = ? AND version = ?",
                password_hash, account.id, account.version,
            )  # fmt: skip

    def _set(self, account: Account, column: _Settable, value: Cell) -> Account:
        change = f"UPDATE account SET {column} = ?, version = version + 1 WHERE id = ?"  # noqa: S608 -- a Literal
        with self._database.write() as transaction:
            transaction.execute(change, value, account.id)
        return self.find(account.username)


_ALL = """
    SELECT a.id, a.username, a.namespace, a.tier, a.email, a.phone, a.disabled, a.version, a.created_at,
        a.allowed, a.operations, a.password_hash, w.entry
    FROM account a LEFT JOIN whitelist w ON w.account_id = a.id
    ORDER BY a.username, w.position
"""
_BY = {
    column: _ALL.replace("ORDER BY", f"WHERE a.{column} = ? ORDER BY")
    for column in ("id", "username", "email", "phone", "namespace")
}


def _account(rows: list[Row]) -> Account:
    """One account from its rows, one for each entry of its whitelist."""
    account_id, username, namespace, tier, email, phone, disabled, version, created_at, *more = rows[0]
    allowed, listed, _, _ = more
    return Account(
        id=str(account_id),
        username=str(username),
        namespace=str(namespace),
        tier=TIERS[str(tier)],
        email=_text(email),
        phone=_text(phone),
        disabled=bool(disabled),
        whitelist=tuple(str(row[-1]) for row in rows if row[-1] is not None),
        allowed=frozenset(str(allowed or "").split()),
        operations=None if listed is None else tuple(filter(None, str(listed).split("\n"))),
        version=int(version or 0),
        created_at=float(created_at or 0),
    )


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)


def _refuse_taken(transaction: Transaction, given: dict[str, str | None]) -> None:
    for column, value in given.items():
        taken = f"SELECT 1 FROM account WHERE {column} = ?"  # noqa: S608 -- one of three fixed columns
        if value is not None and transaction.execute(taken, value):
            raise AccountConflict(column, f"the {column} {value!a} belongs to another account")


def _free_namespace(transaction: Transaction, username: str) -> str:
    for namespace in names.namespaces(username):
        if not transaction.execute("SELECT 1 FROM account WHERE namespace = ?", namespace):
            return namespace
    raise InvalidAccount("username", "every namespace for this username is taken")
