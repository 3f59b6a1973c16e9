"""Requests to real servers: what is sent, redirects, limits of time and size, broken answers."""

import gzip
import socket
import time
import zlib
from collections.abc import Callable

import pytest

from oql.outbound import Forbidden, OutboundError, TimedOut, TooLarge, Unreachable
from tests.outbound.servers import Answer, Web, guard, raw

HEAD = b"HTTP/1.1 200 OK\r\n"


def test_a_request_is_sent_and_answered(web: Web) -> None:
    web.answers["/a?b=c"] = Answer(201, {"X-One": "1", "Content-Type": "text/plain"}, b"made")
    got = guard([web.at]).request("post", f"{web.url}/a?b=c#d", headers={"X-Two": "2"}, body=b"body")
    assert (got.status, got.body, got.url) == (201, b"made", f"{web.url}/a?b=c")
    assert (got.headers["x-one"], got.headers["content-type"]) == ("1", "text/plain")
    [asked] = web.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/a?b=c", b"body")
    assert asked.headers["host"] == web.at
    assert (asked.headers["x-two"], asked.headers["content-length"]) == ("2", "4")


def test_an_error_status_is_an_answer(web: Web) -> None:
    web.answers["/"] = Answer(500, body=b"no")
    assert guard([web.at]).request("GET", web.url).status == 500


def test_a_post_without_body_says_so(web: Web) -> None:
    guard([web.at]).request("POST", web.url)
    assert web.asked[0].headers["content-length"] == "0"


def test_a_connection_is_kept_and_used_again(web: Web) -> None:
    outbound = guard([web.at])
    for path in ("/1", "/2", "/3"):
        assert outbound.request("GET", web.url + path).body == path.encode()
    assert len({asked.connection for asked in web.asked}) == 1
    outbound.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nY: b"),
        ("X", "a\nb"),
        ("X", "a\x00"),
        ("X\r\nY", "a"),
        ("X Y", "a"),
        ("", "a"),
        ("X", "€"),
        ("Host", "a"),
        ("content-length", "3"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("X", "a" * 70000),
    ],
)
def test_headers_that_would_change_the_message_are_refused(web: Web, name: str, value: str) -> None:
    with pytest.raises(Forbidden):
        guard([web.at]).request("GET", web.url, headers={name: value})
    assert web.asked == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET /x", "GET\r\n", ""])
def test_methods_that_cannot_be_used(web: Web, method: str) -> None:
    with pytest.raises(Forbidden):
        guard([web.at]).request(method, web.url)


# redirects


MOVES = [
    (301, "POST", "GET", b""),
    (302, "POST", "GET", b""),
    (303, "POST", "GET", b""),
    (303, "PUT", "GET", b""),
    (301, "PUT", "PUT", b"body"),
    (302, "DELETE", "DELETE", b"body"),
    (307, "POST", "POST", b"body"),
    (308, "POST", "POST", b"body"),
    (303, "HEAD", "HEAD", b"body"),
    (302, "GET", "GET", b"body"),
]


@pytest.mark.parametrize(("status", "method", "then", "body"), MOVES)
def test_a_redirect_changes_the_method_as_browsers_do(
    web: Web, status: int, method: str, then: str, body: bytes
) -> None:
    web.answers["/a"] = Answer(status, {"Location": "/b?c"})
    headers = {"Content-Type": "text/plain", "Authorization": "Bearer x"}
    got = guard([web.at]).request(method, f"{web.url}/a", headers=headers, body=b"body")
    assert got.url == f"{web.url}/b?c"
    asked = web.asked[1]
    assert (asked.method, asked.path, asked.body) == (then, "/b?c", body)
    assert ("content-type" in asked.headers) == (body != b"")
    assert asked.headers["authorization"] == "Bearer x"


def test_credentials_stay_behind_when_the_host_changes(web: Web, other: Web) -> None:
    web.answers["/a"] = Answer(307, {"Location": f"{other.url}/b"})
    secrets = {"Authorization": "a", "Cookie": "b", "X-Api-Key": "c", "X-Auth-Token": "d", "webhook-signature": "e"}
    guard([web.at, other.at]).request("POST", f"{web.url}/a", headers={**secrets, "X-Plain": "f"}, body=b"body")
    [asked] = other.asked
    assert not {name.lower() for name in secrets} & asked.headers.keys()
    assert (asked.headers["x-plain"], asked.headers["host"], asked.body) == ("f", other.at, b"body")


ELSEWHERE = [
    "http://127.0.0.1:1/",
    "https://169.254.169.254/",
    "https://[::1]/",
    "file:///etc/passwd",
    "//localhost/x",
    "http://user:pass@{at}/",
    "https://0x7f.1/",
    "http://example.com/",
    "https://[/",
    "http://{at}/a b",
]
"""Redirects that nobody may follow; `{at}` is the server that answers with them."""


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_redirect_leads_nowhere_else(web: Web, target: str) -> None:
    web.answers["/a"] = Answer(302, {"Location": target.format(at=web.at)})
    with pytest.raises(Forbidden):
        guard([web.at]).request("GET", f"{web.url}/a")
    assert [asked.path for asked in web.asked] == ["/a"]


def test_redirects_are_counted(web: Web) -> None:
    for number in range(9):
        web.answers[f"/{number}"] = Answer(302, {"Location": f"/{number + 1}"})
    outbound = guard([web.at])
    assert outbound.request("GET", f"{web.url}/4").url == f"{web.url}/9"
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        outbound.request("GET", f"{web.url}/3")
    assert outbound.request("GET", f"{web.url}/3", redirects=0).status == 302


def test_a_redirect_without_a_place_is_an_answer(web: Web) -> None:
    web.answers["/"] = Answer(302, {}, b"where?")
    assert guard([web.at]).request("GET", web.url).body == b"where?"


# limits


@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_is_cut_off(announced: bool) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        length = b"Content-Length: 1000000000\r\n\r\n" if announced else b"\r\n"
        connection.sendall(HEAD + length)
        while True:
            connection.sendall(bytes(65_536))

    with raw(talk) as at, pytest.raises(TooLarge, match="more than 100,000 bytes"):
        guard([at]).request("GET", f"http://{at}/", most_bytes=100_000)


def test_a_body_of_just_the_size_is_taken(web: Web) -> None:
    web.answers["/"] = Answer(body=bytes(1_000))
    outbound = guard([web.at])
    assert len(outbound.request("GET", web.url, most_bytes=1_000).body) == 1_000
    with pytest.raises(TooLarge):
        outbound.request("GET", web.url, most_bytes=999)


@pytest.mark.parametrize("line", [b"A: b\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
def test_headers_without_end_are_cut_off(line: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"" if line.startswith(b"HTTP") else HEAD + b"A: ")
        while True:
            connection.sendall(line * 1_000)

    with raw(talk) as at, pytest.raises(TooLarge, match="headers"):
        guard([at]).request("GET", f"http://{at}/")


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nA: ", HEAD + b"Content-Length: 100000\r\n\r\n"])
def test_whoever_sends_little_at_a_time_gains_nothing(start: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(start)
        while True:
            time.sleep(0.02)
            connection.sendall(b"x" if start else b"")

    with raw(talk) as at, pytest.raises(TimedOut, match=r"within 0\.3 s"):
        guard([at]).request("GET", f"http://{at}/", seconds=0.3)


def test_whoever_takes_nothing_is_given_up() -> None:
    with raw(lambda connection: time.sleep(5)) as at, pytest.raises(TimedOut):
        guard([at]).request("POST", f"http://{at}/", body=bytes(16 * 2**20), seconds=0.3)


def test_redirects_share_the_seconds(web: Web) -> None:
    def slow(_: object) -> Answer:
        time.sleep(0.2)
        return Answer(302, {"Location": "/"})

    web.answers["/"] = slow
    with pytest.raises(TimedOut):
        guard([web.at]).request("GET", web.url, seconds=0.5)


def test_a_lookup_that_hangs_is_given_up() -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(2)
        return ["127.0.0.1"]

    with pytest.raises(TimedOut, match=r"`a.example.com` was not found"):
        guard(resolve=hang).request("GET", "https://a.example.com/", seconds=0.2)


# packed bodies


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"text", mtime=0)),
        ("deflate", zlib.compress(b"text")),
        ("identity", b"text"),
        ("gzip", gzip.compress(b"te", mtime=0) + gzip.compress(b"xt", mtime=0)),
    ],
)
def test_a_packed_body_is_unpacked(web: Web, encoding: str, packed: bytes) -> None:
    web.answers["/"] = Answer(200, {"Content-Encoding": encoding}, packed)
    assert guard([web.at]).request("GET", web.url).body == b"text"


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072, 300_000])
@pytest.mark.parametrize(
    "pack", [gzip.compress, zlib.compress, lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:])]
)
def test_what_takes_many_steps_to_unpack_comes_whole(web: Web, pack: Callable[[bytes], bytes], size: int) -> None:
    body = bytes(range(256)) * 2_000
    for sent in (bytes(size), body[:size]):
        web.answers["/"] = Answer(200, {"Content-Encoding": "gzip"}, pack(sent))
        pieces: list[bytes] = []
        assert guard([web.at]).request("GET", web.url, on_piece=pieces.append).body == sent
        assert b"".join(pieces) == sent
        assert max(map(len, pieces)) <= 65_536


def test_a_body_that_unpacks_to_much_is_refused(web: Web) -> None:
    web.answers["/"] = Answer(200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(50 * 2**20), mtime=0))
    with pytest.raises(TooLarge):
        guard([web.at]).request("GET", web.url, most_bytes=100_000)


@pytest.mark.parametrize(
    ("encoding", "body"), [("br", b"x"), ("gzip", b"no gzip"), ("gzip", gzip.compress(b"text" * 99, mtime=0)[:-9])]
)
def test_what_cannot_be_unpacked_is_an_error(web: Web, encoding: str, body: bytes) -> None:
    web.answers["/"] = Answer(200, {"Content-Encoding": encoding}, body)
    with pytest.raises(Unreachable):
        guard([web.at]).request("GET", web.url)


# broken answers


@pytest.mark.parametrize(
    "sent", [b"", b"\x16\x03\x01 no HTTP", b"HTTP/9.9 hello\r\n\r\n", HEAD + b"Content-Length: 9\r\n\r\nabc"]
)
def test_what_is_no_answer_is_unreachable(sent: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(sent)

    with raw(talk) as at, pytest.raises(Unreachable):
        guard([at]).request("GET", f"http://{at}/")


def test_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        at = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Unreachable, match="does not answer"):
        guard([at]).request("GET", f"http://{at}/")


def test_every_error_is_one_of_the_guard(web: Web) -> None:
    web.answers["/"] = Answer(302, {"Location": "https://nowhere.example.com/"})
    with pytest.raises(OutboundError):
        guard([web.at], resolve=lambda host, port: []).request("GET", web.url)
