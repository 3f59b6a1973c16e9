"""Which pages of other origins may read answers: CORS, from the accounts' whitelists."""

import falcon
import falcon.asgi

from accounts.service import Accounts
from server.request import Request

EXPOSED = (
    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Preference-Applied, X-OC-Request-Id, X-OC-Query-Id, "
    "X-OC-Replication, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)
ALLOWED_HEADERS = (
    "Content-Type, Authorization, Prefer, X-Request-Id, Idempotency-Key, If-Match, Last-Event-ID, X-OC-Query-Id"
)
PREFLIGHT_SECONDS = "600"


class Origins:
    """Answers preflights, and marks answers that the page which asked may read."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def mark(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Lets a page of a whitelisted origin read this answer. Never with ambient credentials, never `*`."""
        origin = req.origin
        if origin is not None and self._accounts.by_origin(origin) is not None:
            resp.set_header("Access-Control-Allow-Origin", origin)
            resp.set_header("Access-Control-Expose-Headers", EXPOSED)

    def preflight(self, req: Request, resp: falcon.asgi.Response, methods: str) -> None:
        """The answer to OPTIONS: the methods of the path; for a whitelisted origin, leave to use them."""
        resp.status = falcon.HTTP_204
        resp.set_header("Allow", methods)
        origin = req.origin
        if origin is None or self._accounts.by_origin(origin) is None:
            return
        resp.set_header("Access-Control-Allow-Methods", methods)
        resp.set_header("Access-Control-Allow-Headers", ALLOWED_HEADERS)
        resp.set_header("Access-Control-Max-Age", PREFLIGHT_SECONDS)
