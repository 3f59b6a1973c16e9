"""Forms that visitors send, urlencoded and with files, and what is none."""

import base64
import gzip
from contextlib import ExitStack

import httpx
import pytest

from server.forms import LARGE
from server.sites.asking import MOST_FIELDS, MOST_PARTS
from server.sites.visits import MOST_LARGE
from tests.http.running import Server, running, until
from tests.http.wire import Wire
from tests.sites.visiting import Visitor

pytestmark = pytest.mark.slow

URLENCODED = "application/x-www-form-urlencoded"
PARTS = {"Content-Type": "multipart/form-data; boundary=xx"}


@pytest.fixture
def echo(shop: Visitor) -> Visitor:
    """The site shows all that it got."""
    shop.put("EMIT !REQUEST")
    return shop


def refused(answer: httpx.Response, status: int, text: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert text in answer.text


def part(head: str, body: str = "x") -> bytes:
    """A form of one part with this head."""
    return f"--xx\r\n{head}\r\n\r\n{body}\r\n--xx--\r\n".encode()


def test_a_form(echo: Visitor) -> None:
    got = echo.post(data={"name": "Ada ü&=", "empty": ""}).json()
    assert (got["form:name"], got["form:empty"]) == ("Ada ü&=", "")
    got = echo.post(content=b"a=1&a=2&b+c=%2B&d", headers={"Content-Type": f"{URLENCODED}; charset=UTF-8"}).json()
    assert (got["form:a"], got["form:b c"], got["form:d"], got["body"]) == ("1", "+", "", "a=1&a=2&b+c=%2B&d")
    assert echo.post(content="a=ü", headers={"Content-Type": URLENCODED}).json()["form:a"] == "ü"


@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xff", b"&".join([b"a=1"] * (MOST_FIELDS + 1))])
def test_what_is_no_form(echo: Visitor, body: bytes) -> None:
    refused(echo.post(content=body, headers={"Content-Type": URLENCODED}), 400, "The body is no form")


def test_other_bodies(echo: Visitor) -> None:
    assert echo.post(content=b'{"a":1}', headers={"Content-Type": "application/json"}).json()["body"] == '{"a":1}'
    got = echo.post(content=b"\xff\0", headers={"Content-Type": "image/x"}).json()
    assert got["body"] == base64.b64encode(b"\xff\0").decode()
    assert echo.post().json()["body"] is None
    assert not [key for key in got if key.startswith("form:")]


def test_files(echo: Visitor) -> None:
    photo = bytes(range(256)) * 300  # parsed on a thread
    got = echo.post(
        data={"note": "Grüße", "photo": "no"},
        files=[("photo", ("../é.png", photo, "image/png")), ("photo", ("second", b"2")), ("none", ("", b""))],
    ).json()
    assert (got["form:note"], got["form:photo"], got["body"]) == ("Grüße", "no", None)
    encoded = base64.b64encode(photo).decode()
    assert got["file:photo"] == {"name": "é.png", "content_type": "image/png", "size": 76_800, "body": encoded}
    assert "file:none" not in got


def test_a_file_is_kept(shop: Visitor) -> None:
    shop.put('WRITE !REQUEST(file:photo)(body) INTO "/root/in/" & !REQUEST(file:photo)(name) AFTER EMIT "kept"')
    data = bytes(range(256))
    assert shop.post(files={"photo": ("../../x/a.bin", data)}).text == "kept"
    assert shop.run('READ "/root/in/a.bin" AS "binary" SET ?b AFTER EMIT ?b') == base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--xx",
        b"--xx\r\n",
        b"--yy--",
        part("Content-Disposition: form-data; name=a")[:-8],
        part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64'),
        part("X: y"),
        part("Content-Disposition: form-data"),
        part('Content-Disposition: form-data; name="a"', "\udcff".encode(errors="surrogatepass").decode("latin-1"))
        .replace(b"\xc3", b"\xff"),
        part('Content-Disposition: form-data; name="a"\r\nX: ' + "x" * 9_000),
        part('Content-Disposition: form-data; name="a"') [:-6] + b"\r\n".join(
            [b'--xx\r\nContent-Disposition: form-data; name="b"\r\n\r\nx'] * (MOST_PARTS + 1)) + b"\r\n--xx--",
        b"\xff" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_form_with_files(echo: Visitor, body: bytes) -> None:
    refused(echo.post(content=body, headers=PARTS), 400, "no multipart form")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 71]
)
def test_forms_without_a_boundary(echo: Visitor, kind: str) -> None:
    refused(echo.post(content=part("X: y"), headers={"Content-Type": kind}), 400, "no multipart form")


def test_odd_heads_of_parts(echo: Visitor) -> None:
    head = 'Content-Disposition: form-data; name="f"; filename="a"; filename*=UTF-8\'\'%2e%2e%2fb%00.txt'
    got = echo.post(content=part(f"{head}\r\nContent-Type: text/html\x01"), headers=PARTS).json()
    assert got["file:f"]["name"] == "b.txt"
    assert got["file:f"]["content_type"] == "application/octet-stream"


def test_more_than_a_body_may_have(server: Server, shop: Visitor) -> None:
    shop.put("EMIT !REQUEST(file:f)(size)")
    assert shop.post(files={"f": ("a", b"x" * 8_000_000)}).text == "8000000"
    refused(shop.post(files={"f": ("a", b"x" * 8 * 2**20)}), 413, "larger than 8388608 bytes")


def test_a_smaller_limit(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("small") / "data"
    with running(data, workers="1", site_body_bytes="100") as server, Visitor(server, "shop") as shop:
        shop.put('EMIT "x"')
        assert shop.post(content=b"x" * 100).text == "x"
        refused(shop.post(content=b"x" * 101), 413, "larger than 100 bytes")


def test_many_large_bodies_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Beyond so many of them a process refuses more, and takes them again once the others are over."""
    data = tmp_path_factory.mktemp("many") / "data"
    with running(data, workers="1") as server, Visitor(server, "shop") as shop, ExitStack() as held:
        shop.put('EMIT "x"')
        head = f"POST / HTTP/1.1\r\nHost: {shop.host}\r\nContent-Length: {LARGE + 1}\r\n\r\nx".encode()
        wires = [held.enter_context(Wire(server.port)) for _ in range(MOST_LARGE)]
        for wire in wires:
            wire.send(head)
        answer = until(lambda: (got := shop.post(content=b"x" * (LARGE + 1))).status_code == 503 and got)
        refused(answer, 503, "As many large forms")
        assert answer.headers["retry-after"] == "1"
        small = gzip.compress(b"x" * (LARGE + 1))
        refused(shop.post(content=small, headers={"Content-Encoding": "gzip"}), 503, "As many large forms")
        assert shop.post(content=b"x" * LARGE).text == "x"
        held.close()
        assert until(lambda: shop.post(content=b"x" * (LARGE + 1)).status_code == 200)
