"""Connections that lead only where the rules let them, and are given up in time.

A name is looked up once for each new connection, in `Gate.connect_tcp`: all its addresses are checked, and one of those
very addresses is connected to. The pool keeps a connection under the origin that it was opened for, so one that is kept
alive still leads to the checked address. TLS and the header Host carry the original name.

What one call may use is found through a context variable, since the pool shares connections between calls.
"""

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore

from oql.outbound.addresses import is_public
from oql.outbound.errors import TimedOut, TooLarge, Unreachable
from oql.outbound.rules import Rules, not_public

Trust = ssl.SSLContext
MOST_ADDRESSES = 4
"""How many addresses of one name are tried."""
_HEAD_BYTES = 128 * 1024
_CONNECTIONS = 256
_IDLE_S = 30.0

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a name, for a port; raises OSError where there are none."""


@dataclass(slots=True)
class Allowance:
    """What is left of one call: `ends` by the monotonic clock; `head` bytes until the headers are read, then None."""

    seconds: float
    ends: float
    head: int | None = _HEAD_BYTES

    def left(self) -> float:
        """Seconds; more than 0. Raises TimedOut."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimedOut(f"no complete answer within {self.seconds:g} s")
        return left

    def start_head(self) -> None:
        """From here, bytes count as headers, until `head` is None."""
        self.head = _HEAD_BYTES

    def took(self, size: int) -> None:
        """Counts bytes that came in. Raises TooLarge."""
        if self.head is not None:
            self.head -= size
            if self.head < 0:
                raise TooLarge("the headers of the answer are too large")


_CALL: ContextVar[Allowance] = ContextVar("call")


@contextlib.contextmanager
def allowance(seconds: float) -> Iterator[Allowance]:
    """While the block runs, everything on this thread's connections has to be done within these seconds."""
    token = _CALL.set(Allowance(seconds, time.monotonic() + seconds))
    try:
        yield _CALL.get()
    finally:
        _CALL.reset(token)


def open_pool(rules: Rules, resolve: Resolve | None, tls: Trust | None) -> httpcore.ConnectionPool:
    """Connections behind the gate. Each goes straight out: proxies that the environment names are not used."""
    return httpcore.ConnectionPool(
        ssl_context=tls or httpcore.default_ssl_context(),
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_CONNECTIONS // 4,
        keepalive_expiry=_IDLE_S,
        network_backend=Gate(rules, resolve or system_addresses),
    )


def system_addresses(host: str, port: int) -> list[str]:
    """What this machine's resolver knows of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Gate(httpcore.NetworkBackend):
    """Opens connections, to checked addresses only."""

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the addresses of `host`, the first that answers. Raises OutboundError."""
        addresses = self._checked(host, port)[:MOST_ADDRESSES]
        for tried, address in enumerate(addresses):
            seconds = _CALL.get().left() / (len(addresses) - tried)
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return TimedStream(self._sockets.connect_tcp(address, port, seconds, None, socket_options))
        _CALL.get().left()
        raise Unreachable(f"`{host}` does not answer on port {port}")

    def _checked(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, once all of them are known to be ones that it may have."""
        is_address = ":" in host or host.rpartition(".")[2].isdigit()
        addresses = [host] if is_address else self._looked_up(host, port)
        if self._rules.allows(host, port):
            return addresses
        if not all(is_public(address) and not is_own(address) for address in addresses):
            raise not_public(host)
        return addresses

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """Asks for the addresses on a thread of its own, since a lookup cannot be told when to give up."""
        answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

        def look() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError):
                answers.put(())

        threading.Thread(target=look, name="oql-lookup", daemon=True).start()
        try:
            addresses = answers.get(timeout=_CALL.get().left())
        except queue.Empty:
            raise TimedOut(f"`{host}` was not found within {_CALL.get().seconds:g} s") from None
        if not addresses:
            raise Unreachable(f"there is no host `{host}`")
        return addresses


def is_own(address: str) -> bool:
    """Whether an address is one of this machine's. Nothing is sent: the kernel says which way it would go."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the call that waits."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See httpcore. Raises OutboundError."""
        call = _CALL.get()
        try:
            data = self._stream.read(max_bytes, call.left())
        except httpcore.ReadTimeout:
            call.left()
            raise
        call.took(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See httpcore. Piece by piece, so that a receiver that takes little at a time gains nothing by it."""
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(_CALL.get().left())
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from None
            except OSError as error:
                raise httpcore.WriteError(str(error)) from None

    def close(self) -> None:
        """See httpcore."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """See httpcore. Raises OutboundError."""
        try:
            return TimedStream(self._stream.start_tls(ssl_context, server_hostname, _CALL.get().left()))
        except httpcore.ConnectTimeout:
            _CALL.get().left()
            raise
        except httpcore.ConnectError as error:
            raise Unreachable(_no_tls(error, server_hostname)) from None

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)


def _no_tls(error: Exception, host: str | None) -> str:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate of `{host}` is not accepted: {cause.verify_message}"
    return f"`{host}` could not be reached over TLS"
