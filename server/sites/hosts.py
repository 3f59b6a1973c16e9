"""Which site a request is for, by its Host header: `shop.example.com` is the site `shop` of the domain `example.com`.

What is below the domain is a site or nothing, so that no page of a site is ever served under the address of the API.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from oql.site_names import RESERVED, is_name
from server.problems import Problem
from server.request import Request

_KEPT = 256
"""Hosts whose sites are remembered; longer ones than a few hundred bytes never come here."""

NO_SITE = ""
"""What stands for a host below the domain that can be no site."""


class Hosts:
    """The hosts of sites below `domain` (None: there are none). That of `base_url` is the server's own in any case."""

    def __init__(self, domain: str | None, base_url: str) -> None:
        end = re.escape(domain or "").encode()
        self._below = re.compile(rb"(.*)\." + end + rb"(\.?)(?::[0-9]*)?", re.DOTALL) if domain else None
        self._named = lru_cache(_KEPT)(self._name)
        self._own = f"{urlsplit(base_url).hostname}".removesuffix(f".{domain}")

    def site(self, req: Request) -> str | None:
        """The name of the site, or NO_SITE; None for the server's own address. Raises Problem (400)."""
        if self._below is None:
            return None
        hosts = [value for name, value in req.scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            if hosts:
                raise Problem(400, "the request has more than one Host header")
            return None
        return self._named(hosts[0].lower())

    def _name(self, host: bytes) -> str | None:
        found = self._below.fullmatch(host) if self._below else None
        if found is None:
            return None
        name = found[1].decode("latin-1")
        if name == self._own or name in RESERVED:
            return None
        return name if is_name(name) and not found[2] else NO_SITE
