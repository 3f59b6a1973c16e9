"""Which places may be asked for at all, and which of them the operator allows although they are not public."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from oql.outbound.addresses import is_public
from oql.outbound.errors import Forbidden
from oql.outbound.places import Place, read_host

_INSIDE = (
    "arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "onion", "private",
)  # fmt: skip
"""Last labels of names that mean something inside a network only; `metadata.google.internal` is one."""
_NO_WEB = frozenset(
    {
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
        531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
        5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    }
)  # fmt: skip
"""Ports on which other protocols listen, which a request could be made to speak; from the Fetch standard."""
_ENTRY = re.compile(r"(?P<below>\*\.)?(?P<host>\[[0-9a-f:.]+\]|[^\[\]:*@/]+)(:(?P<port>[0-9]{1,5}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Entry:
    host: str
    port: int | None
    below: bool

    def fits(self, host: str, port: int) -> bool:
        if self.port not in (None, port):
            return False
        return host.partition(".")[2] == self.host if self.below else host == self.host


class Rules:
    """What may be reached. `allow`: hosts or host:port that may be private; `own`: names of this server."""

    def __init__(self, allow: Iterable[str] = (), own: Iterable[str] = ()) -> None:
        self._allowed = tuple(_entry(text) for text in allow)
        self._own = frozenset(name.lower() for name in own)

    def allows(self, host: str, port: int) -> bool:
        """Whether the operator allows this host, whatever its addresses are."""
        return any(entry.fits(host, port) for entry in self._allowed)

    def check(self, place: Place, *, plain: bool) -> None:
        """Refuses what can be known to be no public place before its name is looked up. `plain`: http is as good.

        Raises Forbidden.
        """
        if self.allows(place.host, place.port):
            return
        if place.scheme == "http" and not plain:
            raise Forbidden("expected a URL with https, found http")
        if place.port in _NO_WEB:
            raise Forbidden(f"port {place.port} is not allowed in a URL")
        if not (is_public(place.host) if place.is_address else self._is_public_name(place.host)):
            raise not_public(place.shown)

    def _is_public_name(self, name: str) -> bool:
        first, _, rest = name.partition(".")
        return bool(first and rest) and name.rpartition(".")[2] not in _INSIDE and name not in self._own


def hosts_in(text: str) -> tuple[str, ...]:
    """The entries of an allow list, which commas separate. Raises ValueError for one that is malformed."""
    entries = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    for entry in entries:
        _entry(entry)
    return entries


def not_public(host: str) -> Forbidden:
    """The error of a host that is, or leads to, something that is not public."""
    return Forbidden(f"`{host[:253]}` is not a public host; whoever runs the server may allow it")


def _entry(text: str) -> _Entry:
    """One entry of the allow list. Raises ValueError."""
    found = _ENTRY.fullmatch(text.strip())
    if found is None:
        raise ValueError(_expected(text))
    try:
        host, is_address = read_host(found["host"])
    except Forbidden:
        raise ValueError(_expected(text)) from None
    below, port = bool(found["below"]), int(found["port"] or 65_535)
    if not 0 < port < 65_536 or (below and (is_address or "." not in host)):
        raise ValueError(_expected(text))
    return _Entry(host, port if found["port"] else None, below)


def _expected(entry: str) -> str:
    return f"a host such as `api.example.com`, `*.example.com` or `127.0.0.1:8080`, not `{entry[:100]}`"
