"""Answers as values and as the text of a program, by content type, charset and size."""

from typing import Any

import pytest

from oql.engine import Outcome
from tests.network.programs import failure_of, run, value_of
from tests.outbound.servers import Answer, Web, guard

LATIN = "Grüße".encode("latin-1")
ANSWERS: list[tuple[str, bytes, Any]] = [
    ("application/json", b"[1.0, 1e2, 12345678901234567890]", [1, 100, 12345678901234567890]),
    ("application/json", b"\xef\xbb\xbf{}", {}),
    ("APPLICATION/JSON ; charset=utf-16", b'"\xc3\xbc"', "ü"),
    ("text/json", b"7", 7),
    ("application/problem+json", b'{"a": null}', {"a": None}),
    ("application/json", b"null", None),
    ("application/json", b"", None),
    ("application/jsonx", b"{}", b"{}"),
    ("text/html; charset=ISO-8859-1", b"\x80 " + LATIN, "€ Grüße"),  # as browsers have it: windows-1252
    ("text/html; charset=us-ascii", LATIN, "Grüße"),
    ('text/plain; charset="windows-1251"', "привет".encode("cp1251"), "привет"),
    ("text/plain;charset=Shift_JIS", "日本".encode("shift_jis"), "日本"),
    ("text/plain; charset=utf-16", b"\xfe\xff\x00a", "a"),
    ("text/plain; charset=latin-1", b"\xef\xbb\xbfa", "a"),
    ("text/plain; charset=zlib", b"a", "a"),
    ("text/plain; charset=unicode_escape", b"\\x41", "\\x41"),
    ("text/plain; charset=punycode", b"bcher-kva", "bcher-kva"),
    ("text/plain; charset=undefined", b"a", "a"),
    ("text/plain; charset=", b"a", "a"),
    ("text/plain", b"\xff", "\ufffd"),
    ("text/csv", b"a,b\r\n", "a,b\r\n"),
    ("image/svg+xml", b"<svg/>", "<svg/>"),
    ("application/xhtml+xml", b"<a/>", "<a/>"),
    ("text/javascript", b"1", "1"),
    ("application/x-ndjson", b"{}\n{}", "{}\n{}"),
    ("application/yaml", b"a: 1", "a: 1"),
    ("application/octet-stream", b"text", b"text"),
    ("image/png", b"\x89PNG", b"\x89PNG"),
    ("nonsense", b"text", b"text"),
    ("", b"text", "text"),
    ("", b"a\x00b", b"a\x00b"),
]


@pytest.mark.parametrize(("media", "body", "value"), ANSWERS)
def test_an_answer_is_the_value_of_its_type(media: str, body: bytes, value: Any, web: Web) -> None:
    web.answers["/"] = Answer(200, {"Content-Type": media} if media else {}, body)
    assert value_of("FETCH ?url SET ?r AFTER EMIT ?r", guard([web.at]), {"url": web.url}) == value
    whole = value_of('FETCH ?url FORMAT "response" SET ?r AFTER EMIT ?r', guard([web.at]), {"url": web.url})
    assert (whole["status"], whole["body"]) == (200, value)


@pytest.mark.parametrize("status", [400, 401, 404, 418, 500, 503, 599])
def test_a_bad_status_is_told(status: int, web: Web) -> None:
    web.answers["/"] = Answer(status, {"Content-Type": "application/json"}, b'{"why": 1}')
    variables = {"url": f"{web.url}/?secret=1"}
    found = failure_of("FETCH ?url", guard([web.at]), variables)
    assert found == ("NetUnreachable", f"`{web.at}` answered with status {status}")
    whole = value_of('POST "x" AT ?url FORMAT "response" SET ?r AFTER EMIT ?r', guard([web.at]), variables)
    assert (whole["status"], whole["body"], whole["headers"]["content-type"]) == (
        status,
        {"why": 1},
        "application/json",
    )


@pytest.mark.parametrize("body", ["[" * 70 + "]" * 70, '{"a":' * 100_000, "{", "nan", "'a'", "[1,]"])
def test_json_that_is_none_is_an_error_and_no_fault(body: str, web: Web) -> None:
    web.answers["/"] = Answer(200, {"Content-Type": "application/json"}, body.encode())
    code, message = failure_of("FETCH ?url", guard([web.at]), {"url": web.url})
    assert code == "JsonFailed"
    assert message.startswith(f"`{web.at}` answered with what it calls JSON: ")


def test_json_that_grows_is_claimed_before_it_is_read(web: Web) -> None:
    web.answers["/"] = Answer(200, {"Content-Type": "application/json"}, b"[" + b"[]," * 100_000 + b"[]]")
    code, _ = failure_of("FETCH ?url", guard([web.at]), {"url": web.url}, memory_bytes=4_000_000)
    assert code == "LimitExceeded"


# programs


def included(web: Web, answer: Answer, **limits: Any) -> Outcome:
    """How a program ends that includes what is at a URL, and emits the `?v` that it sets."""
    web.answers["/lib.oql"] = answer
    return run(f'INCLUDE "{web.url}/lib.oql" AFTER EMIT ?v', guard([web.at]), **limits)


TEXT = 'STRING "Grüße" SET ?v'


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/plain", TEXT.encode()),
        ("text/plain; charset=latin-1", TEXT.encode("latin-1")),
        ("application/octet-stream", TEXT.encode()),
        ("application/vnd.oql", b"\xef\xbb\xbf" + TEXT.encode()),
        ("", TEXT.encode()),
    ],
)
def test_a_program_comes_as_any_type(media: str, body: bytes, web: Web) -> None:
    outcome = included(web, Answer(200, {"Content-Type": media} if media else {}, body))
    assert (outcome.error, outcome.result) == (None, "Grüße")


REFUSED = [
    (Answer(404, {}, b"EMIT 1"), "NetUnreachable", "answered with status 404"),
    (Answer(200, {}, b"EMIT \xff"), "NetUnreachable", "is not UTF-8 text"),
    (Answer(200, {"Content-Type": "image/png"}, b"\x89PNG\x00"), "NetUnreachable", "is not UTF-8 text"),
    (
        Answer(200, {}, b"(* " + b"x" * 3_000 + b" *)"),
        "LimitExceeded",
        "the limit of 2,000 bytes of a program is reached",
    ),
]


@pytest.mark.parametrize(("answer", "code", "message"), REFUSED, ids=[message for _, _, message in REFUSED])
def test_what_is_no_program_is_refused(answer: Answer, code: str, message: str, web: Web) -> None:
    error = included(web, answer, program_bytes=2_000).error
    assert error is not None
    assert str(error.code) == code
    assert message in error.message
