"""A Falcon request with what an answer and its log line need: ids, start, namespace, raw events."""

import itertools
import os
import re
from functools import cache, lru_cache
from time import perf_counter, time_ns
from typing import Any
from urllib.parse import quote

import falcon
import falcon.asgi

STORE_PATHS = ("/v1/tenants/", "/v1/queries/", "/v1/admin/", "/v1/replication/", "/v1/plan-schema")
"""How the paths of the store begin. Its requests have ids of the form that its published API promises."""
CHAIN_PATHS = frozenset(
    {
        "chains", "execute", "executions", "approvals", "download", "schedules", "pipelines", "pipeline-executions",
        "generate-chain",
    }
)  # fmt: skip
"""The first segments of the paths of chains. Their problems have the shape of that API, which any page may use on a
development server."""

_numbers = itertools.count(1)
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def of_chains(path: str) -> bool:
    """Whether a path is one of the API of chains."""
    return path[1:].partition("/")[0] in CHAIN_PATHS


def new_request_id() -> str:
    """An id that no other request of any process has: cheap, and no secret."""
    return f"{_process()}{next(_numbers):08x}"


@cache
def _process() -> str:
    return os.urandom(8).hex()


_PAIRS = [first + second for first, second in itertools.product("0123456789ABCDEFGHJKMNPQRSTVWXYZ", repeat=2)]


def new_store_id() -> str:
    """As `new_request_id`, in the form of an ULID: the millisecond, 40 bits of this process, the request's number.

    Each request to the store has one, and the library takes nine times as long: a fifteenth of a row that is read.
    """
    number, milliseconds = next(_numbers), time_ns() // 1_000_000
    # Their last ten bits change all the time, and the others seldom.
    moment = f"{_base_32(milliseconds >> 10, 4)}{_PAIRS[milliseconds & 1023]}"
    return f"{moment}{_ulid_process()}{_base_32(number >> 10, 3)}{_PAIRS[number & 1023]}"


@cache
def _ulid_process() -> str:
    return _base_32(int.from_bytes(os.urandom(5)), 4)


@lru_cache(4)
def _base_32(number: int, pairs: int) -> str:
    """The last digits of a number, ten bits in each pair of them."""
    return "".join([_PAIRS[number >> 10 * index & 1023] for index in reversed(range(pairs))])


for _known in (_process, _ulid_process):
    os.register_at_fork(after_in_child=_known.cache_clear)


class Request(falcon.asgi.Request):
    """`request_id` is the client's own when that is short and plain; the rest is filled in on the way.

    `site`: the name of the site that it was for, which may be none.

    `to_store`: the path is one of the store's, whose ids are always ours.
    """

    def __init__(
        self,
        scope: dict[str, Any],
        receive: Any,
        first_event: Any = None,
        options: falcon.RequestOptions | None = None,
    ) -> None:
        self.started = perf_counter()
        try:
            super().__init__(scope, receive, first_event, options)
        except UnicodeDecodeError:
            scope["query_string"] = quote(scope["query_string"], safe="=&+%").encode()
            super().__init__(scope, receive, first_event, options)
        self.receive = receive
        self.first_event = first_event
        self.job_id: str | None = None
        self.namespace: str | None = None
        self.site: str | None = None
        self.gone = False
        self.origin = self.sent(b"origin")
        self.to_store = scope["path"].startswith(STORE_PATHS)
        if self.to_store:
            self.request_id = new_store_id()
            return
        given = self.sent(b"x-request-id")
        self.request_id = given if given and _PLAIN_ID.fullmatch(given) else new_request_id()

    def sent(self, name: bytes) -> str | None:
        """A header by its name in lower case. For those that most requests lack this is faster than `get_header`."""
        value = self._asgi_headers.get(name)
        return None if value is None else value.decode("latin1")

    @property
    def to_chains(self) -> bool:
        """Whether the path is one of the API of chains, and the host not that of a site."""
        return self.site is None and of_chains(self.scope["path"])

    @property
    def address(self) -> str:
        """The client's address as this machine sees it; empty on a socket without addresses."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""
