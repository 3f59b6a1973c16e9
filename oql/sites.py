"""The answer of a site that a run fills: status, headers and cookies, and how these and the output become a page.

What several branches set at once counts in the order in which it stands in the program. The last one to set a status or
a header counts.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from oql.errors import Code, OqlError, expected, failed, not_allowed, visible
from oql.values import Image, Value, text_form, to_json

MOST_HEADERS = 64
MOST_BYTES = 16 * 2**10
"""Bytes of all headers and cookies of one answer."""
LONGEST_COOKIE = 4_096
"""Bytes of one cookie with its attributes; browsers keep no longer ones."""
REDIRECTS = (301, 302, 303, 307, 308)
BODILESS = frozenset({204, 205, 304})
"""Statuses of answers without a body, and so without a type of one."""

SERVERS_OWN = {
    "alt-svc": "",
    "connection": "",
    "content-length": "",
    "content-range": "",
    "date": "",
    "keep-alive": "",
    "proxy-authenticate": "",
    "proxy-connection": "",
    "server": "",
    "service-worker-allowed": "",
    "set-cookie": "write `COOKIE name AS value`",
    "set-cookie2": "write `COOKIE name AS value`",
    "status": "write `STATUS code`",
    "te": "",
    "trailer": "",
    "transfer-encoding": "",
    "upgrade": "",
    "x-content-type-options": "",
    "x-request-id": "",
    "x-sendfile": "",
}
"""Headers that the server sets, or that count for more than one answer; with a hint where there is another way."""
_SERVERS_OWN_PREFIXES = ("x-accel-", "x-litespeed-", "proxy-", "x-sendfile-")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUES = re.compile(r"[^\t\x20-\x7e]")
_COOKIE_OCTETS = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_URL_OCTETS = "!#$%&'()*+,/:;=?@[]~"
_NUMBERS = re.compile(r"(\d+)")
_PATH = re.compile(r"/[\x21-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of HTTP; `headers` in the order in which they are sent, cookies among them."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


_Act = tuple[tuple[Any, ...], Callable[["_State"], None]]


@dataclass(slots=True)
class _State:
    status: int = 200
    headers: dict[str, tuple[str, str]] = field(default_factory=dict)
    cookies: dict[tuple[str, str], str] = field(default_factory=dict)


class Reply:
    """What a run says of its answer. `place`: where the step that says it stands, as journals have it.

    `base` is the path below which the site is served ("" for a host of its own): paths of cookies and redirects begin
    there. `secure`: cookies are for https only. Every method raises OqlError where the answer would grow too large.
    """

    def __init__(self, base: str = "", *, secure: bool = False) -> None:
        self._base = base
        self._secure = secure
        self._acts: list[_Act] = []
        self._size = 0
        self._guard = threading.Lock()

    def header(self, place: str, name: str, value: str) -> None:
        """Sets a header that `checked_header` has let through."""
        self._add(place, len(name) + len(value), lambda state: _set_header(state, name, value))

    def status(self, place: str, code: int) -> None:
        """Sets the status."""
        self._add(place, 0, lambda state: setattr(state, "status", code))

    def redirect(self, place: str, url: str, code: int) -> None:
        """Sends the browser to a URL that `checked_url` has let through."""
        location = self._base + url if url.startswith("/") else url

        def act(state: _State) -> None:
            state.status = code
            _set_header(state, "Location", location)

        self._add(place, len(location), act)

    def cookie(self, place: str, cookie: "Cookie") -> None:
        """Sets a cookie, or makes the browser forget it."""
        path = self._base + cookie.path
        line = cookie.line(path, secure=self._secure)
        self._add(place, len(line), lambda state: state.cookies.__setitem__((cookie.name, path), line))

    def page(self, result: Value) -> Page:
        """The answer with the result of the run as its body."""
        state = _State()
        for _, act in sorted(self._acts, key=lambda one: one[0]):
            act(state)
        kind, body = _body(result)
        if state.status in BODILESS:
            body = b""
            state.headers.pop("content-type", None)
        else:
            state.headers.setdefault("content-type", ("Content-Type", kind))
        cookies = (("Set-Cookie", line) for line in state.cookies.values())
        return Page(state.status, (*state.headers.values(), *cookies), body)

    def _add(self, place: str, size: int, act: Callable[[_State], None]) -> None:
        with self._guard:
            self._size += size
            if len(self._acts) >= MOST_HEADERS * 16 or self._size > MOST_BYTES * 16:
                raise _too_much()
            self._acts.append((_order(place), act))
            if size and self._is_too_large():
                self._acts.pop()
                raise _too_much()

    def _is_too_large(self) -> bool:
        if len(self._acts) < MOST_HEADERS and self._size <= MOST_BYTES:
            return False
        state = _State()
        for _, act in self._acts:
            act(state)
        lines = [f"{name}{value}" for name, value in state.headers.values()] + list(state.cookies.values())
        return len(lines) > MOST_HEADERS or sum(map(len, lines)) > MOST_BYTES


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to be set; `path` within the site, `seconds` that it lives (None: as long as the browser runs)."""

    name: str
    value: str
    path: str = "/"
    seconds: int | None = None
    http_only: bool = True
    same_site: str = "Lax"
    secure: bool = False

    def line(self, path: str, *, secure: bool) -> str:
        """The value of its Set-Cookie header."""
        parts = [f"{self.name}={self.value}", f"Path={path}"]
        if self.seconds is not None:
            parts.append(f"Max-Age={self.seconds}")
        flags = {"Secure": secure or self.secure, "HttpOnly": self.http_only}
        parts += [name for name, wanted in flags.items() if wanted]
        return "; ".join([*parts, f"SameSite={self.same_site}"])


def checked_header(name: str, value: Value) -> tuple[str, str]:
    """A header as it may be sent. Raises OqlError: no name, one of the server's own, characters that no value has."""
    _expect_token("header", name)
    lower = name.lower()
    if lower in SERVERS_OWN or lower.startswith(_SERVERS_OWN_PREFIXES):
        raise failed(Code.FORBIDDEN, f"the header `{name}` is the server's own", SERVERS_OWN.get(lower) or None)
    text = text_form(value).strip(" \t")
    _expect_plain(f"the value of the header `{name}`", text)
    return name, (checked_url(text) if lower == "location" else text)


def checked_status(code: int) -> int:
    """A status that an answer may have. Raises OqlError."""
    if not 200 <= code <= 599:
        raise expected(Code.TYPE_FAILED, "a status from 200 to 599", f"the number {code}")
    return code


def checked_redirect(code: int) -> int:
    """The status of a redirect. Raises OqlError."""
    if code not in REDIRECTS:
        listed = ", ".join(map(str, REDIRECTS[:-1]))
        raise expected(Code.TYPE_FAILED, f"{listed} or {REDIRECTS[-1]}", f"the number {code}")
    return code


def checked_url(url: str) -> str:
    """An http or https URL, or one within the site, with its other characters encoded. Raises OqlError."""
    if re.search(r"[\x00-\x20\x7f\\]", url) or not url:
        wrong = "nothing" if not url else "one with blanks, control characters or backslashes"
        raise expected(Code.TYPE_FAILED, "a URL", wrong, hint='encode its parts: `ENCODE ?part AS "url"`')
    if url.startswith("//"):
        raise not_allowed(Code.TYPE_FAILED, "a URL that begins with `//`", "here", hint="write `https://` before it")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise expected(Code.TYPE_FAILED, "a URL", f"`{url[:60]}`") from None
    if parts.scheme and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise expected(Code.TYPE_FAILED, "an http or https URL, or a path", f"`{url[:60]}`")
    try:
        return quote(url, safe=_URL_OCTETS)
    except UnicodeEncodeError:
        raise expected(Code.TYPE_FAILED, "a URL", "one with half of a character") from None


def checked_cookie_name(name: str) -> str:
    """The name of a cookie. Raises OqlError."""
    _expect_token("cookie", name)
    return name


def cookie_value(value: Value) -> str:
    """A value as cookies carry it: what else it holds than plain characters is percent-encoded. Raises OqlError."""
    try:
        written = quote(text_form(value), safe=_COOKIE_OCTETS)
    except UnicodeEncodeError:
        raise expected(Code.TYPE_FAILED, "a value for a cookie", "one with half of a character") from None
    if len(written) > LONGEST_COOKIE:
        raise failed(Code.TYPE_FAILED, f"the value of the cookie has more than {LONGEST_COOKIE:,} bytes")
    return written


def checked_path(path: str) -> str:
    """The path of a cookie. Raises OqlError."""
    if not _PATH.fullmatch(path):
        raise expected(Code.TYPE_FAILED, "a path such as `/shop`", f"`{visible(path[:60])}`")
    return path


def _expect_token(what: str, name: str) -> None:
    if not _TOKEN.fullmatch(name) or len(name) > 200:
        raise expected(Code.TYPE_FAILED, f"the name of a {what}: letters, digits and `-`", f"`{visible(name[:60])}`")


def _expect_plain(what: str, text: str) -> None:
    if found := _NOT_IN_VALUES.search(text):
        hint = 'encode it, such as by `ENCODE ?value AS "url"`'
        raise failed(Code.TYPE_FAILED, f"{what} holds U+{ord(found[0]):04X}, which no header can carry", hint)


def _set_header(state: _State, name: str, value: str) -> None:
    state.headers[name.lower()] = (name, value)


def _order(place: str) -> tuple[Any, ...]:
    """What sorts places as they stand in a program, and the passes of loops as they run."""
    return tuple(int(part) if part.isdigit() else part for part in _NUMBERS.split(place))


def _body(result: Value) -> tuple[str, bytes]:
    if isinstance(result, (list, dict)):
        return "application/json", to_json(result)
    if isinstance(result, bytes):
        return "application/octet-stream", result
    if isinstance(result, Image):
        return result.media_type, result.file()
    return "text/html; charset=utf-8", text_form(result).encode(errors="replace")


def _too_much() -> OqlError:
    return failed(
        Code.TYPE_FAILED,
        f"the answer has more than {MOST_HEADERS} headers and cookies, or {MOST_BYTES:,} bytes of them",
    )
