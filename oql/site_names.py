"""The names of sites. The first namespace that writes `/root/sites/NAME/index.oql` has the name."""

import re
from typing import Protocol

from oql.errors import visible

FOLDER = "/root/sites"
INDEX = "index.oql"
LONGEST = 63
RESERVED = frozenset(
    {
        "account", "accounts", "admin", "api", "auth", "autoconfig", "autodiscover", "broadcasthost", "ftp", "imap",
        "isatap", "localdomain", "localhost", "login", "mail", "mta-sts", "ns", "ns1", "ns2", "oauth", "oql", "pop",
        "pop3", "postmaster", "root", "secure", "signin", "smtp", "ssl", "support", "webmail", "wpad", "www",
    }
)  # fmt: skip
"""Names that no site can have: visitors would take them for the operator's own, or other programs rely on them."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)


class Sites(Protocol):
    """Who has which name."""

    def claim(self, name: str, namespace: str) -> bool:
        """Gives a name to a namespace; whether it had not had it before. Raises SiteRefused, DatabaseError."""

    def release(self, name: str, namespace: str) -> None:
        """Takes a name back from a namespace. Raises DatabaseError."""


class SiteRefused(Exception):
    """A name that cannot be had; `hint` says what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def checked_name(name: str) -> str:
    """The name of a site: a label of DNS in lower case. Raises SiteRefused."""
    if not is_name(name):
        shown = visible(name[:LONGEST])
        if name in RESERVED:
            raise SiteRefused(f"`{shown}` is reserved, no site can be called so", "choose another name")
        message = (
            f"expected the name of a site, at most {LONGEST} lower-case letters, digits and inner `-`, found `{shown}`"
        )
        raise SiteRefused(message)
    return name


def is_name(text: str) -> bool:
    """Whether a site can have this name. Names of other scripts (`xn--`) are left out: many look like others."""
    fits = len(text) <= LONGEST and _LABEL.fullmatch(text) and text[2:4] != "--"
    return bool(fits) and text not in RESERVED


def index_path(name: str) -> str:
    """Where the program of a site is."""
    return f"{FOLDER}/{name}/{INDEX}"
