"""A proxy on this machine, for a program that opens connections by itself, such as a browser.

    browser -- CONNECT host:443, or GET http://host/path --> Proxy -- Gate --> an address that was checked

The program is told to use it for everything and to look nothing up, so that each of its connections, those of
redirects, parts of pages and scripts too, leads to an address that the guard has looked up, checked and connected to.
Whoever wants to use it has to know its password.
"""

import base64
import contextlib
import hmac
import re
import select
import socket
import threading
from secrets import token_hex
from types import TracebackType

from oql.outbound.errors import Forbidden, OutboundError
from oql.outbound.network import Gate
from oql.outbound.places import Place, endpoint, read_place
from oql.outbound.rules import Rules
from oql.outbound.streams import Stream, allowance

MOST_CONNECTIONS = 128
_CONNECT_S = 20.0
_HEAD_S = 20.0
_IDLE_S = 60.0
_MOST_HEAD = 64 * 1024
_PIECE = 64 * 1024
_MOST_REFUSALS = 100
_FIRST = re.compile(rb"([A-Z]{1,20}) ([!-~]{1,16000}) HTTP/1\.[01]\r\n")
_AUTHORIZATION = re.compile(rb"(?im)^proxy-authorization:[ \t]*basic[ \t]+([A-Za-z0-9+/=]{1,200})[ \t]*\r$")
_OURS = re.compile(rb"(?im)^(proxy-[a-z-]+|connection|keep-alive):[^\n]*\n")
_ASKS_WHO = b'407 Who?\r\nProxy-Authenticate: Basic realm="oql"'
_REFUSED = b"403 Refused\r\nProxy-Status: oql; error=destination_ip_prohibited"
_UNREACHED = b"502 Unreachable\r\nProxy-Status: oql; error=destination_unavailable"
_CONNECTED = b"HTTP/1.1 200 Connected\r\n\r\n"


class Proxy:
    """Works while its block runs; then all its connections are closed.

    `port` on 127.0.0.1, `user` and `password` are what the program needs. `refusals`: by host and port as `endpoint`
    writes them, why they were not reached.
    """

    user = "oql"

    def __init__(self, rules: Rules, gate: Gate, most_bytes: int) -> None:
        """most_bytes: of everything that all connections bring in together."""
        self.password = token_hex(16)
        self.port = 0
        self.refusals: dict[str, str] = {}
        self._rules = rules
        self._gate = gate
        self._left = most_bytes
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._ended = False

    def __enter__(self) -> "Proxy":
        """Begins to listen."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=MOST_CONNECTIONS)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="oql-proxy", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends all connections."""
        with self._lock:
            self._ended = True
            opened = list(self._open)
        for connection in (self._listener, *opened):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._keep(client):
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), name="oql-proxied", daemon=True).start()

    def _keep(self, connection: socket.socket) -> bool:
        """Notes a connection, so that the end of the proxy ends it too."""
        with self._lock:
            if self._ended or len(self._open) >= 2 * MOST_CONNECTIONS:
                return False
            self._open.add(connection)
            return True

    def _let_go(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def _serve(self, client: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, OutboundError):
                self._answer(client)
        finally:
            self._let_go(client)

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(_HEAD_S)
        head, rest = _head(client)
        first = _FIRST.match(head)
        if first is None:
            _say(client, _REFUSED)
            return
        if not self._knows(head):
            _say(client, _ASKS_WHO)
            return
        method, target = first[1], first[2].decode("ascii")
        url = f"https://{target}/" if method == b"CONNECT" else target
        try:
            place = self._place(url)
        except Forbidden as error:
            self._refuse(client, url, _REFUSED, error)
            return
        try:
            with allowance(_CONNECT_S):
                stream = self._gate.connect_tcp(place.host, place.port)
        except OutboundError as error:
            self._refuse(client, url, _REFUSED if isinstance(error, Forbidden) else _UNREACHED, error)
            return
        assert isinstance(stream, Stream)
        server: socket.socket = stream.get_extra_info("socket")
        try:
            if self._keep(server):
                begin = b"" if method == b"CONNECT" else _own_head(method, place, head[first.end() :])
                server.settimeout(_IDLE_S)
                server.sendall(begin + rest)
                if not begin:
                    client.sendall(_CONNECTED)
                self._tunnel(client, server)
        finally:
            self._let_go(server)

    def _knows(self, head: bytes) -> bool:
        found = _AUTHORIZATION.search(head)
        expected = base64.b64encode(f"{self.user}:{self.password}".encode())
        return found is not None and hmac.compare_digest(found[1], expected)

    def _place(self, url: str) -> Place:
        """Where a request wants to go, if that may be reached at all. Raises Forbidden."""
        place = read_place(url)
        self._rules.check(place, plain=True)
        return place

    def _refuse(self, client: socket.socket, url: str, answer: bytes, error: OutboundError) -> None:
        if len(self.refusals) < _MOST_REFUSALS:
            self.refusals[endpoint(url)] = error.message
        _say(client, answer)

    def _tunnel(self, client: socket.socket, server: socket.socket) -> None:
        """Carries bytes both ways until one side ends, nothing comes for long, or there were too many."""
        client.settimeout(_IDLE_S)
        poll = select.poll()
        poll.register(client, select.POLLIN)
        poll.register(server, select.POLLIN)
        ways = {client.fileno(): (client, server), server.fileno(): (server, client)}
        while ready := poll.poll(_IDLE_S * 1_000):
            for number, _ in ready:
                source, sink = ways[number]
                data = source.recv(_PIECE)
                if not data or (source is server and not self._may_take(len(data))):
                    return
                sink.sendall(data)

    def _may_take(self, size: int) -> bool:
        with self._lock:
            self._left -= size
            return self._left >= 0

    @property
    def exhausted(self) -> bool:
        """Whether more came in than it lets through."""
        return self._left < 0


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    """The head of a request, and what came behind it. Raises OSError."""
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        piece = client.recv(_PIECE)
        data += piece
        if not piece or len(data) > _MOST_HEAD:
            raise ConnectionError
    return bytes(data[: end + 4]), bytes(data[end + 4 :])


def _say(client: socket.socket, status: bytes) -> None:
    """Answers with nothing but a status and a header."""
    client.sendall(b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)


def _own_head(method: bytes, place: Place, headers: bytes) -> bytes:
    """The head of a request as its server gets it; the connection ends with the answer."""
    target = place.target.encode("ascii")
    return b"%s %s HTTP/1.1\r\nConnection: close\r\n%s" % (method, target, _OURS.sub(b"", headers))
