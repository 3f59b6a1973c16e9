"""GET /files/{token}: shared files over HTTP, from a real server with two workers."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from server.files import content_type, disposition
from tests.http.running import Server, ask, running, until
from tests.http.test_bodies import problem

LARGE = 20_000_000


@pytest.fixture
def large(client: httpx.Client) -> str:
    """The path of a file that no buffer between server and client can hold."""
    text = f'REPLICATE "0123456789abcdef" WITH {LARGE // 16} SET ?t AFTER WRITE ?t INTO "/root/large.bin"'
    assert ask(client, text).json()["status"] == "ok"
    return "/root/large.bin"


def share(client: httpx.Client, path: str, more: str = "") -> str:
    """The URL of a link to a file."""
    answer = ask(client, f'SHARE "{path}" {more} SET ?url AFTER EMIT ?url').json()
    assert answer["status"] == "ok", answer
    return str(answer["result"])


def shared(client: httpx.Client, path: str, content: str, more: str = "") -> str:
    """The URL of a link to a new file."""
    assert ask(client, f'WRITE "{content}" INTO "{path}"').json()["status"] == "ok"
    return share(client, path, more)


def aborted(url: str, most: int) -> bool:
    """Whether a client that goes away after so many bytes got them; not when somebody else has the link."""
    place = urlsplit(url)
    got = b""
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=30) as wire:
        wire.sendall(f"GET {place.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while len(got) < most and got[:12] in b"HTTP/1.1 200":
            got += wire.recv(65_536)
    return got.startswith(b"HTTP/1.1 200")


def test_a_link_is_used_once(client: httpx.Client, server: Server) -> None:
    url = shared(client, "/root/a.txt", "Hello")
    assert url.startswith(f"{server.url}/files/")
    for _ in range(2):
        assert client.head(url).status_code == 200
    answer = client.get(url)
    assert (answer.status_code, answer.text) == (200, "Hello")
    problem(client.get(url), 410)
    assert client.head(url).status_code == 410
    line = server.line(answer.headers["x-request-id"])
    assert (line["route"], line["namespace"]) == ("/files/{token}", "user_test")
    assert url.rsplit("/", 1)[1] not in server.log.read_text()


def test_an_empty_file_is_used_once_too(client: httpx.Client) -> None:
    url = shared(client, "/root/empty", "")
    assert client.get(url).content == b""
    problem(client.get(url), 410)


def test_what_the_answer_says(client: httpx.Client) -> None:
    answer = client.get(shared(client, "/root/page.html", "<script>alert(1)</script>"))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["accept-ranges"] == "none"
    assert answer.headers["content-length"] == "25"


@pytest.mark.parametrize("size", [1, 1_000])
def test_of_64_clients_of_two_processes_one_gets_the_body(client: httpx.Client, server: Server, size: int) -> None:
    assert len(server.workers()) == 2
    with ThreadPoolExecutor(64) as pool, httpx.Client(timeout=60, limits=httpx.Limits(max_connections=64)) as many:
        for _ in range(3):
            url = shared(client, "/root/once", "x" * size)
            answers = list(pool.map(many.get, [url] * 64))
            assert sorted(answer.status_code for answer in answers) == [200] + [410] * 63
            assert [len(answer.content) for answer in answers if answer.status_code == 200] == [size]


def test_of_many_clients_one_gets_a_large_file(client: httpx.Client, large: str) -> None:
    url = share(client, large)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: httpx.get(url, timeout=60), range(16)))
    assert [len(answer.content) for answer in answers if answer.status_code == 200] == [LARGE]


def test_a_link_works_again_when_the_client_has_gone_too_soon(client: httpx.Client, large: str) -> None:
    url = share(client, large)
    for most in (12, 100_000, 1_000_000):
        until(lambda bytes_=most: aborted(url, bytes_))
    answer = until(lambda: (got := client.get(url, headers={"Range": "bytes=0-0"})).status_code == 200 and got)
    assert len(answer.content) == LARGE
    problem(client.get(url), 410)


def test_a_link_that_somebody_is_using(client: httpx.Client, large: str) -> None:
    url = share(client, large)
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=30) as wire:
        wire.sendall(f"GET {place.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 200")
        problem(client.get(url), 410)
        assert client.head(url).status_code == 200
    assert until(lambda: client.get(url).status_code == 200)


def test_a_download_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """It is broken off with the programs that take too long, and the link is free again."""
    data = tmp_path / "data"
    with running(data, workers="1", grace_s="1") as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert ask(client, f'REPLICATE "x" WITH {LARGE} SET ?t AFTER WRITE ?t INTO "/root/f"').status_code == 200
        place = urlsplit(share(client, "/root/f"))
        client.close()
        with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=30) as wire:
            wire.sendall(f"GET {place.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert wire.recv(100).startswith(b"HTTP/1.1 200")
            assert server.stop() == 0
    with running(data) as server:
        assert len(httpx.get(f"{server.url}{place.path}", timeout=30).content) == LARGE


def test_a_link_for_many(client: httpx.Client) -> None:
    url = shared(client, "/root/many", "0123456789", 'AS "multi"')
    whole = client.get(url)
    assert [client.get(url).text for _ in range(3)] == ["0123456789"] * 3
    assert whole.headers["accept-ranges"] == "bytes"
    tag = whole.headers["etag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert client.get(url, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "content", "part"),
    [
        ("bytes=0-0", "0", "0-0"),
        ("bytes=3-5", "345", "3-5"),
        ("bytes=7-", "789", "7-9"),
        ("bytes=-2", "89", "8-9"),
        ("bytes=8-100", "89", "8-9"),
        ("bytes=-100", "0123456789", ""),
        ("bytes=0-9", "0123456789", ""),
        ("bytes=0-1,4-5", "0123456789", ""),
        ("bytes=5-3", "0123456789", ""),
        ("bytes=-", "0123456789", ""),
        ("bytes=a-b", "0123456789", ""),
        ("lines=0-1", "0123456789", ""),
        ("bytes=" + "9" * 50 + "-", "0123456789", ""),
    ],
)
def test_a_part(client: httpx.Client, asked: str, content: str, part: str) -> None:
    url = shared(client, "/root/parts", "0123456789", 'AS "multi"')
    answer = client.get(url, headers={"Range": asked})
    assert answer.text == content
    assert answer.status_code == (206 if part else 200)
    assert answer.headers.get("content-range") == (f"bytes {part}/10" if part else None)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_part_that_there_is_not(client: httpx.Client, asked: str) -> None:
    url = shared(client, "/root/parts", "0123456789", 'AS "multi"')
    answer = client.get(url, headers={"Range": asked})
    assert problem(answer, 416)["error"] == "range_not_satisfiable"
    assert answer.headers["content-range"] == "bytes */10"
    assert "content-disposition" not in answer.headers


def test_the_rest_of_a_file_that_has_changed(client: httpx.Client) -> None:
    url = shared(client, "/root/changes", "0123456789", 'AS "multi"')
    tag = client.head(url).headers["etag"]
    assert client.get(url, headers={"Range": "bytes=5-", "If-Range": tag}).text == "56789"
    ask(client, 'WRITE "abcdefghij" INTO "/root/changes"')
    assert client.get(url, headers={"Range": "bytes=5-", "If-Range": tag}).text == "abcdefghij"


def test_a_link_leads_to_what_is_there(client: httpx.Client) -> None:
    url = shared(client, "/root/later", "old")
    ask(client, 'REMOVE "/root/later"')
    problem(client.get(url), 404)
    ask(client, 'WRITE "new" INTO "/root/later"')
    assert client.get(url).text == "new"


def test_an_end_to_sharing(client: httpx.Client) -> None:
    url = shared(client, "/root/ended", "x", 'AS "multi"')
    assert ask(client, 'UNSHARE "/root/ended" SET ?n AFTER EMIT ?n').json()["result"] == 1
    problem(client.get(url), 404)
    late = share(client, "/root/ended", 'ON "1ms"')
    until(lambda: client.get(late).status_code == 410)


@pytest.mark.parametrize("token", ["x", "a" * 43, "%2e%2e%2fetc%2fpasswd", "%ff", "é", "x" * 5_000, "%0d%0aX:%20y"])
def test_what_is_no_link(client: httpx.Client, token: str) -> None:
    assert client.get(f"/files/{token}").status_code in (400, 404)


def test_other_methods(client: httpx.Client) -> None:
    url = shared(client, "/root/methods", "x")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, url).status_code == 405
    assert client.options(url).status_code == 204
    assert client.get(url).text == "x"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("é.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ('a"\\%.txt', "attachment; filename=\"a___.txt\"; filename*=UTF-8''a%22%5C%25.txt"),
        ("\u202etxt.exe", 'attachment; filename="txt.exe"'),
        ("a\r\nX-Evil: 1", 'attachment; filename="aX-Evil: 1"'),
        ("\u200b", 'attachment; filename="file"'),
    ],
)
def test_names(name: str, header: str) -> None:
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "text/csv; charset=utf-8"),
        ("a.PNG", "image/png"),
        ("a.json", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a.zip", "application/zip"),
        ("a", "application/octet-stream"),
        (".html", "text/html; charset=utf-8"),
        ("a.html\u202e", "application/octet-stream"),
    ],
)
def test_types(name: str, kind: str) -> None:
    assert content_type(name) == kind
