"""The protocol itself: connections that are kept, methods without bodies, and bytes that no client would send."""

import contextlib
import time
from contextlib import ExitStack

import httpx
import pytest

from server.process.connection import MOST_PIPELINED
from tests.http.running import Server, ask
from tests.http.test_bodies import problem
from tests.http.wire import HELLO, Answer, Wire


def refusal(server: Server, answer: Answer, status: int, code: str) -> None:
    """The one error shape and a log line, also where the application was never asked."""
    body = answer.json()
    assert (answer.status, body["error"]) == (status, code)
    assert set(body) == {"error", "message", "request_id"}
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert server.line(body["request_id"])["status"] == status


def test_a_connection_is_kept(server: Server) -> None:
    with Wire(server.port) as wire:
        for _ in range(3):
            wire.post()
            assert wire.answer().json()["result"] == "Hello"
        wire.send(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.answer().status == 404
        wire.post(b"{")
        assert wire.answer().status == 400
        wire.post()
        assert wire.answer().status == 200


def test_a_connection_is_closed_when_asked(server: Server) -> None:
    with Wire(server.port) as wire:
        wire.post(HELLO, "Connection: close")
        assert wire.answer().headers["connection"] == "close"
        assert wire.closed()


def test_requests_in_a_row_are_answered_in_order(server: Server) -> None:
    bodies = [HELLO.replace(b"Hello", str(number).encode()) for number in range(20)]
    with Wire(server.port) as wire:
        for body in bodies:
            wire.post(body)
        assert [wire.answer().json()["result"] for _ in bodies] == [str(number) for number in range(20)]


def test_who_sends_very_many_requests_in_a_row_is_answered_some(server: Server) -> None:
    """Each that waits takes memory. Those that came first are answered in their order, then the connection ends."""
    with Wire(server.port) as wire:
        for _ in range(2):
            wire.send(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n" * MOST_PIPELINED)
            assert [wire.answer().status for _ in range(MOST_PIPELINED)] == [200] * MOST_PIPELINED
        wire.send(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n" * 5_000)
        last = [wire.answer() for _ in range(1 + MOST_PIPELINED)][-1]
        assert (last.status, last.headers["connection"]) == (200, "close")
        assert wire.closed()


def test_a_body_that_was_refused_is_not_taken_for_a_request(server: Server) -> None:
    smuggled = b"DELETE /v1/token HTTP/1.1\r\nHost: x\r\n\r\n" * 100_000
    with Wire(server.port) as wire:
        wire.post(smuggled)
        assert wire.answer().status == 413
        wire.post()
        assert wire.answer().json()["result"] == "Hello"


def test_a_client_that_asks_before_it_sends(server: Server) -> None:
    with Wire(server.port) as wire:
        head = f"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(HELLO)}"
        wire.send(head.encode() + b"\r\nExpect: 100-continue\r\n\r\n")
        assert wire.answer(bodiless=True).status == 100
        wire.send(HELLO)
        assert wire.answer().json()["result"] == "Hello"


def test_an_answer_of_http_1_0(server: Server) -> None:
    with Wire(server.port) as wire:
        wire.send(b"GET /health HTTP/1.0\r\n\r\n")
        assert wire.answer().json()["status"] == "ok"
        assert wire.closed()


def test_asking_for_another_protocol(server: Server) -> None:
    with Wire(server.port) as wire:
        wire.post(
            HELLO, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"
        )
        assert wire.answer().json()["result"] == "Hello"


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"HELLO / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\nhOST: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\x00",
    ],
)
def test_what_is_not_http(server: Server, data: bytes) -> None:
    with Wire(server.port) as wire:
        wire.send(data)
        refusal(server, wire.answer(), 400, "validation_failed")
        assert wire.closed()


def test_a_bad_chunk(server: Server) -> None:
    head = b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Wire(server.port) as wire:
        wire.send(head + b"nope\r\n")
        refusal(server, wire.answer(), 400, "validation_failed")
        assert wire.closed()
    with Wire(server.port) as wire:
        wire.send(head + b"2\r\n{}\r\nnope\r\n")
        refusal(server, wire.answer(), 400, "validation_failed")
        assert wire.closed()
    with Wire(server.port) as wire:  # one behind another is not answered in its place
        wire.post(HELLO.replace(b'EMIT \\"Hello\\"', b'SLEEP \\"300ms\\" AFTER EMIT 1'))
        wire.send(head + b"nope\r\n")
        assert wire.closed() or wire.answer().json()["result"] == 1
    with Wire(server.port) as wire:
        wire.post()
        assert wire.answer().status == 200


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GET /health HTTP/1.1\r\nX-A: b\r\n\r\n", "expected one Host header, found none"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nHOST: y\r\n\r\n", "expected one Host header, found 2"),
    ],
)
def test_a_request_names_one_host(server: Server, data: bytes, message: str) -> None:
    with Wire(server.port) as wire:
        wire.send(data)
        answer = wire.answer()
        assert (answer.status, answer.json()["message"]) == (400, message)
    with Wire(server.port) as wire:
        for name in (b"Host", b"HOST", b"hOsT"):
            wire.send(b"GET /health HTTP/1.1\r\n" + name + b": x\r\n\r\n")
            assert wire.answer().status == 200


@pytest.mark.parametrize("method", ["BREW", "get", "QUERIES", "X-A"])
def test_methods_that_http_does_not_have(server: Server, method: str) -> None:
    with Wire(server.port) as wire:
        wire.send(f"{method} /v1/query HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = wire.answer()
        refusal(server, answer, 400, "validation_failed")
        assert answer.json()["message"] == "expected a well-formed request of HTTP, with a method that HTTP has"
        assert wire.closed()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000,
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 10_000,
        b"GET /" + b"a" * 70_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_heads_that_are_too_long(server: Server, data: bytes) -> None:
    with Wire(server.port) as wire:
        wire.send(data)
        refusal(server, wire.answer(), 431, "headers_too_large")
        assert wire.closed()


LONGEST = b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * (65_536 - 40) + b"\r\n\r\n"


@pytest.mark.parametrize("first", [65_536, 65_535, 40_000, 100, 5])
def test_the_longest_head(server: Server, first: int) -> None:
    """However it is split, one byte more is too much."""
    with Wire(server.port) as wire:
        for _ in range(2):
            wire.send(LONGEST[:first])
            time.sleep(0.05)
            wire.send(LONGEST[first:])
            assert wire.answer().status == 200
        longer = LONGEST[:-4] + b"a\r\n\r\n"
        wire.send(longer[:first])
        time.sleep(0.05)
        wire.send(longer[first:])
        refusal(server, wire.answer(), 431, "headers_too_large")


def test_a_head_of_one_byte_too_much_at_once(server: Server) -> None:
    for more in (1, 500, 60_000):
        with Wire(server.port) as wire:
            wire.send(LONGEST[:-4] + b"a" * more + b"\r\n\r\n")
            refusal(server, wire.answer(), 431, "headers_too_large")


def test_what_comes_before_a_head_is_not_counted(server: Server) -> None:
    long = HELLO.replace(b"{", b"{" + b" " * 200_000, 1)
    head = f"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(long)}"
    with Wire(server.port) as wire:
        wire.send(head.encode() + b"\r\n\r\n" + long + LONGEST[:10])
        time.sleep(0.05)
        wire.send(LONGEST[10:])
        assert [wire.answer().status for _ in range(2)] == [200, 200]


CHUNKED = b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("endless", [b"0\r\n" + b"X-A: b\r\n" * 400_000, b"0\r\nX-A: " + b"a" * 3_000_000])
def test_what_follows_a_chunked_body_is_limited(server: Server, endless: bytes) -> None:
    with Wire(server.port) as wire:
        with contextlib.suppress(ConnectionError):
            wire.send(CHUNKED + b"2\r\n{}\r\n" + endless)
        with contextlib.suppress(ConnectionError):  # which the answer has preceded, if what was sent did not destroy it
            assert wire.answer().status == 431
        assert wire.closed()


def test_a_body_in_tiny_chunks_is_a_body(server: Server) -> None:
    long = HELLO.replace(b"{", b"{" + b" " * 40_000, 1)
    with Wire(server.port) as wire:
        wire.send(CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in long) + b"0\r\n\r\n")
        assert wire.answer().json()["result"] == "Hello"


def test_what_follows_a_chunked_body_is_no_header(server: Server) -> None:
    body = b'{"query": "EMIT 1"}'
    trailer = b"Authorization: Basic dGVzdDp0ZXN0\r\nX-Request-Id: trailer\r\n"
    with Wire(server.port) as wire:
        wire.send(CHUNKED + b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, trailer))
        answer = wire.answer()
    assert (answer.status, answer.headers["x-request-id"] == "trailer") == (401, False)


def test_a_client_that_leaves_in_the_middle(server: Server) -> None:
    for sent in (
        b"POST /v1/qu",
        b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
    ):
        with Wire(server.port) as wire:
            wire.send(sent)
    with Wire(server.port) as wire:
        wire.post()
        assert wire.answer().status == 200


@pytest.mark.slow
def test_a_client_that_dawdles(server: Server) -> None:
    head = b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
    with ExitStack() as stack:
        silent, blank, in_head, before_body, in_body = (stack.enter_context(Wire(server.port)) for _ in range(5))
        blank.send(b"\r\n")
        in_head.send(head)
        before_body.send(head + b"\r\n")
        in_body.send(head + b"\r\n{")
        assert silent.closed()
        for wire in (blank, in_head, before_body, in_body):
            refusal(server, wire.answer(), 408, "request_timeout")
            assert wire.closed()


@pytest.mark.parametrize(
    "target",
    ["/%ff%fe", "/%00", "/v1/query%2e%2e/x", "//", "/v1//query", "/..%2f..%2fetc/passwd", "/v1/query/", "/V1/QUERY",
     "/?" + "a=b&" * 5_000, "/health?%ff=%fe", "/health?a=\u00ff", "/health?;;&&==", "/" + "a/" * 5_000, "/%"],
)  # fmt: skip
def test_targets(server: Server, target: str) -> None:
    with Wire(server.port) as wire:
        wire.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1"))
        answer = wire.answer()
        assert answer.status in (200, 400, 404)
        if answer.status != 200:
            assert set(answer.json()) == {"error", "message", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/query", {"OPTIONS", "POST"}),
        ("PUT", "/v1/query", {"OPTIONS", "POST"}),
        ("TRACE", "/v1/query", {"OPTIONS", "POST"}),
        ("HEAD", "/v1/query", {"OPTIONS", "POST"}),
        ("PATCH", "/v1/token", {"DELETE", "OPTIONS", "POST"}),
        ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/", {"GET", "HEAD", "OPTIONS"}),
        ("PROPFIND", "/", {"GET", "HEAD", "OPTIONS"}),
        ("PURGE", "/health", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_methods_that_a_path_does_not_have(client: httpx.Client, method: str, path: str, allowed: set[str]) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    if method != "HEAD":
        told = problem(answer, 405)
        assert told["error"] == "method_not_allowed"
        assert method in told["message"]


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/queries", "/v1/jobx", "/docs", "/favicon.ico"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_paths_that_are_not_there(client: httpx.Client, method: str, path: str) -> None:
    assert problem(client.request(method, path), 404)["error"] == "not_found"


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/query", "/v1/query"),
        ("/v1/qurey", "/v1/query"),
        ("/chain", "/chains"),
        ("/v1/chains", "/chains"),
        ("/job/7", "/v1/job/{id}"),
        ("/row/orders/7", "/v1/tenants/{tenant}/rows/{schema}/{key}"),
        ("/v1/tenants/a/row/orders", "/v1/tenants/{tenant}/rows/{schema}"),
    ],
)
def test_a_path_that_is_near_one_of_ours(client: httpx.Client, path: str, meant: str) -> None:
    told = problem(client.post(path), 404)
    assert told["message"] == f"there is nothing at this path; did you mean {meant}?"


@pytest.mark.parametrize("path", ["/favicon.ico", "/wp-login.php", "/", "/v1", "/robots.txt", "/a/b/c/d/e/f", "/%FF"])
def test_a_path_that_is_near_none(client: httpx.Client, path: str) -> None:
    assert "did you mean" not in client.get(path).text


@pytest.mark.parametrize("path", ["/", "/health", "/ready", "/metrics", "/openapi.json"])
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    got, headed = client.get(path), client.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]
    if path in ("/", "/openapi.json"):
        assert headed.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/openapi.json", "/nowhere", "/v1/query"])
def test_no_answer_says_what_serves_it(client: httpx.Client, path: str) -> None:
    for answer in (client.get(path), client.post(path, json={"query": "EMIT 1"})):
        assert "server" not in answer.headers
        assert "x-powered-by" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", ["abc", "A-b_c.9", "x" * 64, "0"])
def test_a_plain_request_id_is_kept(client: httpx.Client, server: Server, given: str) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == (given, given)
    assert server.line(given)["route"] == "(none)"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "<script>", "a,b", "\u00e9", 'a"b', "a;b", "${x}"])
def test_another_request_id_is_replaced(client: httpx.Client, given: str) -> None:
    answer = client.get("/nowhere", headers=[(b"X-Request-Id", given.encode("latin-1"))])
    made = answer.json()["request_id"]
    assert made == answer.headers["x-request-id"] != given
    assert len(made) == 24


def test_every_answer_has_an_id_of_its_own(client: httpx.Client) -> None:
    ids = [ask(client, "EMIT 1").headers["x-request-id"] for _ in range(50)]
    assert len(set(ids)) == 50


def test_a_job_is_in_the_log_under_its_request(client: httpx.Client, server: Server) -> None:
    answer = ask(client, "EMIT 1")
    line = server.line(answer.headers["x-request-id"])
    assert line["job_id"] == answer.json()["job_id"]
    assert (line["event"], line["level"], line["method"], line["route"]) == ("request", "info", "POST", "/v1/query")
    assert (line["status"], line["namespace"], line["client"]) == (200, "user_test", "127.0.0.1")
    assert line["duration_ms"] > 0
    assert line["timestamp"].endswith("Z")
