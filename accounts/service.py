"""The one door to this room: everything that the server and the command line ask of accounts."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from accounts import development, whitelist
from accounts.accounts import SIDELOAD, Account, AccountStore
from accounts.admission import UNLIMITED, Admission, Admitted, Slot
from accounts.credentials import Credentials
from accounts.errors import AuthFailed
from accounts.memo import Memo
from accounts.schema import DATABASE, MIGRATIONS
from accounts.sites import SiteStore
from accounts.throttle import Throttle
from accounts.tiers import tier_named
from accounts.tokens import OPERATOR, Bearer, Grant, IssuedToken, Token, TokenStore, hashed
from accounts.verified import VerifiedLogins
from oql.passwords import DEFAULT_COST, Argon2Cost
from substrate.interface import ControlDatabase
from substrate.opening import open_control

TOKEN_MAX_AGE_S = 90 * 86_400.0


class Accounts:
    """The accounts of one data folder. Safe to share between threads; opens its files at first use.

    Cheap enough for an event loop: `recall`, `by_token`, `by_origin`, `by_site`, `origin_allowed`, `admit`, `slot`.
    Slow (a password hash or a durable write), for a thread: everything else. `sites`: who has which one.
    Everything raises DatabaseError when the data folder cannot be used.
    """

    def __init__(
        self,
        data: Path,
        *,
        database: ControlDatabase | None = None,
        development: bool = False,
        password_cost: Argon2Cost = DEFAULT_COST,
        token_max_age_s: float = TOKEN_MAX_AGE_S,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`database` keeps them, a file in the folder if there is none; see `accounts.schema.MIGRATIONS`.

        `development` adds the account test/test and lets any bearer into the store; `now` is in seconds.
        """
        self.development = development
        self._now = now
        self._database = database or open_control("", data, DATABASE, MIGRATIONS)
        self._store = AccountStore(self._database, now)
        self._verified = VerifiedLogins(self._database, self._store, monotonic)
        self._credentials = Credentials(
            self._database, self._store, Throttle(self._database, now), self._verified, password_cost
        )
        self._tokens = TokenStore(self._database, max_age_s=token_max_age_s, now=now)
        self._grants: Memo[Grant] = Memo(self._database)
        self._bearers: Memo[Bearer] = Memo(self._database)
        self._owners: Memo[Account] = Memo(self._database)
        self._origins: Memo[Account] = Memo(self._database)
        self._visited: Memo[Account] = Memo(self._database)
        self.sites = SiteStore(self._database, lambda namespace: self.of_namespace(namespace) is not None, now)
        self._admission = Admission(data / "usage", now)

    # Who is asking

    def recall(self, login: str, password: str) -> Account | None:
        """The account if this process verified these credentials in the last minute and nothing changed."""
        if self.development and development.verifies(login, password):
            return development.ACCOUNT
        return self._verified.recall(login, password)

    def authenticate(self, login: str, password: str, address: str) -> Account:
        """The account of a login (username, email or phone). Raises AuthFailed, TooManyFailures."""
        if self.development and development.verifies(login, password):
            return development.ACCOUNT
        return self._credentials.authenticate(login, password, address)

    def by_token(self, secret: str) -> Grant:
        """What a bearer token allows. Raises AuthFailed (unknown, expired, revoked, account disabled)."""
        grant = self._grants.get(hashed(secret), self._grant)
        if grant is None or grant.token.expires_at <= self._now():
            raise AuthFailed
        return grant

    def bearer(self, secret: str) -> Bearer:
        """What a bearer token allows in the store: in its account's namespace, its tenant, or everywhere.

        Raises AuthFailed, as `by_token`. In development mode every token has all rights.
        """
        if self.development:
            return development.BEARER
        bearer = self._bearers.get(hashed(secret), self._bearer)
        if bearer is None or bearer.token.expires_at <= self._now():
            raise AuthFailed
        return bearer

    def by_origin(self, origin: str) -> Account | None:
        """The one enabled account that whitelists this Origin header, or None."""
        return self._origins.get(origin, self._owner)

    def by_site(self, name: str) -> Account | None:
        """The enabled account that has the site of this name, or None."""
        return self._visited.get(name, self._host)

    def origin_allowed(self, account: Account, origin: str) -> bool:
        """May a request of this account carry this Origin header? Yes where the account lists no origins."""
        return not account.whitelist or not set(account.whitelist).isdisjoint(whitelist.matching(origin))

    def admit(self, account: Account) -> Admitted:
        """Counts one query of today. Raises QuotaExceeded. The development account has no limits."""
        return UNLIMITED if account is development.ACCOUNT else self._admission.admit(account)

    def slot(self, account: Account) -> AbstractContextManager[None]:
        """Until the end of the block an admitted query runs as one at once.

        Raises InstanceLimitExceeded on entry, and the query is not counted then.
        """
        return nullcontext() if account is development.ACCOUNT else Slot(self._admission, account)

    def _grant(self, token_hash: str) -> Grant | None:
        token = self._tokens.find(token_hash)
        account = self._enabled(token.account_id) if token else None
        return Grant(account, token) if token and account else None

    def _bearer(self, token_hash: str) -> Bearer | None:
        token = self._tokens.find(token_hash)
        if token is None:
            return None
        if token.tenant is not None or OPERATOR in token.scopes:
            return Bearer(token, token.tenant)
        account = self._enabled(token.account_id)
        return Bearer(token, account.namespace, account) if account else None

    def _host(self, name: str) -> Account | None:
        namespace = self.sites.namespace(name)
        account = self.of_namespace(namespace) if namespace else None
        return None if account is None or account.disabled else account

    def _owner(self, origin: str) -> Account | None:
        owner = whitelist.owner(self._database, origin)
        return self._enabled(owner) if owner else None

    def _enabled(self, account_id: str) -> Account | None:
        if account_id == development.ACCOUNT.id:
            return development.ACCOUNT if self.development else None
        account = self._store.by_id(account_id)
        return None if account is None or account.disabled else account

    # Tokens

    def issue_token(
        self,
        account: Account,
        *,
        name: str = "",
        scopes: Iterable[str] | None = None,
        expires_in: float | None = None,
        within: Grant | None = None,
    ) -> IssuedToken:
        """A new bearer token; its secret is shown this once. Raises InvalidTokenRequest, MissingScope.

        scopes: names of `tokens.SCOPES` (default: `tokens.DEFAULT_SCOPES`); expires_in: seconds (default:
        the longest allowed); within: the grant that asks, whose scopes and end the token cannot exceed.
        """
        return self._tokens.issue(account, name=name, scopes=scopes, expires_in=expires_in, within=within)

    def revoke_token(self, account: Account, token_id: str) -> bool:
        """Ends a token of this account at once, in every process. False if it has no such token."""
        return self._tokens.revoke(account, token_id)

    def list_tokens(self, account: Account) -> tuple[Token, ...]:
        """The tokens of an account that still work, oldest first."""
        return self._tokens.list(account)

    def issue_tenant_token(
        self, tenant: str | None, *, name: str = "", scopes: Iterable[str] = (), expires_at: float | None = None
    ) -> IssuedToken:
        """A new bearer token for a tenant without an account, or (None) for an operator, who needs no scopes.

        Raises InvalidTokenRequest. scopes: names of `tokens.TENANT_SCOPES`; expires_at: seconds since the epoch.
        """
        return self._tokens.issue_for_tenant(tenant, name=name, scopes=scopes, expires_at=expires_at)

    def revoke_tenant_token(self, tenant: str | None, token_id: str | None) -> bool:
        """Ends a token (None: all tokens) of a tenant, or of operators, at once. False if there is no such token."""
        return self._tokens.revoke_for_tenant(tenant, token_id)

    def list_tenant_tokens(self, tenant: str | None) -> tuple[Token, ...]:
        """The tokens that a tenant, or operators, have apart from accounts and that still work, oldest first."""
        return self._tokens.list_for_tenant(tenant)

    # Administration: `login` is a username, email or phone. Whatever takes one raises UnknownAccount.

    def find(self, login: str) -> Account:
        """The account of a login, disabled ones too."""
        return self._store.find(login)

    def add(
        self,
        username: str,
        password: str | None = None,
        *,
        email: str | None = None,
        phone: str | None = None,
        tier: str = "free",
    ) -> Account:
        """A new account. Raises InvalidAccount, AccountConflict.

        Without a password it can be used by token or origin only.
        """
        password_hash = None if password is None else self._credentials.new_hash(password)
        return self._store.create(
            username, email=email, phone=phone, tier=tier_named(tier), password_hash=password_hash
        )

    def passwd(self, login: str, password: str) -> Account:
        """A new password; the old one stops working at once, tokens go on. Raises InvalidAccount."""
        account = self._store.find(login)
        return self._store.set_password_hash(account, self._credentials.new_hash(password))

    def set_tier(self, login: str, tier: str) -> Account:
        """Another tier. Raises InvalidAccount."""
        return self._store.set_tier(self._store.find(login), tier_named(tier))

    def set_whitelist(self, login: str, origins: Iterable[str]) -> Account:
        """Replaces the whole whitelist. Raises InvalidAccount, AccountConflict (another account's origin)."""
        return self._store.set_whitelist(self._store.find(login), origins)

    def set_allowed(self, login: str, allowed: Iterable[str]) -> Account:
        """Replaces what the account is allowed, names of `accounts.PERMISSIONS`. Raises InvalidAccount."""
        return self._store.set_allowed(self._store.find(login), allowed)

    def set_operations(self, login: str, operations: Iterable[str] | None) -> Account:
        """Replaces the operations that pages of its origins may run without credentials; None: any program."""
        return self._store.set_operations(self._store.find(login), operations)

    def disable(self, login: str, disabled: bool = True) -> Account:
        """Shuts an account out at once, its tokens and origins too (or lets it in again)."""
        return self._store.set_disabled(self._store.find(login), disabled)

    def of_namespace(self, namespace: str) -> Account | None:
        """The account that has a namespace, a disabled one too."""
        if self.development and namespace == development.ACCOUNT.namespace:
            return development.ACCOUNT
        return self._store.by_namespace(namespace)

    def storage_bytes(self, namespace: str) -> int | None:
        """How much a namespace may hold: what its account's tier allows, anything without one. Cheap."""
        account = self._owners.get(namespace, self._store.by_namespace)
        return account.tier.storage_bytes if account else None

    def may_sideload(self, namespace: str) -> bool:
        """Whether programs of a namespace may run texts that come from outside. Cheap."""
        if self.development and namespace == development.ACCOUNT.namespace:
            return SIDELOAD in development.ACCOUNT.allowed
        account = self._owners.get(namespace, self._store.by_namespace)
        return account is not None and SIDELOAD in account.allowed

    def jobs_at_once(self, namespace: str) -> int | None:
        """How many jobs of a namespace may run at once: as many as queries; None for any number. Cheap.

        That is so for namespaces without an account, and for that of the development account.
        """
        account = self._owners.get(namespace, self._store.by_namespace)
        return account.tier.queries_at_once if account else None

    def list(self) -> tuple[Account, ...]:
        """Every account, by username; not the development account."""
        return self._store.all()

    def ready(self) -> None:
        """Returns if accounts can be read now, raises DatabaseError if not."""
        self._database.read("SELECT 1 FROM account LIMIT 1")

    def close(self) -> None:
        """Closes the files; the next use opens them again."""
        self._database.close()
