"""Where a URL leads, read once and strictly: what another reader might take for something else is refused."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from oql.outbound.errors import Forbidden

MAX_URL = 8_192
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(#.*)?", re.I | re.S)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]:@%]+)(:(?P<port>[0-9]{1,5}))?", re.I)
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029\ud800-\udfff\ufeff]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_UNESCAPED = "/?:@!$&'()*+,;=-._~%[]|^{}`\"<>"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. `host`: a name in lower case and ASCII, or an address without brackets; `target`: path
    and query as they are sent; `is_address`: the host is an address."""

    scheme: str
    host: str
    port: int
    target: str
    is_address: bool

    @property
    def shown(self) -> str:
        """The host as URLs and headers write it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        return self.shown if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.shown}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must stay the same for credentials to be sent on."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The URL again, in its one form."""
        return f"{self.scheme}://{self.authority}{self.target}"

    def follow(self, location: str) -> "Place":
        """Where a redirect leads. Raises Forbidden."""
        if _NOT_IN_URLS.search(location):
            raise Forbidden("the address of a redirect is malformed")
        try:
            return read_place(urljoin(self.url, location))
        except ValueError:
            raise Forbidden("the address of a redirect is malformed") from None


def read_place(url: str) -> Place:
    """The place that a URL names. Raises Forbidden: other schemes than http and https, credentials, odd forms."""
    found = None if len(url) > MAX_URL or _NOT_IN_URLS.search(url) else _URL.fullmatch(url)
    if found is None:
        raise Forbidden("expected a URL such as `https://example.com/path`, at most 8,192 characters without spaces")
    scheme = found["scheme"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise Forbidden(f"expected a URL with https or http, found `{scheme[:20]}`")
    if "@" in found["authority"]:
        raise Forbidden("a URL with a user or password in it is not allowed; send them in a header")
    authority = _AUTHORITY.fullmatch(found["authority"])
    if authority is None:
        raise Forbidden("the host of the URL is malformed")
    host, is_address = read_host(authority["host"])
    port = int(authority["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port < 65_536:
        raise Forbidden("expected a port from 1 to 65535 in the URL")
    return Place(scheme, host, port, _target(found["target"]), is_address)


def endpoint(url: str) -> str:
    """The host and the port that a URL leads to; the text itself where it is none."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or (80 if parts.scheme == 'http' else 443)}"
    except ValueError:
        return url


def read_host(text: str) -> tuple[str, bool]:
    """A host in its one form, and whether it is an address. Raises Forbidden."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1])), True
        except AddressValueError:
            raise _malformed(text) from None
    name = _ascii(text).removesuffix(".")
    labels = name.split(".")
    if not _NUMBER.fullmatch(labels[-1]):
        if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise _malformed(text)
        return name, False
    try:  # what ends in a number is an IPv4 address to browsers and resolvers, in whatever form
        return str(IPv4Address(name)), True
    except AddressValueError:
        raise Forbidden(f"`{text[:100]}` is an address in an odd form; write it as `192.0.2.1`") from None


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    import idna  # its tables take time to load, and few names need them

    try:
        return idna.encode(text[:300], uts46=True).decode().lower()
    except UnicodeError:
        raise _malformed(text) from None


def _malformed(text: str) -> Forbidden:
    return Forbidden(f"`{text[:100]}` is not a host")


def _target(text: str) -> str:
    target = quote(text, safe=_UNESCAPED)
    return target if target.startswith("/") else f"/{target}"
