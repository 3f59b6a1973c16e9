"""The web of the corpus: one server in this process that answers for `api.example.com`, and nobody else is there.

It listens on an address of this machine that belongs to the process, always on the same port, so that programs of
the corpus, of the pages and of verbs' examples can name it, whatever runs beside them.
"""

import gzip
import json
import os
import threading
from collections.abc import Callable, Sequence
from functools import cache

from oql.outbound import Outbound
from oql.places.services import Services
from tests.outbound.servers import Answer, Asked, Web
from tests.places import stubs

NAME, PORT = "api.example.com", 8080
_URL = f"http://{NAME}:{PORT}"
SERVICES = Services(
    f"{_URL}/weather", f"{_URL}/currency", f"{_URL}/geocoder", f"{_URL}/router", "https://maps.example.com"
)
"""The services for places that programs of the corpus have."""
_JSON = {"Content-Type": "application/json"}


def outbound() -> Outbound:
    """A way out that leads to the server of the corpus, and finds no other host."""
    return Outbound([f"{NAME}:{PORT}"], resolve=_resolve)


@cache
def corpus_web() -> Web:
    """The server, started when a program first may ask it."""
    web = Web(host=_own_address(), port=PORT)
    web.answers.update(ANSWERS | stubs.ANSWERS)
    threading.Thread(target=web.server.serve_forever, daemon=True).start()
    return web


def _resolve(host: str, port: int) -> Sequence[str]:
    if host != NAME:
        return []
    corpus_web()
    return [_own_address()]


def _own_address() -> str:
    """One of the 16 million addresses of this machine, which no other process takes."""
    pid = os.getpid()
    return f"127.{1 + (pid >> 16)}.{pid >> 8 & 255}.{pid & 255}"


def _echo(asked: Asked) -> Answer:
    """What was asked, as JSON; of the headers those that a program has a say in."""
    shown = ("content-type", "content-length", "authorization", "x-name", "idempotency-key")
    headers = {name: asked.headers[name] for name in shown if name in asked.headers}
    told = {"method": asked.method, "path": asked.path, "headers": headers, "body": asked.body.decode("latin-1")}
    return Answer(200, _JSON, json.dumps(told).encode())


def _text(text: str, media: str, charset: str = "utf-8", says: str | None = None) -> Answer:
    said = f"; charset={charset}" if says is None else says
    return Answer(200, {"Content-Type": media + said}, text.encode(charset))


def _moved(to: str) -> Answer:
    return Answer(302, {"Location": to})


def _never(asked: Asked) -> Answer:
    """Takes longer than any program of the corpus waits."""
    _ENDED.wait(2)
    return Answer()


_ENDED = threading.Event()
ANSWERS: dict[str, Answer | Callable[[Asked], Answer]] = {
    "/rates": Answer(200, _JSON, b'{"EUR": 0.92, "JPY": 150.0, "of": ["2026-01-15", null]}'),
    "/vendor": Answer(200, {"Content-Type": "application/vnd.rates+json; charset=latin-1"}, '{"é": 1}'.encode()),
    "/list": Answer(200, _JSON, b"[1, 2, 3]"),
    "/broken": Answer(200, _JSON, b'{"EUR": 0.92,\n"JPY"}'),
    "/oops": Answer(500, _JSON, b"<h1>out of order</h1>"),
    "/none": Answer(404, _JSON, b'{"error": "no such thing"}'),
    "/hello": _text("Grüße", "text/plain"),
    "/latin": _text("Grüße", "text/html", "latin-1"),
    "/cyrillic": _text("привет", "text/plain", "koi8-r"),
    "/quoted": _text("Grüße", "text/plain", says='; format=flowed; charset="UTF-8"'),
    "/unknown-charset": _text("Grüße", "text/plain", says="; charset=klingon"),
    "/codec": _text("aGVsbG8=", "text/plain", says="; charset=base64"),
    "/marked": _text("Grüße", "text/plain", "utf-16", says=""),
    "/half": Answer(200, {"Content-Type": "text/plain"}, b"a\xffb"),
    "/feed": _text("<feed/>", "application/atom+xml"),
    "/script": _text("let a = 1", "application/javascript"),
    "/loud.oql": _text("UPPER ?name SET ?loud\nRETURN 'from the web'", "text/plain"),
    "/wrong.oql": _text("(* wrong *)\nUPER ?name", "text/plain"),
    "/bytes": Answer(200, {"Content-Type": "application/octet-stream"}, b"\x00\xff\x10"),
    "/untyped": Answer(200, {}, "Grüße".encode()),
    "/untyped-bytes": Answer(200, {}, b"\xff\xfe\xfd"),
    "/empty": Answer(204),
    "/empty-text": Answer(200, {"Content-Type": "text/plain"}),
    "/empty-json": Answer(200, _JSON),
    "/packed": Answer(200, {**_JSON, "Content-Encoding": "gzip"}, gzip.compress(b"[1, 2, 3]", mtime=0)),
    "/bomb": Answer(200, {**_JSON, "Content-Encoding": "gzip"}, gzip.compress(bytes(10**7), mtime=0)),
    "/large": Answer(200, {"Content-Type": "text/plain"}, b"x" * 2_000),
    "/moved": _moved("/rates"),
    "/moved-inside": _moved("https://169.254.169.254/latest/meta-data"),
    "/moved-home": _moved("http://localhost/"),
    "/moved-round": _moved("/moved-round"),
    "/moved-away": _moved("https://nobody.example.com/"),
    "/echo": _echo,
    "/never": _never,
}
