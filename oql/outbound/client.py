"""Requests to other machines: what may be asked, redirects, and limits of time and size."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from oql.outbound.bodies import ACCEPTED, read_body, too_large
from oql.outbound.errors import Forbidden, OutboundError, TimedOut, TooLarge, Unreachable
from oql.outbound.places import Place, read_place
from oql.outbound.rules import Rules

if TYPE_CHECKING:
    import httpcore

    from oql.outbound.network import Resolve, Trust
    from oql.outbound.proxy import Proxy
    from oql.outbound.streams import Allowance

MOST_HEAD_BYTES = 64 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_NOT_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_OURS = frozenset(
    {
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that say how a message is sent, which is not for callers to say."""
_CREDENTIALS = re.compile(r"auth|cookie|token|secret|session|signature|(api|access|private|subscription)[-_]?key")
_MOVED = frozenset({301, 302, 303, 307, 308})
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_REPEATED = 3

Calling = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""`calling(stop)`: while the block runs, `stop` is called when the call is to end; see `oql.context.CancelFlag`."""


def _unstopped(stop: Callable[[], None]) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `headers`: names in lower case, equal ones joined by `, `; `url`: where the last redirect led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    place: Place
    headers: Mapping[str, str]
    body: bytes
    on_piece: Callable[[bytes], None] | None = None


class Outbound:
    """Sends requests to public places, and to those that the operator allows. Safe to share between threads.

    allow: hosts or host:port (`api.example.com`, `*.example.com`, `127.0.0.1:8080`) that may have private addresses
    and be reached by http; raises ValueError for one that is malformed. own: names of this server, never reached.
    resolve, tls: where addresses come from, and whom to trust; the machine's own without them.
    Connections are opened at first use only, so it may be carried over a fork before.
    """

    def __init__(
        self,
        allow: Sequence[str] = (),
        *,
        own: Sequence[str] = (),
        resolve: "Resolve | None" = None,
        tls: "Trust | None" = None,
    ) -> None:
        self._rules = Rules(allow, own)
        self._resolve = resolve
        self._tls = tls

    def check(self, url: str, *, plain: bool = False) -> Place:
        """The place of a URL, refused where it can never be reached; nothing is looked up or sent.

        plain: http to public hosts is allowed too. Raises Forbidden.
        """
        place = read_place(url)
        self._rules.check(place, plain=plain)
        return place

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float = 30.0,
        most_bytes: int = 16 * 2**20,
        redirects: int = 5,
        plain: bool = False,
        on_piece: Callable[[bytes], None] | None = None,
        calling: Calling = _unstopped,
    ) -> Response:
        """The answer, whatever its status. seconds: for everything, names and redirects included; most_bytes: of the
        body, unpacked; redirects: how many are followed, with 0 the first of them is the answer; plain: as in `check`;
        on_piece: gets what comes of a body at once; what it raises ends the call; calling: ends it from elsewhere.

        Raises Forbidden, Unreachable, TimedOut, TooLarge, Stopped.
        """
        request = _Request(_method(method), self.check(url, plain=plain), _headers(headers or {}), body, on_piece)
        from oql.outbound.streams import allowance

        with allowance(seconds) as call, calling(call.stop):
            for _ in range(redirects):
                response = self._exchange(request, call, most_bytes)
                location = response.headers.get("location")
                if response.status not in _MOVED or location is None:
                    return response
                request = _moved(request, response.status, location)
                self._rules.check(request.place, plain=plain)
            response = self._exchange(request, call, most_bytes)
        if redirects and response.status in _MOVED and "location" in response.headers:
            raise Unreachable(f"the answer leads on through more than {redirects} redirects")
        return response

    def proxy(self, most_bytes: int) -> "Proxy":
        """A proxy behind the same guard, for a program that opens connections by itself; see `oql.outbound.proxy`."""
        from oql.outbound.network import Gate, system_addresses
        from oql.outbound.proxy import Proxy

        return Proxy(self._rules, Gate(self._rules, self._resolve or system_addresses), most_bytes)

    def close(self) -> None:
        """Lets go of all connections."""
        if "_pool" in self.__dict__:
            self._pool.close()

    @cached_property
    def _pool(self) -> "httpcore.ConnectionPool":
        from oql.outbound.network import open_pool

        return open_pool(self._rules, self._resolve, self._tls)

    def _exchange(self, request: _Request, call: "Allowance", most_bytes: int) -> Response:
        """One answer. A request that may be repeated goes out once more where its connection turns out to be over."""
        for _ in range(_MOST_REPEATED if request.method in _REPEATABLE else 0):
            try:
                return self._told(request, call, most_bytes)
            except Unreachable:
                if not call.unheard:
                    raise
        return self._told(request, call, most_bytes)

    def _told(self, request: _Request, call: "Allowance", most_bytes: int) -> Response:
        call.start()
        with _told_apart(request.place, call):
            return self._send(request, call, most_bytes)

    def _send(self, request: _Request, call: "Allowance", most_bytes: int) -> Response:
        import httpcore

        place, left = request.place, call.left()
        url = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
        extensions = {"timeout": {"connect": left, "read": left, "write": left, "pool": left}}
        with self._pool.stream(
            request.method, url, headers=_sent(request), content=request.body or None, extensions=extensions
        ) as answer:
            call.head = None
            headers = _received(answer.headers)
            try:
                with _told_apart(place, call):
                    body = b"" if request.method == "HEAD" else _body(answer, headers, most_bytes, request.on_piece)
            except OutboundError as error:
                error.status = answer.status
                raise
            return Response(answer.status, headers, body, place.url)


@contextmanager
def _told_apart(place: Place, call: "Allowance") -> Iterator[None]:
    """Errors of the library are ours. Raises TimedOut, TooLarge, Unreachable."""
    import httpcore

    try:
        yield
    except httpcore.TimeoutException:
        raise TimedOut(f"no complete answer within {call.seconds:g} s") from None
    except httpcore.ProtocolError as error:
        if "buffer" in str(error):
            raise TooLarge("the headers of the answer are too large") from None
        raise Unreachable(f"`{place.host}` broke off, or does not speak HTTP") from None
    except httpcore.NetworkError:
        raise Unreachable(f"the connection to `{place.host}` broke") from None


def _body(
    answer: "httpcore.Response",
    headers: Mapping[str, str],
    most_bytes: int,
    on_piece: Callable[[bytes], None] | None,
) -> bytes:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most_bytes:
        raise too_large(most_bytes)
    encoding = headers.get("content-encoding", "").strip().lower()
    return read_body(answer.iter_stream(), encoding, most_bytes, on_piece)


def _method(text: str) -> str:
    method = text.upper()
    if not _TOKEN.fullmatch(method) or method in _NOT_METHODS:
        raise Forbidden(f"`{text[:20]}` is not a method that can be used")
    return method


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that a caller may send, names in lower case. Raises Forbidden."""
    taken: dict[str, str] = {}
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise Forbidden(f"`{name[:60]}` is not the name of a header")
        if name.lower() in _OURS:
            raise Forbidden(f"the header `{name}` cannot be set")
        if not _VALUE.fullmatch(value):
            raise Forbidden(f"the header `{name}` has a character that no header may have")
        taken[name.lower()] = value.strip()
    if sum(len(name) + len(value) for name, value in taken.items()) > MOST_HEAD_BYTES:
        raise Forbidden("the headers of the request are too large")
    return taken


def _sent(request: _Request) -> list[tuple[bytes, bytes]]:
    headers = {"host": request.place.authority, "user-agent": "oql", "accept": "*/*"}
    headers |= {**request.headers, "accept-encoding": ACCEPTED}
    if not request.body and request.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = "0"
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _received(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    if sum(len(name) + len(value) for name, value in pairs) > MOST_HEAD_BYTES:
        raise TooLarge("the headers of the answer are too large")
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _moved(request: _Request, status: int, location: str) -> _Request:
    """The request that a redirect asks for, as browsers make it (the Fetch standard, section 4.4). Raises Forbidden."""
    place = request.place.follow(location)
    headers = dict(request.headers)
    if place.origin != request.place.origin:
        headers = {name: value for name, value in headers.items() if not _CREDENTIALS.search(name)}
    moved = replace(request, place=place, headers=headers)
    to_get = (status == 303 and request.method not in ("GET", "HEAD")) or (
        status in (301, 302) and request.method == "POST"
    )
    if not to_get:
        return moved
    kept = {name: value for name, value in headers.items() if not name.startswith("content-")}
    return replace(moved, method="GET", headers=kept, body=b"")
