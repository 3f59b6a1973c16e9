"""Who may come in: the bearer of each request, its tenant, scope, rate, and what it is then given to work with."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from math import ceil

import falcon.asgi

from accounts.errors import AuthFailed
from accounts.service import Accounts
from accounts.tokens import OPERATOR, Bearer
from server.problems import Problem
from server.request import Request
from server.routing import Responder
from server.store.budget import PIECE, Budget, Pieces, Share
from server.store.rates import Rate, Rates
from server.store.slots import Slots
from server.store.threads import Threads
from server.store.turn import Turn, Writes
from substrate import names
from substrate.errors import NotFound, shown
from substrate.interface import Lsn, Namespace, Store

ANY = "any"
"""The scope of routes that every valid bearer may use, or whose works look at it themselves."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="oql"'}


@dataclass(slots=True)
class Visit:
    """A request that came in: its bearer, and of routes below a tenant that tenant's world."""

    req: Request
    resp: falcon.asgi.Response
    bearer: Bearer
    writes: Writes
    budget: Budget
    tenant: str = ""
    world: Namespace | None = None
    _share: Share | None = None

    @property
    def namespace(self) -> Namespace:
        """The world of the tenant; the bearer reaches no other by it."""
        assert self.world is not None, "the route has no tenant"
        return self.world

    def require(self, scope: str) -> None:
        """Raises Problem (403): the bearer may not do what the scope names."""
        _require(self.bearer, scope)

    def answer(self, body: bytes, status: int = 200) -> None:
        """Sets the answer, JSON where it has a body. Raises Problem (429, 503): there is no room for a large one."""
        if status != 200:
            self.resp.status = falcon.code_to_http_status(status)
        if len(body) <= PIECE:
            self.resp.data = body
            return
        self.weigh(len(body))
        assert self._share is not None
        self.resp.set_header("Content-Length", str(len(body)))
        self.resp.stream = Pieces(body, self._share)

    def degrade(self) -> None:
        """Tells that a follower which has to have what was written may lack it."""
        self.resp.set_header("X-OC-Replication", "degraded")

    def weigh(self, size: int) -> None:
        """The rows of the answer have so many bytes by now; on any thread. Raises Problem as `answer` does."""
        if self._share is None:
            if size <= PIECE:
                return
            self._share = self.budget.share(self.tenant)
        self._share.hold(size)

    def end(self) -> None:
        """The work is done: what it held for an answer that is not sent is free again."""
        if self._share is not None and self.resp.stream is None:
            self._share.give_back()


_FREELY = nullcontext()
Work = Callable[..., Awaitable[None]]
"""Takes a Visit, and the named segments of the path behind the tenant by keyword."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of the store a bearer may take up. `rate` None: as much as it likes."""

    rate: Rate | None
    at_once: int


class Gate:
    """Makes responders of works. What does not come in is answered with 401, 403, 404 or 429."""

    def __init__(
        self,
        accounts: Accounts,
        store: Store,
        threads: Threads,
        slots: Slots,
        rates: Rates,
        bounds: Bounds,
        turn: Turn,
        budget: Budget,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._threads = threads
        self._slots = slots
        self._rates = rates
        self._bounds = bounds
        self._turn = turn
        self._budget = budget
        self._writes = Writes()

    def responder(self, scope: str, work: Work, *, counted: bool = True) -> Responder:
        """The responder of a route; one whose path names a `tenant` gets that tenant's world.

        counted: whether a request counts against the rates of its bearer.
        """

        limited = counted and self._bounds.rate is not None

        async def respond(req: Request, resp: falcon.asgi.Response, **segments: str) -> None:
            tenant = segments.get("tenant") if scope != OPERATOR else None
            bearer = self._bearer(req, scope, tenant)
            with self._slots.holding(self._admitted(bearer, resp)) if limited else _FREELY:
                visit = Visit(req, resp, bearer, self._writes, self._budget)
                if tenant is not None:
                    del segments["tenant"]
                    await self._show_in(visit, tenant)
                try:
                    await work(visit, **segments)
                finally:
                    visit.end()

        return respond

    def _bearer(self, req: Request, scope: str, tenant: str | None) -> Bearer:
        """The bearer of a request, who may do what the scope names in this tenant. Raises Problem (401, 403)."""
        scheme, _, sent = (req.auth or "").partition(" ")
        secret = sent.strip()
        if not secret or scheme.lower() != "bearer":
            raise Problem(401, "expected the header Authorization: Bearer and a token", headers=CHALLENGE)
        try:
            bearer = self._accounts.bearer(secret)
        except AuthFailed:
            raise Problem(401, "this token is not right here", headers=CHALLENGE) from None
        if tenant is not None and bearer.tenant not in (None, tenant):
            raise Problem(401, "this token is not right here", headers=CHALLENGE)
        if scope != ANY:
            _require(bearer, scope)
        origin = req.origin
        if origin is not None and bearer.account and not self._accounts.origin_allowed(bearer.account, origin):
            raise Problem(403, "this Origin is not on the account's whitelist")
        return bearer

    async def _show_in(self, visit: Visit, tenant: str) -> None:
        """Gives a visit the world of its tenant."""
        visit.tenant = visit.req.namespace = names.tenant(tenant)
        if self._threads.inline:
            visit.world = self._turn.namespace(tenant, self._opened)
        else:
            visit.world = await self._threads.run(self._opened, tenant)

    def _opened(self, tenant: str) -> Namespace:
        """The world of a tenant, which is made at its first use where it has an account, or in development mode.

        Raises NotFound: a tenant that no operator has made, or one has deleted.
        """
        namespace = self._store.namespace(tenant)
        if not namespace.exists():
            if not self._accounts.development and self._accounts.of_namespace(tenant) is None:
                raise NotFound(f"there is no tenant {shown(tenant)}")
            namespace.make()
        return namespace

    def _admitted(self, bearer: Bearer, resp: falcon.asgi.Response) -> int:
        """The place of a request among those of its bearer that are under way. Raises Problem (429)."""
        assert self._bounds.rate is not None
        granted = self._rates.take(bearer.token.id)
        resp.set_headers(
            {
                "X-RateLimit-Limit": str(self._bounds.rate.per_minute),
                "X-RateLimit-Remaining": str(granted.remaining),
                "X-RateLimit-Reset": str(ceil(granted.full_at)),
            }
        )
        if granted.wait_s > 0:
            raise busy("this token has made as many requests as it may for now", ceil(granted.wait_s))
        place = self._slots.take(f"at once {bearer.token.id}", self._bounds.at_once)
        if place is None:
            raise busy(f"{self._bounds.at_once} requests of this token are under way already", 1)
        return place


def _require(bearer: Bearer, scope: str) -> None:
    if not bearer.may(scope):
        raise Problem(403, f"this token lacks the scope `{scope}`", detail={"scope": scope})


def busy(message: str, retry_after: int) -> Problem:
    """A 429 after which the same request may succeed."""
    return Problem(429, message, headers={"Retry-After": str(max(1, retry_after))}, retry=True)


def lsn_json(lsn: Lsn) -> dict[str, int]:
    """A place in the log as answers show it."""
    return {"segment": lsn.segment, "offset": lsn.offset}
