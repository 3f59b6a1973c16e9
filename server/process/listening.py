"""The socket that all web workers share."""

import errno
import ipaddress
import os
import socket
import sys

from server.process.folder import Refusal

BACKLOG = 2048
FIRST_GIVEN = 3
"""The first open file that a service manager hands over, by the protocol of sd_listen_fds(3)."""


def listen(
    host: str, port: int, *, loopback_only: bool, instead: str = "; another port is chosen by --port or OQL_PORT"
) -> socket.socket:
    """A listening socket. Raises Refusal: nothing to bind to, in use (with `instead`), or not on this machine alone."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise Refusal(f"cannot listen on {host}: {error.strerror}", exit_code=2) from error
    _check_address(str(address[0]), host, loopback_only=loopback_only)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = f"is in use{instead}" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise Refusal(f"the address {host}:{port} {reason}") from error
    return listener


def given(*, loopback_only: bool) -> list[socket.socket]:
    """The sockets that the service manager has opened for this process; none where it has not. Raises Refusal."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    listeners = [socket.socket(fileno=FIRST_GIVEN + number) for number in range(int(os.environ.get("LISTEN_FDS", "0")))]
    for listener in listeners:
        listener.set_inheritable(False)
        if listener.family not in (socket.AF_INET, socket.AF_INET6) or listener.type != socket.SOCK_STREAM:
            raise Refusal("the service manager hands over a socket that is not one of TCP", exit_code=2)
        _check_address(listener.getsockname()[0], loopback_only=loopback_only)
    return listeners


def listen_too(address: tuple[str, int] | None, *, loopback_only: bool) -> socket.socket | None:
    """A second listening socket, where one is wanted. One that cannot be had is told of and gone without."""
    try:
        return listen(*address, loopback_only=loopback_only, instead="") if address else None
    except Refusal as refusal:
        reason = "it is the second address, of the settings rest_host and rest_port, and the server goes on without it"
        sys.stderr.write(f"oql: warning: {refusal}; {reason}\n")
        return None


def _check_address(address: str, host: str = "", *, loopback_only: bool) -> None:
    if loopback_only and not ipaddress.ip_address(address).is_loopback:
        raise Refusal(
            f"the development account test/test would be open to everyone on {host or address}: leave out --host, or"
            " say --allow-public-dev as well",
            exit_code=2,
        )


def url_of(listener: socket.socket) -> str:
    """The address of a listening socket, as a client on this machine reaches it."""
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("::1" if address.version == 6 else "127.0.0.1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"
