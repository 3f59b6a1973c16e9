"""POST and DELETE /v1/token: a password becomes a bearer token, a token is revoked."""

import asyncio

import falcon.asgi

from accounts.errors import InvalidTokenRequest
from accounts.service import Accounts
from oql import iso, json
from server.bodies import Bodies
from server.credentials import Caller, Callers
from server.envelopes import TokenRequest
from server.problems import Problem, invalid, unauthorized
from server.request import Request

SCOPE = "token"


class Tokens:
    """The responders of /v1/token."""

    def __init__(self, accounts: Accounts, callers: Callers, bodies: Bodies) -> None:
        self._accounts = accounts
        self._callers = callers
        self._bodies = bodies

    async def issue(self, req: Request, resp: falcon.asgi.Response) -> None:
        """A new token for whoever gave a password, or a narrower one for a token that may issue."""
        asked = await self._bodies.read(req, TokenRequest)
        caller = _named(await self._callers.find(req, asked.auth, SCOPE))
        try:
            issued = await asyncio.to_thread(
                self._accounts.issue_token,
                caller.account,
                name=asked.name,
                scopes=asked.scopes,
                expires_in=asked.expires_in,
                within=caller.grant,
            )
        except InvalidTokenRequest as error:
            raise (invalid(error.field, str(error)) if error.field else Problem(400, str(error))) from None
        token = issued.token
        resp.data = json.dumps(
            {
                "token": issued.secret,
                "id": token.id,
                "name": token.name,
                "scopes": sorted(token.scopes),
                "expires_at": iso.utc(token.expires_at, "seconds"),
            }
        )

    async def revoke(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Ends the bearer token that is used, or with `?id=` another one of the same account."""
        token_id = req.get_param("id")
        own = token_id is None
        caller = _named(await self._callers.find(req, None, None if own else SCOPE))
        if own and caller.grant is None:
            raise invalid("id", "is required where the request carries no bearer token")
        token_id = token_id or (caller.grant.token.id if caller.grant else "")
        if not await asyncio.to_thread(self._accounts.revoke_token, caller.account, token_id):
            raise Problem(404, "this account has no such token")
        resp.data = json.dumps({"revoked": True, "id": token_id})


def _named(caller: Caller) -> Caller:
    """An Origin proves nothing outside a browser, so it neither makes nor ends tokens."""
    if not caller.named:
        raise unauthorized("tokens need credentials; a whitelisted Origin is not enough")
    return caller
