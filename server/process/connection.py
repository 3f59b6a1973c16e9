"""A client's connection: uvicorn's, with limits on the head of a request, our errors, and a gentle end."""

import asyncio
import contextlib
import fcntl
import re
import struct
import termios
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server import metrics
from server.answers import NO_ROUTE
from server.bodies import READ_SECONDS
from server.logs import log, log_answer
from server.problems import CODES, body_of
from server.process.corked import Corked
from server.request import new_request_id

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 100
MOST_PIPELINED = 64
"""How many requests may wait behind the one that is being answered. Whoever sends more is answered those only."""
HEAD_SECONDS = 20.0
"""How long a client may take to send the head of a request, or anything at all on a new connection."""
BODY_SECONDS = READ_SECONDS
"""How long it may take to begin with the body; from then on its reader looks at the time."""
SLOW_SECONDS, LEAST_TAKEN = 60.0, 64 * 1024
"""A client that takes fewer bytes than these in so long, of those that wait for it, is let go. What waits in the kernel
alone is the kernel's: it lets a client go that takes nothing for so long.
"""

_CODING = b"transfer-encoding"
_CODING_LENGTH = len(_CODING)
_UPGRADE = re.compile(rb"\nupgrade(?=:)", re.IGNORECASE)
_HOST = b"host"


class Connection(HttpToolsProtocol):
    """A connection. `drain` makes the next answer its last."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._draining = False
        self._head_open = False
        self._in_body = False
        self._moved_on = False
        self._head_bytes = 0
        self._room = MAX_HEAD_BYTES  # what is parsed at once: no more than an open head may have; 0: nothing more
        self._hosts = 0
        self._head_late: asyncio.TimerHandle | None = None
        self._body_begun = False
        self._body_late: asyncio.TimerHandle | None = None
        self._slow: asyncio.TimerHandle | None = None
        self._refusal = (400, "expected a well-formed request of HTTP, with a method that HTTP has")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn itself
        """A client has connected; it has to say something soon."""
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type] # is one, by delegation
        self.timeout_keep_alive_task = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting_for_head()
        self._stop_waiting_for_body()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Much waits to be sent: the client has to take it, if slowly."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """Little is left."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Some bytes have come; the head of a request has to be short, and complete before long."""
        if data[self._room :]:
            self._receive_in_pieces(data)
            return
        size = len(data)
        if b"pgrade:" in data and not self._in_body:
            data = _without_upgrade(data)
        self._moved_on = False
        super().data_received(data)
        if self._head_open or (not self._moved_on and (self._in_body or not self._answering())):
            self._count_head(size)
        if self._in_body and not self._body_begun and self._body_late is None:
            self._body_late = self.loop.call_later(BODY_SECONDS, self._refuse_late_body)

    def _receive_in_pieces(self, data: bytes) -> None:
        """Much at once, more than an open head may still have, or something behind the last that is answered."""
        while data and self._room:
            piece, data = data[: self._room], data[self._room :]
            self.data_received(piece)

    def _count_head(self, size: int) -> None:
        """What has come ended in a head, or was framing or blank lines only.

        A head that began behind the end of another request is counted from here on.
        """
        if not (self._head_open and self._moved_on):
            self._head_bytes += size
        if self._head_bytes >= MAX_HEAD_BYTES:
            self._refuse(431, f"the head of the request is longer than {MAX_HEAD_BYTES} bytes")
        elif not self._in_body:
            self._room = MAX_HEAD_BYTES - self._head_bytes
            if self._head_late is None:
                self._head_late = self.loop.call_later(HEAD_SECONDS, self._refuse_late_head)

    def on_message_begin(self) -> None:
        """The first byte of a request. The application can end the connection at once by `scope["state"]["abort"]`."""
        if len(self.pipeline) >= MOST_PIPELINED:
            self._hear_no_more()
            raise ValueError("too many requests in a row")
        super().on_message_begin()
        self.scope["state"]["abort"] = self.transport.abort
        self._head_open = True
        self._head_bytes = self._hosts = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Those behind a chunked body are dropped: the request has been judged by its head."""
        if self._in_body:
            return
        if len(name) == 4 and name.lower() == _HOST:
            self._hosts += 1
        elif len(name) == _CODING_LENGTH and name.lower() == _CODING and value.lower() != b"chunked":
            self._refusal = (400, "the only Transfer-Encoding that is read is chunked")
            raise ValueError("another transfer coding")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The end of a request's head."""
        self._head_open = False
        self._stop_waiting_for_head()
        if len(self.headers) > MAX_HEADERS:
            self._refusal = (431, f"the request has more than {MAX_HEADERS} headers")
            raise ValueError("too many headers")
        if self._hosts != 1 or self.parser.get_http_version() != "1.1":
            self._check_host()
        if b"://" in self.url and not self._names_its_host():
            self._refusal = (400, "the request is for one host, and its Host header names another")
            raise ValueError("two hosts")
        self._in_body, self._body_begun = True, False
        self._move_on()
        super().on_headers_complete()
        if self._draining:
            self.cycle.keep_alive = False

    def _check_host(self) -> None:
        """Raises ValueError where a request does not name one host; of the other version, 1.0, none is needed."""
        version = self.parser.get_http_version()
        if not version.startswith("1."):
            raise ValueError("not HTTP/1.1")
        if self._hosts > 1 or (not self._hosts and version != "1.0"):
            self._refusal = (400, f"expected one Host header, found {self._hosts or 'none'}")
            raise ValueError("not one host")

    def _names_its_host(self) -> bool:
        """Whether an address in absolute form has the host of the Host header, by which it is answered."""
        host = self.url.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0]
        return self.url.startswith(b"/") or [host] == [value for name, value in self.headers if name == b"host"]

    def on_body(self, body: bytes) -> None:
        """A part of the body; what stands between two parts, or behind the last, is as limited as a head."""
        self._move_on()
        self._body_begun = True
        self._stop_waiting_for_body()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._in_body, self._moved_on = False, True
        self._stop_waiting_for_body()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The end of an answer. More is read when all requests that are here are being answered."""
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()

    def drain(self) -> None:
        """Answers what comes now or is being answered, and closes after that."""
        self._draining = True
        if self._answering():
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """What uvicorn does with bytes that it cannot read."""
        if self._room:
            self._refuse(*self._refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """A head that came in pieces asks for another protocol: what follows cannot be told from it, so this is all."""
        self._hear_no_more()

    def _hear_no_more(self) -> None:
        """Answers the requests that are here, and closes after that."""
        self._room = 0
        self.drain()

    def _refuse_late_head(self) -> None:
        self._head_late = None
        self._refuse(408, f"the head of the request did not arrive within {HEAD_SECONDS:g} s")

    def _refuse_late_body(self) -> None:
        self._body_late = None
        self._refuse(408, f"the body did not arrive within {BODY_SECONDS:g} s")

    def _stop_waiting_for_body(self) -> None:
        if self._body_late is not None:
            self._body_late.cancel()
            self._body_late = None

    def _move_on(self) -> None:
        """Something was received that is not a header or the framing of a chunk, so the count of those begins anew."""
        self._moved_on = True
        self._head_bytes = 0

    def _stop_waiting_for_head(self) -> None:
        if self._head_late is not None:
            self._head_late.cancel()
            self._head_late = None
            self._room = MAX_HEAD_BYTES

    def _wait_for_reader(self) -> None:
        self._slow = self.loop.call_later(SLOW_SECONDS, self._look_at_reader, self._waiting())

    def _look_at_reader(self, waited: int) -> None:
        """`waited`: how many bytes did `SLOW_SECONDS` ago."""
        if waited - self._waiting() >= LEAST_TAKEN:
            self._wait_for_reader()
            return
        log().info("slow client let go", client=self.client[0] if self.client else "")
        self.transport.abort()

    def _waiting(self) -> int:
        """How many bytes the client has yet to take, those that are in the kernel included."""
        in_kernel = struct.pack("i", 0)
        with contextlib.suppress(OSError):  # it is being closed
            in_kernel = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, in_kernel)
        return int(self.transport.get_write_buffer_size() + struct.unpack("i", in_kernel)[0])

    def _stop_waiting_for_reader(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _answering(self) -> bool:
        # uvicorn's types leave out that there is no cycle before the first request
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _refuse(self, status: int, message: str) -> None:
        """Answers without the application, unless another answer is on its way, and closes."""
        self._head_open = False
        self._stop_waiting_for_head()
        self._stop_waiting_for_body()
        self._room = 0
        if self.transport.is_closing():
            return
        if self._in_body and not self.pipeline and self._answering() and not self.cycle.response_started:
            self.cycle.disconnected = True  # this is its answer
        if not self._answering() or self.cycle.disconnected:
            request_id = new_request_id()
            body = body_of(CODES[status], message, request_id)
            head = (
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
                f"x-request-id: {request_id}\r\nx-content-type-options: nosniff\r\n"
                "cache-control: no-store\r\nconnection: close\r\n\r\n"
            )
            client = self.client[0] if self.client else ""
            log_answer({"route": NO_ROUTE, "status": status, "request_id": request_id, "client": client})
            metrics.request_ends("", NO_ROUTE, status, 0.0)
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()


def _without_upgrade(data: bytes) -> bytes:
    """A request's head without its wish for another protocol, which a server may ignore.

    The parser cannot: it would take the body for that other protocol. Some clients send the wish with every
    request to an http address.
    """
    head, blank, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\nx-upgrade", head) + blank + rest
