"""Which pages of other origins may read answers: CORS, from the accounts' whitelists.

On a development server the setting `cors_origin` lets pages read the answers of the API of chains, by default all. That
gives them nothing without credentials: see `server.chains.here`.
"""

import falcon
import falcon.asgi

from accounts.service import Accounts
from server.request import Request

EXPOSED = (
    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Preference-Applied, X-OC-Request-Id, X-OC-Query-Id, "
    "X-OC-Replication, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Content-Disposition"
)
ALLOWED_HEADERS = (
    "Content-Type, Authorization, Prefer, X-Request-Id, Idempotency-Key, If-Match, Last-Event-ID, X-OC-Query-Id"
)
CHAIN_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
CHAIN_HEADERS = "Content-Type, Authorization, Last-Event-ID"
PREFLIGHT_SECONDS = "600"
EVERY_PAGE = "*"


class Origins:
    """Answers preflights, and marks answers that the page which asked may read.

    `pages`: of which origins pages may use the API of chains besides those of whitelists, with commas between them.
    """

    def __init__(self, accounts: Accounts, pages: str = "") -> None:
        self._accounts = accounts
        self._pages = frozenset(page.strip() for page in pages.split(",") if page.strip())

    def mark(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Lets a page of a whitelisted origin read this answer. Never with ambient credentials."""
        chains = not (req.uri_template or "").startswith("/v1/")
        if chains and not _of_chains(req):
            return
        allowed = self._allowed(req, chains)
        if allowed != EVERY_PAGE:
            resp.set_header("Vary", "Origin")
        if allowed:
            resp.set_header("Access-Control-Allow-Origin", allowed)
            resp.set_header("Access-Control-Expose-Headers", EXPOSED)

    def preflight(self, req: Request, resp: falcon.asgi.Response, methods: str) -> None:
        """The answer to OPTIONS: the methods of the path; for a whitelisted origin, leave to use them."""
        resp.status = falcon.HTTP_204
        resp.set_header("Allow", methods)
        chains = _of_chains(req)
        if not self._allowed(req, chains):
            return
        resp.set_header("Access-Control-Allow-Methods", CHAIN_METHODS if chains else methods)
        resp.set_header("Access-Control-Allow-Headers", CHAIN_HEADERS if chains else ALLOWED_HEADERS)
        resp.set_header("Access-Control-Max-Age", PREFLIGHT_SECONDS)

    def _allowed(self, req: Request, chains: bool) -> str | None:
        """The origin whose pages may read the answer, `*` for all. `chains`: it is one of the API of chains."""
        if chains and self._pages:
            if EVERY_PAGE in self._pages:
                return EVERY_PAGE
            if req.origin in self._pages:
                return req.origin
        origin = req.origin
        return origin if origin is not None and self._accounts.by_origin(origin) is not None else None


def _of_chains(req: Request) -> bool:
    return req.to_chains or req.path == "/health"
