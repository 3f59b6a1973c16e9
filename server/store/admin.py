"""What operators do with tenants: make and delete them, and issue their tokens."""

from typing import Any

from accounts.errors import InvalidTokenRequest
from accounts.service import Accounts
from accounts.tokens import Token
from server.problems import Problem
from server.store.bodies import StoreBodies, param, require
from server.store.envelopes import ReplicationConfig, TenantTokenRequest
from server.store.gate import Visit
from server.store.threads import Threads
from substrate import json, names
from substrate.errors import NotFound, described, shown
from substrate.interface import Store

MODE = "active_passive"


class Admin:
    """The works of the routes below /admin/tenants."""

    def __init__(self, accounts: Accounts, store: Store, bodies: StoreBodies, threads: Threads) -> None:
        self._accounts = accounts
        self._store = store
        self._bodies = bodies
        self._threads = threads

    async def config(self, visit: Visit, tenant: str) -> None:
        """How a tenant is replicated: all of them the same way, also those that are not there."""
        names.tenant(tenant)
        visit.answer(json.dumps({"replication_mode": MODE}))

    async def configure(self, visit: Visit, tenant: str) -> None:
        """Takes the one way there is."""
        names.tenant(tenant)
        _, asked = await self._bodies.object(visit.req)
        require(asked, ReplicationConfig)
        mode = asked["replication_mode"]
        if mode != MODE:
            message = f"`replication_mode`: expected {MODE}, found {described(mode)}"
            raise Problem(400, message, detail={"field": "replication_mode"})
        visit.answer(json.dumps({"replication_mode": MODE, "installed": True}))

    async def list(self, visit: Visit) -> None:
        """The ids of all tenants that hold something, or were made."""
        visit.answer(json.dumps(await self._threads.run(self._store.names)))

    async def make(self, visit: Visit, tenant: str) -> None:
        """Makes a tenant; 200 where it was there."""
        made = await self._threads.run(self._store.create, names.tenant(tenant))
        visit.answer(json.dumps({"tenant": tenant, "created": made}), 201 if made else 200)

    async def delete(self, visit: Visit, tenant: str) -> None:
        """Deletes a tenant with all that it holds, and its tokens; an account keeps its own."""
        names.tenant(tenant)
        if param(visit.req, "confirm") != tenant:
            raise Problem(400, f"`confirm`: expected {shown(tenant)} once more", detail={"parameter": "confirm"})
        visit.answer(json.dumps({"deleted": await self._threads.run(self._delete, tenant)}))

    async def issue(self, visit: Visit, tenant: str) -> None:
        """A new token of a tenant; its secret is shown this once."""
        _, asked = await self._bodies.object(visit.req)
        await self._threads.run(self._refuse_unknown, tenant)
        name, scopes, ends = _wanted(asked)
        try:
            issued = await self._threads.run(
                self._accounts.issue_tenant_token, tenant, name=name, scopes=scopes, expires_at=ends
            )
        except InvalidTokenRequest as error:
            raise Problem(400, str(error)) from None
        visit.answer(json.dumps({"id": issued.token.id, "token": issued.secret}), 201)

    async def tokens(self, visit: Visit, tenant: str) -> None:
        """The tokens of a tenant that still work, without their secrets; not those of its account."""
        await self._threads.run(self._refuse_unknown, tenant)
        found = await self._threads.run(self._accounts.list_tenant_tokens, tenant)
        visit.answer(json.dumps([_shown(token) for token in found]))

    async def revoke(self, visit: Visit, tenant: str, id: str) -> None:  # noqa: A002 - its name in the path
        """Ends a token of a tenant at once."""
        await self._threads.run(self._refuse_unknown, tenant)
        revoked = await self._threads.run(self._accounts.revoke_tenant_token, tenant, id)
        visit.answer(json.dumps({"revoked": revoked}))

    def _delete(self, tenant: str) -> bool:
        self._accounts.revoke_tenant_token(tenant, None)
        return self._store.delete(tenant)

    def _refuse_unknown(self, tenant: str) -> None:
        if not self._store.exists(names.tenant(tenant)) and self._accounts.of_namespace(tenant) is None:
            raise NotFound(f"there is no tenant {shown(tenant)}")


def _wanted(asked: dict[str, Any]) -> tuple[str, list[str], float | None]:
    """The name, scopes and end of a token that is asked for. Raises Problem (400)."""
    require(asked, TenantTokenRequest)
    name, scopes, ends = asked["name"], asked["scopes"], asked.get("expires_at_secs")
    if not isinstance(name, str) or not name:
        raise Problem(400, f"`name`: expected text, found {described(name)}", detail={"field": "name"})
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Problem(
            400, f"`scopes`: expected an array of texts, found {described(scopes)}", detail={"field": "scopes"}
        )
    if ends is not None and (not isinstance(ends, int) or isinstance(ends, bool)):
        message = f"`expires_at_secs`: expected a whole number, found {described(ends)}"
        raise Problem(400, message, detail={"field": "expires_at_secs"})
    return name, scopes, ends


def _shown(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at_secs": int(token.created_at),
        "expires_at_secs": int(token.expires_at),
    }
