"""Which requests to a development server may do without credentials: those of programs and pages of this machine.

A page of somebody else that is open in a browser here can send requests to this machine too. Its browser says so by the
Origin, or, where the page's own name leads here, by the Host. Neither may name anything but this machine; the sites of
a development server, `NAME.localhost`, are somebody else. A tunnel or proxy that lets others in says for whom it asks.
"""

import ipaddress
from urllib.parse import urlsplit

from server.request import Request


def is_from_here(req: Request) -> bool:
    """Whether neither the connection, nor Host, nor Origin tells of another machine, nor whoever has passed it on."""
    hosts = _given(req, b"host")
    if len(hosts) > 1 or _given(req, b"forwarded"):
        return False
    addresses = [req.address, *_given(req, b"x-forwarded-for")]
    origins = [f"http://{host}" for host in (*hosts, *_given(req, b"x-forwarded-host"))]
    return all(map(_is_loopback, addresses)) and all(map(names_here, [*origins, *_given(req, b"origin", whole=True)]))


def _given(req: Request, name: bytes, *, whole: bool = False) -> list[str]:
    """The values of a header; unless they are `whole`, each may be several with commas between them."""
    lines = [value.decode("latin-1") for header, value in req.scope["headers"] if header == name]
    return lines if whole else [part.strip() for line in lines for part in line.split(",")]


def names_here(origin: str) -> bool:
    """Whether an origin such as `http://localhost:3000` is on this machine."""
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https") and "@" not in parts.netloc and not parts.path and not parts.query
    return plain and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
