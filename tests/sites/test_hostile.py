"""What no browser sends: odd hosts, addresses and bytes. None of it reaches another site, a file outside, or a 500."""

import pytest

from tests.http.running import Server
from tests.http.wire import Answer, Wire
from tests.sites.visiting import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def two_sites(server: Server) -> None:
    """The sites `shop` and `rival`, which say who they are and what they were asked for."""
    for name in ("shop", "rival"):
        with Visitor(server, name) as visitor:
            visitor.put(f'HEADER "Content-Type" AS "text/plain" AFTER EMIT "{name}:" & !REQUEST(path)')
            visitor.put("file", "a.txt")
            visitor.write("outside", "/root/sites/outside.txt")


def sent(server: Server, line: str, *headers: str) -> Answer:
    """The answer to a request that is sent as it is."""
    with Wire(server.port) as wire:
        wire.send("\r\n".join([line, *headers, "", ""]).encode("latin-1"))
        return wire.answer()


SHOP = "Host: shop.localhost"


@pytest.mark.parametrize(
    "path",
    ["/../outside.txt", "/..%2foutside.txt", "/%2e%2e/outside.txt", "/%2e%2e%2foutside.txt", "/a/../../outside.txt",
     "/./a.txt", "/%2e/a.txt", "/x/..", "/a%00.txt", "/a%0d%0aX-Evil:%201", "/a%7f", "/%ff", "/" + "x" * 5_000],
)  # fmt: skip
def test_addresses_of_no_page(server: Server, path: str) -> None:
    answer = sent(server, f"GET {path} HTTP/1.1", SHOP)
    assert answer.status == 400
    assert b"outside" not in answer.body
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("path", "got"),
    [
        ("//a.txt", "shop://a.txt"),
        ("/..a", "shop:/..a"),
        ("/%5c..%5coutside.txt", "shop:/\\..\\outside.txt"),
        ("/%252e%252e/a.txt", "shop:/%2e%2e/a.txt"),
        ("/a.txt%20", "shop:/a.txt "),
        ("/a.txt;x", "shop:/a.txt;x"),
        ("/%e2%80%ae", "shop:/\u202e"),
    ],
)
def test_odd_addresses(server: Server, path: str, got: str) -> None:
    answer = sent(server, f"GET {path} HTTP/1.1", SHOP)
    assert (answer.status, answer.body.decode()) == (200, got)


def test_two_hosts(server: Server) -> None:
    assert sent(server, "GET / HTTP/1.1", SHOP, "Host: rival.localhost").status == 400
    assert sent(server, "GET / HTTP/1.1", "Host: rival.localhost", SHOP).status == 400
    assert sent(server, "GET / HTTP/1.1", SHOP, "X-Forwarded-Host: rival.localhost").body == b"shop:/"
    assert sent(server, "GET / HTTP/1.1", SHOP, "Forwarded: host=rival.localhost").body == b"shop:/"


def test_addresses_in_full(server: Server) -> None:
    assert sent(server, "GET http://shop.localhost/x HTTP/1.1", SHOP).body == b"shop:/x"
    assert sent(server, "GET http://rival.localhost/ HTTP/1.1", SHOP).status == 400
    assert sent(server, "GET http://shop.localhost/ HTTP/1.1", "Host: localhost").status == 400


@pytest.mark.parametrize(
    "host", ["a.shop.localhost", ".localhost", "shop.localhost.", "sh\xf6p.localhost", "shop:1.localhost"]
)
def test_hosts_of_no_site(server: Server, host: str) -> None:
    answer = sent(server, "GET / HTTP/1.1", f"Host: {host}")
    assert (answer.status, b"There is no site" in answer.body) == (404, True)


def test_one_request_is_not_taken_for_two(server: Server) -> None:
    """A body whose length is said in two ways ends the connection: what is in it is no request."""
    inner = "GET /inner HTTP/1.1\r\nHost: rival.localhost\r\n\r\n"
    with Wire(server.port) as wire:
        head = ["POST / HTTP/1.1", SHOP, f"Content-Length: {len(inner) + 5}", "Transfer-Encoding: chunked"]
        wire.send(("\r\n".join([*head, "", ""]) + "0\r\n\r\n" + inner).encode())
        first = wire.answer()
        assert b"rival:" not in first.body
        if first.status != 400:
            assert wire.closed()


def test_a_client_that_sends_half_a_form(server: Server) -> None:
    with Wire(server.port) as wire:
        head = ["POST / HTTP/1.1", SHOP, "Content-Type: multipart/form-data; boundary=x", "Content-Length: 1000"]
        wire.send(("\r\n".join([*head, "", ""]) + "--x\r\n").encode())
    assert sent(server, "GET / HTTP/1.1", SHOP).body == b"shop:/"


def test_nothing_was_a_fault(server: Server) -> None:
    assert [line for line in server.lines() if line["event"] == "fault"] == []
