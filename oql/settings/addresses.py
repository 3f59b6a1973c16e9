"""Addresses, domains and hosts as settings have them."""

import ipaddress
import re
from urllib.parse import urlsplit


def address(url: str | None) -> str | None:
    """How the addresses of a service begin, without a slash at the end. Raises ValueError."""
    if url is not None and not (re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url) and _has_host(url)):
        raise ValueError("an address such as `https://oql.example.com`")
    return url.rstrip("/") if url else None


def store_url(url: str | None) -> str | None:
    """Where a PostgreSQL database is. Raises ValueError."""
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("a URL such as `postgresql://user@host/database`, or nothing")
    return url


def _has_host(url: str) -> bool:
    """Whether a URL has a host, and a port that there is where it names one."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def domain(name: str | None) -> str | None:
    """The name of a domain. Raises ValueError."""
    if name and not re.fullmatch(
        r"(?=.{1,189}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]*[a-z][a-z0-9-]*", name
    ):
        raise ValueError("the name of a domain such as `sites.example.com`, in lower case")
    return name or None


def redis(url: str | None) -> str | None:
    """The address of a Redis. Raises ValueError."""
    if url is not None and not re.fullmatch(r"(rediss?|unix)://\S+", url):
        raise ValueError("an address such as `redis://host:6379/0`")
    return url or None


def proxies(text: str | None) -> str | None:
    """Addresses and networks, with commas between them. Raises ValueError."""
    try:
        for each in text.split(",") if text else ():
            ipaddress.ip_network(each.strip())
    except ValueError:
        raise ValueError("addresses and networks such as `127.0.0.1, 10.0.0.0/8`") from None
    return text or None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def node(name: str | None) -> str | None:
    """The name of a server among those that replicate. Raises ValueError, as all here."""
    if name and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise ValueError("a name of letters, digits, `.`, `_` and `-`")
    return name or None


def nodes(names: str | None) -> str | None:
    """Such names, with commas between them."""
    for name in (names or "").split(","):
        node(name.strip())
    return names or None
