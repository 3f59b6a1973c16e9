"""What a run says of its answer, and the page that comes of it."""

from typing import Any

import pytest

from oql import engine, program
from oql.context import CancelFlag
from oql.contexts import Contexts
from oql.errors import OqlError
from oql.journal import Journal
from oql.limits import DEFAULT
from oql.sites import (
    MOST_BYTES,
    MOST_HEADERS,
    Page,
    Reply,
    checked_cookie_name,
    checked_header,
    checked_path,
    checked_url,
)
from oql.values import Image
from tests.conformance.stores import sqlite_store, untouched


def page(text: str, reply: Reply | None = None) -> Page:
    """The page of a program that may wait, so that its AND branches run at once."""
    reply = reply or Reply()
    contexts = Contexts(DEFAULT, untouched(sqlite_store()), lambda fault, job_id: "fault")
    context = contexts.make("user_test", "job", {}, CancelFlag(), Journal("job"))
    context.reply = reply
    outcome = engine.run(program.load(text), context)
    assert outcome.error is None, outcome.error
    return reply.page(outcome.result)


def cookies(made: Page) -> list[str]:
    return [value for name, value in made.headers if name == "Set-Cookie"]


@pytest.mark.parametrize(
    ("text", "kind", "body"),
    [
        ('EMIT "<p>é"', "text/html; charset=utf-8", "<p>é".encode()),
        ("EMIT 1 AFTER EMIT 2", "text/html; charset=utf-8", b"12"),
        ("EMIT 1.5", "text/html; charset=utf-8", b"1.5"),
        ('PARSE JSON "[1]" SET ?a AFTER EMIT ?a', "application/json", b"[1]"),
        ("PARSE JSON '{\"a\":null}' SET ?a AFTER EMIT ?a", "application/json", b'{"a":null}'),
        ('CAST "x" AS "binary" SET ?a AFTER EMIT ?a', "application/octet-stream", b"x"),
        ('PARSE JSON "[1]" SET ?a AFTER EMIT ?a AFTER EMIT ?a', "text/html; charset=utf-8", b"[1][1]"),
        ("RETURN 3", "text/html; charset=utf-8", b"3"),
        ("STRING 1", "text/html; charset=utf-8", b""),
    ],
)
def test_the_type_is_that_of_the_result(text: str, kind: str, body: bytes) -> None:
    assert page(text) == Page(200, (("Content-Type", kind),), body)


def test_an_image_is_a_file_of_its_kind() -> None:
    made = Reply().page(Image(1, 1, "webp", b"data"))
    assert made == Page(200, (("Content-Type", "image/webp"),), b"data")


def test_branches_count_in_the_order_of_the_program() -> None:
    slow = 'IF true IS EQUAL TO true OPEN NEST SLEEP "60ms" AFTER HEADER "X-A" AS "slow" AFTER STATUS 201 CLOSE NEST'
    quick = 'IF true IS EQUAL TO true OPEN NEST SLEEP "1ms" AFTER HEADER "X-A" AS "quick" AFTER STATUS 202 CLOSE NEST'
    made = page(f"{slow} AND {quick}")
    assert (made.status, dict(made.headers)["X-A"]) == (202, "quick")
    made = page(f"{quick} AND {slow}")
    assert (made.status, dict(made.headers)["X-A"]) == (201, "slow")


def test_passes_of_loops_count_as_they_run() -> None:
    made = page(
        'RANGE FROM 1 TO 13 SET ?r AFTER FOREACH ?r AS ?n OPEN NEST HEADER "X-N" AS ?n CLOSE NEST AFTER SLEEP "1ms"'
    )
    assert dict(made.headers)["X-N"] == "12"


def test_a_header_is_sent_once_whatever_its_case() -> None:
    made = page('HEADER "X-A" AS 1 AFTER HEADER "x-a" AS 2 AFTER HEADER "content-type" AS "text/plain" AFTER EMIT "x"')
    assert made.headers == (("x-a", "2"), ("content-type", "text/plain"))


def test_cookies() -> None:
    made = page(
        'COOKIE "a" AS "b; c=é" AFTER COOKIE "d" AS 1 WITH "/x" ON 60 AFTER COOKIE "a" AS 2 AFTER COOKIE DELETE "e"'
    )
    assert cookies(made) == [
        "a=2; Path=/; HttpOnly; SameSite=Lax",
        "d=1; Path=/x; Max-Age=60; HttpOnly; SameSite=Lax",
        "e=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    ]
    assert cookies(page('COOKIE "a" AS "b; c=é%"')) == ["a=b%3B%20c=%C3%A9%25; Path=/; HttpOnly; SameSite=Lax"]


def test_cookies_of_a_server_with_https_and_of_a_site_below_a_path() -> None:
    made = page('COOKIE "a" AS 1 WITH "/x" AFTER REDIRECT "/there"', Reply("/s/shop", secure=True))
    assert cookies(made) == ["a=1; Path=/s/shop/x; Secure; HttpOnly; SameSite=Lax"]
    assert dict(made.headers)["Location"] == "/s/shop/there"


def test_a_cookie_may_be_said_to_be_otherwise() -> None:
    options = 'NEW JSON OBJECT OPEN NEST SET same_site AS "none" AND SET http_only AS false CLOSE NEST SET ?o'
    made = page(f'{options} AFTER COOKIE "a" AS 1 WITH ?o')
    assert cookies(made) == ["a=1; Path=/; Secure; SameSite=None"]


@pytest.mark.parametrize("status", [204, 205, 304])
def test_answers_without_a_body(status: int) -> None:
    assert page(f'STATUS {status} AFTER EMIT "x"') == Page(status, (), b"")
    assert page(f'STATUS {status} AFTER HEADER "Content-Type" AS "text/plain" AFTER EMIT "x"') == Page(status, (), b"")


@pytest.mark.parametrize(
    ("name", "seen"), [("é", "é"), ("名 x", "名 x"), ("a\r\nb", "a\\r\\nb"), ("a\u202eb", "a\\u202eb"), ("\0", "\\x00")]
)
def test_names_in_messages_are_seen_as_they_are(name: str, seen: str) -> None:
    for refuse in (lambda: checked_header(name, "x"), lambda: checked_cookie_name(name), lambda: checked_path(name)):
        with pytest.raises(OqlError) as refused:
            refuse()
        assert refused.value.message.endswith(f"found `{seen}`")


def test_a_redirect_and_a_status_after_it() -> None:
    made = page('REDIRECT "/a?b=ü" AFTER STATUS 303')
    assert (made.status, dict(made.headers)["Location"], made.body) == (303, "/a?b=%C3%BC", b"")


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "transfer-encoding", "Connection", "Set-Cookie", "X-Accel-Redirect", "X-Request-Id", "Date"],
)
def test_headers_of_the_server(name: str) -> None:
    with pytest.raises(OqlError, match="the server's own"):
        checked_header(name, "x")


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "a\0", "é", "(x)", "x" * 201])
def test_what_is_no_name_of_a_header(name: str) -> None:
    with pytest.raises(OqlError, match="the name of a header"):
        checked_header(name, "x")


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b", "\x7f", "é", "\u2028", "\ud800"])
def test_what_is_no_value_of_a_header(value: str) -> None:
    with pytest.raises(OqlError, match="no header can carry"):
        checked_header("X-A", value)


@pytest.mark.parametrize(
    "url",
    ["", "//evil.example", "/\\evil.example", "\\\\evil.example", "/a\r\nX: y", "/a b", "\t/a", "javascript:alert(1)",
     "data:text/html,x", "https:", "https:///x", "http://[", "/a\0", "ftp://a/b", "/\ud800"],
)  # fmt: skip
def test_where_nobody_is_sent(url: str) -> None:
    with pytest.raises(OqlError):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("/", "/"), ("?page=2", "?page=2"), ("a/b", "a/b"), ("/ü", "/%C3%BC"), ("/%20", "/%20"), ('/"<>', "/%22%3C%3E"),
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
    ],
)  # fmt: skip
def test_where_somebody_is_sent(url: str, sent: str) -> None:
    assert checked_url(url) == sent


def test_an_answer_does_not_grow_for_ever() -> None:
    reply = Reply()
    for number in range(MOST_HEADERS):
        reply.header("", f"X-{number}", "x")
    with pytest.raises(OqlError, match="more than"):
        reply.header("", "X-more", "x")
    large = Reply()
    large.header("", "X-1", "x" * (MOST_BYTES // 2))
    with pytest.raises(OqlError, match="more than"):
        large.header("", "X-2", "x" * (MOST_BYTES // 2))
    replaced = Reply()
    for _ in range(10 * MOST_HEADERS):
        replaced.header("", "X-A", "x")
    assert len(replaced.page(None).headers) == 2


def test_nothing_happens_elsewhere() -> None:
    made: Any = engine.run(
        program.load('STATUS 404 AFTER HEADER "a" AS 1 AFTER REDIRECT "/x" AFTER COOKIE "a" AS 1 SET ?x AFTER EMIT ?x'),
        Contexts(DEFAULT, untouched(sqlite_store()), lambda fault, job_id: "").make("user_test", "j", {}, CancelFlag()),
    )
    assert (made.error, made.result) == (None, True)
