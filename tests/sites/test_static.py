"""Files beside the program of a site."""

from collections.abc import Iterator

import pytest

from tests.http.running import Server
from tests.sites.visiting import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def files(server: Server) -> Iterator[Visitor]:
    """A site with a program that says which path it got, and some files."""
    with Visitor(server, "files") as visitor:
        visitor.put('STATUS 404 AFTER EMIT "program: " & !REQUEST(path)')
        visitor.put("0123456789", "a/style.css")
        for path in (".secret", ".git/config", "a/.b/c.txt", "other.oql", "OTHER.OQL", "a/b c.txt"):
            visitor.put("file", path)
        yield visitor


def test_a_file(files: Visitor) -> None:
    answer = files.get("/a/style.css")
    assert (answer.status_code, answer.text) == (200, "0123456789")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-disposition" not in answer.headers
    head = files.ask("HEAD", "/a/style.css")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")
    assert files.get("/a/b%20c.txt?x=1").text == "file"


@pytest.mark.parametrize(
    "path",
    ["/index.oql", "/other.oql", "/OTHER.OQL", "/other.oql/", "/.secret", "/.git/config", "/a/.b/c.txt", "/a", "/a/",
     "/a/style.css/", "//a/style.css", "/a//style.css", "/A/style.css", "/a%5Cstyle.css", "/" + "x" * 300],
)  # fmt: skip
def test_what_is_never_a_file(files: Visitor, path: str) -> None:
    answer = files.get(path)
    assert answer.status_code == 404
    assert answer.text.startswith("program: /")


def test_other_methods_are_the_programs(files: Visitor) -> None:
    assert files.post("/a/style.css").text == "program: /a/style.css"


def test_what_a_visitor_has_already(files: Visitor) -> None:
    first = files.get("/a/style.css")
    known = {"If-None-Match": f'"x", {first.headers["etag"]}'}
    answer = files.get("/a/style.css", headers=known)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == first.headers["etag"]
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert files.get("/a/style.css", headers=since).status_code == 304
    assert files.get("/a/style.css", headers=since | {"If-None-Match": '"x"'}).status_code == 200
    assert files.get("/a/style.css", headers={"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}).status_code == 200
    assert files.get("/a/style.css", headers={"If-Modified-Since": "yesterday"}).status_code == 200
    files.put("0123456789", "a/style.css")
    assert files.get("/a/style.css", headers=known).status_code == 200


def test_parts(files: Visitor) -> None:
    answer = files.get("/a/style.css", headers={"Range": "bytes=3-5"})
    assert (answer.status_code, answer.text, answer.headers["content-range"]) == (206, "345", "bytes 3-5/10")
    answer = files.get("/a/style.css", headers={"Range": "bytes=10-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "etag" not in answer.headers


def test_a_large_file(files: Visitor) -> None:
    files.run('REPLICATE "0123456789abcdef" WITH 200000 SET ?t AFTER WRITE ?t INTO "/root/sites/files/large.bin"')
    answer = files.get("/large.bin")
    assert (len(answer.content), answer.content[-4:]) == (3_200_000, b"cdef")
