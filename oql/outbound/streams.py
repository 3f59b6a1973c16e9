"""Connections whose every wait ends with the call that waits: when its seconds are over, or when it is stopped.

What one call may use is found through a context variable, since the pool shares connections between calls.
"""

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpcore

from oql.outbound.errors import Stopped, TimedOut, TooLarge, Unreachable

_HEAD_BYTES = 128 * 1024


@dataclass(slots=True)
class Allowance:
    """What is left of one call: `ends` by the monotonic clock; `head` bytes until the headers are read, then None.

    `opened`: whether the exchange that is under way has asked for a new connection.
    """

    seconds: float
    ends: float
    head: int | None = _HEAD_BYTES
    opened: bool = False
    _stopped: bool = False
    _wakes: list[Callable[[], None]] = field(default_factory=list)

    def left(self) -> float:
        """Seconds; more than 0. Raises TimedOut, Stopped."""
        self.look()
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimedOut(f"no complete answer within {self.seconds:g} s")
        return left

    def look(self) -> None:
        """Raises Stopped once the call is stopped."""
        if self._stopped:
            raise Stopped("the call was stopped")

    def stop(self) -> None:
        """Ends the call, from any thread: whatever it waits for ends at once."""
        self._stopped = True
        for wake in tuple(self._wakes):
            wake()

    @contextlib.contextmanager
    def waiting(self, wake: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `wake` ends what it waits for when the call is stopped. Raises Stopped."""
        self._wakes.append(wake)
        try:
            self.look()
            yield
            self.look()
        finally:
            self._wakes.remove(wake)

    def start(self) -> None:
        """Begins an exchange: from here, bytes count as headers, until `head` is None."""
        self.head, self.opened = _HEAD_BYTES, False

    @property
    def unheard(self) -> bool:
        """Whether the exchange went over a connection kept from before, and nothing came back: it may have been over
        before the request was sent."""
        return not self.opened and self.head == _HEAD_BYTES

    def took(self, size: int) -> None:
        """Counts bytes that came in. Raises TooLarge."""
        if self.head is not None:
            self.head -= size
            if self.head < 0:
                raise TooLarge("the headers of the answer are too large")


CALL: ContextVar[Allowance] = ContextVar("call")
"""The call that this thread works for."""


@contextlib.contextmanager
def allowance(seconds: float) -> Iterator[Allowance]:
    """While the block runs, everything on this thread's connections has to be done within these seconds."""
    token = CALL.set(Allowance(seconds, time.monotonic() + seconds))
    try:
        yield CALL.get()
    finally:
        CALL.reset(token)


def connect(address: str, port: int, seconds: float) -> "Stream":
    """A connection to an address. Raises OSError, Stopped."""
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        with CALL.get().waiting(partial(_shut, opened)):
            opened.settimeout(seconds)
            opened.connect((address, port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return Stream(opened)


class Stream(httpcore.NetworkStream):
    """One connection, as httpcore wants it."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See httpcore. Raises OutboundError."""
        call = CALL.get()
        with call.waiting(self._wake):
            try:
                self._socket.settimeout(call.left())
                data = self._socket.recv(max_bytes)
            except TimeoutError as error:
                call.left()
                raise httpcore.ReadTimeout(str(error)) from None
            except OSError as error:
                call.look()
                raise httpcore.ReadError(str(error)) from None
        call.took(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See httpcore. Piece by piece, so that a receiver that takes little at a time gains nothing by it."""
        call, rest = CALL.get(), memoryview(buffer)
        with call.waiting(self._wake):
            try:
                while rest:
                    self._socket.settimeout(call.left())
                    rest = rest[self._socket.send(rest) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from None
            except OSError as error:
                call.look()
                raise httpcore.WriteError(str(error)) from None

    def close(self) -> None:
        """See httpcore."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """See httpcore. Raises OutboundError."""
        call = CALL.get()
        self._socket.settimeout(call.left())
        secured = ssl_context.wrap_socket(
            self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
        )  # which takes the connection away from the socket it was
        try:
            with call.waiting(partial(_shut, secured)):
                secured.do_handshake()
        except OSError as error:
            secured.close()
            call.left()
            raise Unreachable(_no_tls(error, server_hostname)) from None
        except BaseException:
            secured.close()
            raise
        return Stream(secured)

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "socket":
            return self._socket
        return _is_readable(self._socket) if info == "is_readable" else None

    def _wake(self) -> None:
        _shut(self._socket)


def _shut(connection: socket.socket) -> None:
    """Ends whatever another thread waits for on a connection; its state as an object is left alone."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _is_readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return connection.fileno() < 0 or bool(poll.poll(0))


def _no_tls(error: OSError, host: str | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of `{host}` is not accepted: {error.verify_message}"
    return f"`{host}` could not be reached over TLS"
