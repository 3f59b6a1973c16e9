"""The proxy for programs that open connections by themselves: who may use it, and where it leads."""

import base64
import socket
from collections.abc import Iterator

import pytest

from oql.outbound.places import endpoint
from oql.outbound.proxy import Proxy
from tests.outbound.servers import Web, guard, raw


@pytest.fixture
def proxy(web: Web) -> Iterator[Proxy]:
    """One that leads to `web` alone."""
    with guard([web.at]).proxy(10_000) as opened:
        yield opened


def head(proxy: Proxy, first: str, *headers: str) -> bytes:
    """A request by someone who knows the password."""
    known = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    return "\r\n".join([f"{first} HTTP/1.1", f"Proxy-Authorization: Basic {known}", *headers, "", ""]).encode()


def said(proxy: Proxy, *sent: bytes) -> str:
    """Everything that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", proxy.port), 10) as connection:
        for piece in sent:
            connection.sendall(piece)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer.decode()


def test_a_plain_request_goes_to_its_server_without_what_is_for_the_proxy(proxy: Proxy, web: Web) -> None:
    answer = said(
        proxy, head(proxy, f"GET {web.url}/a?b=1", f"Host: {web.at}", "Proxy-Connection: keep-alive", "X-A: b")
    )
    assert answer.startswith("HTTP/1.1 200 ")
    assert answer.endswith("/a?b=1")
    assert web.asked[0].path == "/a?b=1"
    assert web.asked[0].headers == {"host": web.at, "x-a": "b", "connection": "close"}


def test_a_tunnel_carries_whatever_is_sent(proxy: Proxy, web: Web) -> None:
    asked = f"GET /in HTTP/1.1\r\nHost: {web.at}\r\nConnection: close\r\n\r\n".encode()
    answer = said(proxy, head(proxy, f"CONNECT {web.at}") + asked)
    assert answer.startswith("HTTP/1.1 200 Connected\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.endswith("/in")


@pytest.mark.parametrize("header", ["", "Proxy-Authorization: Basic b3FsOng=\r\n", "Proxy-Authorization: Bearer x\r\n"])
def test_whoever_does_not_know_the_password_gets_nowhere(proxy: Proxy, web: Web, header: str) -> None:
    answer = said(proxy, f"GET {web.url}/ HTTP/1.1\r\n{header}\r\n".encode())
    assert answer.startswith("HTTP/1.1 407 ")
    assert 'Proxy-Authenticate: Basic realm="oql"' in answer
    assert web.asked == []


@pytest.mark.parametrize(
    ("first", "at"),
    [
        ("CONNECT {other}", "{other}"),
        ("GET http://{other}/x", "{other}"),
        ("CONNECT localhost:{port}", "localhost:{port}"),
        ("CONNECT [::1]:{port}", "::1:{port}"),
        ("CONNECT 2130706433:{port}", "2130706433:{port}"),
        ("GET http://169.254.169.254/latest", "169.254.169.254:80"),
        ("CONNECT user:key@example.com:443", "example.com:443"),
        ("CONNECT example.com:25", "example.com:25"),
        ("GET file:///etc/passwd", "None:443"),
    ],
)
def test_what_the_guard_refuses_is_refused(proxy: Proxy, web: Web, other: Web, first: str, at: str) -> None:
    answer = said(proxy, head(proxy, first.format(other=other.at, port=other.port)))
    assert answer.startswith("HTTP/1.1 403 ")
    assert "Proxy-Status: oql; error=destination_ip_prohibited" in answer
    assert list(proxy.refusals) == [at.format(other=other.at, port=other.port)]
    assert other.asked == web.asked == []


def test_a_name_that_leads_to_a_private_address_is_refused(web: Web) -> None:
    with guard(resolve=lambda host, port: ["127.0.0.1"]).proxy(1_000) as proxy:
        assert said(proxy, head(proxy, f"CONNECT rebound.example.com:{web.port}")).startswith("HTTP/1.1 403 ")
    assert web.asked == []


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        at = f"127.0.0.1:{closed.getsockname()[1]}"
    with guard([at]).proxy(1_000) as proxy:
        answer = said(proxy, head(proxy, f"CONNECT {at}"))
    assert answer.startswith("HTTP/1.1 502 ")
    assert "does not answer" in proxy.refusals[at]


@pytest.mark.parametrize(
    "sent", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET " + b"x" * 17_000 + b" HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_to_a_proxy_gets_nowhere(proxy: Proxy, web: Web, sent: bytes) -> None:
    assert said(proxy, sent).startswith(("HTTP/1.1 403 ", "HTTP/1.1 407 "))
    assert web.asked == []


def test_an_endless_head_ends_the_connection(proxy: Proxy) -> None:
    with pytest.raises((ConnectionError, AssertionError)):
        assert said(proxy, b"GET http://example.com/ HTTP/1.1\r\n" + b"X: " + b"y" * 70_000)


def test_it_lets_through_so_many_bytes_in_all(web: Web) -> None:
    with guard([web.at]).proxy(150) as proxy:
        first = said(proxy, head(proxy, f"GET {web.url}/a"))
        assert first.endswith("/a")
        assert not proxy.exhausted
        assert said(proxy, head(proxy, f"GET {web.url}/b")) == ""
        assert proxy.exhausted


def test_its_end_ends_all_connections() -> None:
    def listen(connection: socket.socket) -> None:
        connection.recv(1)

    with raw(listen) as at, guard([at]).proxy(1_000) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as connection:
            connection.sendall(head(proxy, f"CONNECT {at}"))
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
            proxy.__exit__(None, None, None)
            assert connection.recv(100) == b""
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", proxy.port), 10)


def test_the_end_of_a_url() -> None:
    assert [endpoint(each) for each in ("http://A.b/x", "https://a.b:1/x", "wss://[::1]/", "http://[x")] == [
        "a.b:80", "a.b:1", "::1:443", "http://[x"
    ]  # fmt: skip
