"""Connections that lead only where the rules let them, and are given up in time.

A name is looked up once for each new connection, in `Gate.connect_tcp`: all its addresses are checked, and one of those
very addresses is connected to. The pool keeps a connection under the origin that it was opened for, so one that is kept
alive still leads to the checked address. TLS and the header Host carry the original name.
"""

import contextlib
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore

from oql.outbound.addresses import is_public
from oql.outbound.errors import TimedOut, Unreachable
from oql.outbound.rules import Rules, not_public
from oql.outbound.streams import CALL, connect

Trust = ssl.SSLContext
MOST_ADDRESSES = 4
"""How many addresses of one name are tried."""
_CONNECTIONS = 256
_IDLE_S = 30.0

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a name, for a port; raises OSError where there are none."""


def open_pool(rules: Rules, resolve: Resolve | None, tls: Trust | None) -> httpcore.ConnectionPool:
    """Connections behind the gate. Each goes straight out: proxies that the environment names are not used."""
    return httpcore.ConnectionPool(
        ssl_context=tls or _known_authorities(),
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_CONNECTIONS // 4,
        keepalive_expiry=_IDLE_S,
        network_backend=Gate(rules, resolve or system_addresses),
    )


@cache
def _known_authorities() -> Trust:
    """Whom this machine and Mozilla trust; reading that takes time."""
    return httpcore.default_ssl_context()


def system_addresses(host: str, port: int) -> list[str]:
    """What this machine's resolver knows of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Gate(httpcore.NetworkBackend):
    """Opens connections, to checked addresses only."""

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the addresses of `host`, the first that answers. Raises OutboundError."""
        CALL.get().opened = True
        addresses = self._checked(host, port)[:MOST_ADDRESSES]
        for tried, address in enumerate(addresses):
            with contextlib.suppress(OSError):
                return connect(address, port, CALL.get().left() / (len(addresses) - tried))
        CALL.get().left()
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
        call = CALL.get()
        try:
            with call.waiting(lambda: answers.put(())):
                addresses = answers.get(timeout=call.left())
        except queue.Empty:
            raise TimedOut(f"`{host}` was not found within {call.seconds:g} s") from None
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
