"""Bearer tokens: 256 random bits behind a prefix, kept as a hash, with scopes and an end.

A plain SHA-256 is enough: nobody guesses 256 bits, so nothing is won by making the hash slow. Nothing is
trusted once the database has changed, so a revoked token is refused by every process at once.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from accounts.accounts import Account
from accounts.errors import InvalidTokenRequest, MissingScope
from substrate.interface import ControlDatabase, Row

PREFIX = "oql_"
MAX_NAME_LENGTH = 200
MAX_TOKENS = 1_000

TENANT_SCOPES = {
    "read": "read rows, tables and changes over the store's routes",
    "write": "write rows over the store's routes",
    "admin": "declare, change and delete tables over the store's routes",
}
"""What a token allows in the world of one tenant, which is what the store calls a namespace."""
SCOPES = {
    "query": "check and run programs",
    "token": "issue and revoke tokens",
    **TENANT_SCOPES,
}
DEFAULT_SCOPES = frozenset({"query"})
OPERATOR = "operator"
"""The scope of tokens that belong to no tenant and reach all of them."""
NO_ACCOUNT = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: everything but its secret. Times are seconds since the epoch.

    A token belongs to an account; or to a `tenant`, and `account_id` is empty then; or, without both, to an operator.
    """

    id: str
    account_id: str
    name: str
    scopes: frozenset[str]
    created_at: float
    expires_at: float
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a presented token allows in the store. `tenant`: None reaches all of them. `account`: whose token it is."""

    token: Token
    tenant: str | None
    account: Account | None = None

    def may(self, scope: str) -> bool:
        """Whether the token has this scope; an operator's has all."""
        return scope in self.token.scopes or OPERATOR in self.token.scopes


@dataclass(frozen=True, slots=True)
class Grant:
    """What a presented token allows: to act for the account, within the token's scopes."""

    account: Account
    token: Token

    def require(self, scope: str) -> None:
        """Raises MissingScope unless the token has this scope."""
        if scope not in self.token.scopes:
            raise MissingScope(scope)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which is shown this once and kept nowhere."""

    secret: str
    token: Token

    def __repr__(self) -> str:
        return f"IssuedToken({self.token.id})"


class TokenStore:
    """The tokens of one database."""

    def __init__(self, database: ControlDatabase, *, max_age_s: float, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._max_age_s = max_age_s
        self._now = now

    def issue(
        self,
        account: Account,
        *,
        name: str = "",
        scopes: Iterable[str] | None = None,
        expires_in: float | None = None,
        within: Grant | None = None,
    ) -> IssuedToken:
        """See `Accounts.issue_token`."""
        if within:
            within.require("token")
        now = self._now()
        token = Token(
            id=secrets.token_hex(8),
            account_id=account.id,
            name=_name(name),
            scopes=_scopes(scopes, within),
            created_at=now,
            expires_at=self._end(now, expires_in, within),
        )
        return self._issued(token, now)

    def issue_for_tenant(
        self, tenant: str | None, *, name: str, scopes: Iterable[str], expires_at: float | None
    ) -> IssuedToken:
        """See `Accounts.issue_tenant_token`."""
        now = self._now()
        token = Token(
            id=secrets.token_hex(8),
            account_id=NO_ACCOUNT,
            name=_name(name),
            scopes=frozenset({OPERATOR}) if tenant is None else _known(frozenset(scopes), TENANT_SCOPES),
            created_at=now,
            expires_at=self._end(now, None if expires_at is None else expires_at - now, None),
            tenant=tenant,
        )
        return self._issued(token, now)

    def _issued(self, token: Token, now: float) -> IssuedToken:
        secret = PREFIX + secrets.token_urlsafe(32)
        self._insert(token, secret, now)
        return IssuedToken(secret, token)

    def find(self, token_hash: str) -> Token | None:
        """The token whose secret has this hash, unless it was revoked or has expired."""
        found = self._read("hash = ?", token_hash)
        return found[0] if found else None

    def revoke(self, account: Account, token_id: str) -> bool:
        """See `Accounts.revoke_token`."""
        with self._database.write() as transaction:
            return bool(
                transaction.execute(
                    "DELETE FROM token WHERE id = ? AND account_id = ? RETURNING 1", token_id, account.id
                )
            )

    def revoke_for_tenant(self, tenant: str | None, token_id: str | None) -> bool:
        """See `Accounts.revoke_tenant_token`; without an id, all of them."""
        which, values = _of_tenant(tenant)
        if token_id is not None:
            which, values = f"{which} AND id = ?", (*values, token_id)
        with self._database.write() as transaction:
            return bool(transaction.execute(f"DELETE FROM token WHERE {which} RETURNING 1", *values))  # noqa: S608 -- written here

    def list(self, account: Account) -> tuple[Token, ...]:
        """See `Accounts.list_tokens`."""
        return self._read("account_id = ?", account.id)

    def list_for_tenant(self, tenant: str | None) -> tuple[Token, ...]:
        """See `Accounts.list_tenant_tokens`."""
        which, values = _of_tenant(tenant)
        return self._read(which, *values)

    def _read(self, which: str, *values: str) -> tuple[Token, ...]:
        """The tokens that have not ended, oldest first. `which` is a condition written in this file."""
        rows = self._database.read(
            "SELECT id, account_id, name, scopes, created_at, expires_at, tenant FROM token "  # noqa: S608 -- see above
            f"WHERE {which} AND expires_at > ? ORDER BY created_at, id",
            *values, self._now(),
        )  # fmt: skip
        return tuple(_token(row) for row in rows)

    def _end(self, now: float, expires_in: float | None, within: Grant | None) -> float:
        if expires_in is None:
            end = now + self._max_age_s
            return min(end, within.token.expires_at) if within else end
        if not 0 < expires_in <= self._max_age_s:
            # Not what was found: a whole number may be larger than a float, or than this line should be long.
            most = f"{self._max_age_s:.0f} seconds ({self._max_age_s / 86_400:g}d, the setting token_max_age_s)"
            raise InvalidTokenRequest(f"expected a lifetime of 1 to {most}", "expires_in")
        if within and now + expires_in > within.token.expires_at:
            raise InvalidTokenRequest("a token cannot live longer than the token that issues it", "expires_in")
        return now + expires_in

    def _insert(self, token: Token, secret: str, now: float) -> None:
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM token WHERE expires_at <= ?", now)
            count = transaction.execute(
                "SELECT count(*) FROM token WHERE account_id = ? AND coalesce(tenant, '') = ?",
                token.account_id, token.tenant or "",
            )  # fmt: skip
            if count[0][0] == MAX_TOKENS:
                owner = "an account" if token.account_id else "a tenant" if token.tenant else "a server"
                raise InvalidTokenRequest(f"{owner} has at most {MAX_TOKENS:,} tokens; revoke some first")
            transaction.execute(
                "INSERT INTO token (hash, id, account_id, name, scopes, created_at, expires_at, tenant)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                hashed(secret), token.id, token.account_id, token.name, " ".join(sorted(token.scopes)),
                token.created_at, token.expires_at, token.tenant,
            )  # fmt: skip


def _token(row: Row) -> Token:
    token_id, account_id, name, scopes, created_at, expires_at, tenant = row
    return Token(
        str(token_id),
        str(account_id),
        str(name),
        frozenset(str(scopes).split()),
        float(created_at or 0),
        float(expires_at or 0),
        None if tenant is None else str(tenant),
    )


def _of_tenant(tenant: str | None) -> tuple[str, tuple[str, ...]]:
    """The condition on the tokens of a tenant, or of operators."""
    if tenant is None:
        return "account_id = '' AND tenant IS NULL", ()
    return "account_id = '' AND tenant = ?", (tenant,)


def hashed(secret: str) -> str:
    """The form in which a secret is kept and looked for."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _name(name: str) -> str:
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidTokenRequest(f"expected a name of at most {MAX_NAME_LENGTH} printable characters", "name")
    return name


def _scopes(asked: Iterable[str] | None, within: Grant | None) -> frozenset[str]:
    """The scopes of a new token: known ones, at least one, none that the asking token lacks."""
    held = within.token.scopes if within else frozenset(SCOPES)
    scopes = _known(DEFAULT_SCOPES & held if asked is None else frozenset(asked), SCOPES)
    if scopes - held:
        raise InvalidTokenRequest(f"the token that asks lacks the scope {min(scopes - held)}", "scopes")
    return scopes


def _known(scopes: frozenset[str], known: Mapping[str, str]) -> frozenset[str]:
    """The scopes, if all of them are known and there is one at least."""
    unknown = sorted(scopes - known.keys())
    if unknown or not scopes:
        found = f"{unknown[0][:60]!a}" if unknown else "none"
        raise InvalidTokenRequest(f"expected scopes of {', '.join(known)}, found {found}", "scopes")
    return scopes
