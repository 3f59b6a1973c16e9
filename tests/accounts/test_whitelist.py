"""Origins: which header matches which entry, and that an origin leads to one account only."""

import pytest

from accounts.errors import InvalidAccount
from accounts.service import Accounts
from accounts.whitelist import entry

MATCHING = [
    ("https://app.example.com", "https://app.example.com"),
    ("https://example.com", "https://example.com"),
    ("https://example.com:443", "https://example.com"),
    ("HTTPS://Example.COM/", "https://example.com"),
    ("http://localhost:3000", "http://localhost:3000"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("http://[::1]:8080", "http://[::1]:8080"),
    ("https://*.example.com", "https://a.example.com"),
    ("https://*.example.com:8443", "https://a.example.com:8443"),
    ("https://*.a.example.com", "https://b.a.example.com"),
    ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("capacitor://localhost", "capacitor://localhost"),
]

NOT_MATCHING = [
    ("https://example.com", "http://example.com"),
    ("https://example.com", "https://example.com:8443"),
    ("https://example.com", "https://EXAMPLE.com"),
    ("https://example.com", "https://example.com/"),
    ("https://example.com", "https://example.com:443"),
    ("https://example.com", "https://example.com."),
    ("https://example.com", "https://example.com.evil.org"),
    ("https://example.com", "https://evilexample.com"),
    ("https://example.com", "https://a.example.com"),
    ("https://example.com", "https://user@example.com"),
    ("https://example.com", "https://example.com#"),
    ("https://example.com", " https://example.com"),
    ("https://example.com", "https://example.com\n"),
    ("https://example.com", "https://evil.org https://example.com"),
    ("https://example.com", "null"),
    ("https://example.com", ""),
    ("https://example.com", "https://" + "a." * 100_000 + "com"),
    ("https://*.example.com", "https://example.com"),
    ("https://*.example.com", "https://a.b.example.com"),
    ("https://*.example.com", "https://.example.com"),
    ("https://*.example.com", "https://*.example.com"),
    ("https://*.example.com", "https://a.example.com:8443"),
    ("https://*.example.com", "http://a.example.com"),
    ("https://*.example.com", "https://a.example.com.evil.org"),
    ("https://kim.example.com", "https://\u212aim.example.com"),
    ("https://a.example.com", "https://a.example.com\ud800"),
]


@pytest.mark.parametrize(("listed", "origin"), MATCHING)
def test_an_origin_finds_its_account(accounts: Accounts, listed: str, origin: str) -> None:
    alice = accounts.add("alice")
    alice = accounts.set_whitelist("alice", [listed])
    assert accounts.by_origin(origin) == alice
    assert accounts.origin_allowed(alice, origin)


@pytest.mark.parametrize(("listed", "origin"), NOT_MATCHING)
def test_another_origin_finds_nobody(accounts: Accounts, listed: str, origin: str) -> None:
    accounts.add("alice")
    alice = accounts.set_whitelist("alice", [listed])
    assert accounts.by_origin(origin) is None
    assert not accounts.origin_allowed(alice, origin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "example.com",
        "https://",
        "https://*",
        "https://*.com",
        "https://*.*.com",
        "https://a.*.com",
        "https://*a.example.com",
        "https://*.0.0.1",
        "https://example.com/path",
        "https://user@example.com",
        "https://example.com:0",
        "https://example.com:65536",
        "https://exa mple.com",
        "https://-a.example.com",
        "https://bücher.example",
        "https://\u212aim.example.com",
        "https://" + "a" * 64 + ".com",
        "javascript:alert(1)",
        "\ud800",
    ],
)
def test_what_is_no_origin_is_not_listed(text: str) -> None:
    with pytest.raises(InvalidAccount):
        entry(text)


@pytest.mark.parametrize(
    "text", ["ftp://a.example.com", "JavaScript://a.example.com", " WSS://a.example.com", "data:x"]
)
def test_schemes_of_no_page_are_not_listed(accounts: Accounts, text: str) -> None:
    accounts.add("alice")
    scheme = text.strip().partition(":")[0].lower()
    with pytest.raises(
        InvalidAccount, match=f"no web page has an origin with the scheme `{scheme}`: .*, found `{text}`"
    ):
        accounts.set_whitelist("alice", ["https://a.example.com", text])
    assert accounts.find("alice").whitelist == ()


def test_what_is_refused_is_shown_as_people_see_it() -> None:
    with pytest.raises(InvalidAccount, match=r"found `https://bücher\.example\\x07`$"):
        entry("https://bücher.example\a")
