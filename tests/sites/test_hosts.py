"""Which site a Host header names: exactly one label before the domain, and nothing that only looks like it."""

from typing import Any

import pytest

from server.problems import Problem
from server.sites.hosts import NO_SITE, Hosts


class Asked:
    """A request with these Host headers."""

    def __init__(self, *hosts: str) -> None:
        self.scope = {"headers": [(b"accept", b"*/*"), *((b"host", host.encode("latin-1")) for host in hosts)]}


def site(*hosts: str, domain: str | None = "sites.example", base_url: str = "https://oql.example") -> Any:
    asked: Any = Asked(*hosts)
    return Hosts(domain, base_url).site(asked)


@pytest.mark.parametrize(
    "host", ["shop.sites.example", "SHOP.Sites.Example", "shop.sites.example:8080", "shop.sites.example:"]
)
def test_a_site(host: str) -> None:
    assert site(host) == "shop"


@pytest.mark.parametrize(
    "host",
    ["oql.example", "sites.example", "shop.sites.example.evil", "shop-sites.example", "xsites.example", "127.0.0.1",
     "[::1]:4242", "", "shop.sites.example@evil", "shop.sites.example/x", "shop.sites.example:80x",
     "www.sites.example"],
)  # fmt: skip
def test_the_own_address(host: str) -> None:
    assert site(host) is None


@pytest.mark.parametrize(
    "host",
    ["a.b.sites.example", ".sites.example", "-.sites.example", "shop.sites.example.", "sh op.sites.example",
     "é.sites.example", "xn--4ca.sites.example", "../x.sites.example", "a\0.sites.example", "x@shop.sites.example"],
)  # fmt: skip
def test_below_the_domain_there_is_a_site_or_nothing(host: str) -> None:
    assert site(host) == NO_SITE


def test_the_servers_own_host_below_the_domain() -> None:
    assert site("oql.sites.example", base_url="https://shop.sites.example") is None
    assert site("shop.sites.example", base_url="https://shop.sites.example") is None
    assert site("other.sites.example", base_url="https://shop.sites.example") == "other"


def test_without_a_domain_there_are_no_sites() -> None:
    assert site("shop.sites.example", domain=None) is None


def test_two_hosts_are_refused() -> None:
    with pytest.raises(Problem, match="more than one Host"):
        site("oql.example", "shop.sites.example")
    assert site() is None
