"""Bodies that cannot be taken: each is refused with what was wrong, in the one error shape, and quickly."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.http.running import TEST_LOGIN

GOOD = json.dumps({"auth": TEST_LOGIN, "query": "EMIT 1"}).encode()
JSON = {"Content-Type": "application/json"}
STORE = ("/v1/tenants/", "/v1/admin/", "/v1/replication/")
"""How the addresses of the store begin, which takes tokens only."""
ANY_CHAIN = (
    "name: any\nsteps: [{id: a, type: transform, operation: template, template_str: x, output_var: a}]\noutput: a\n"
)
CREDENTIALS = "(known: username, password, token)"


def post(client: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    return client.post("/v1/query", content=body, headers=JSON | headers)


def problem(answer: httpx.Response, status: int, *more: str) -> dict[str, Any]:
    """The body of a problem, after its shape has been checked; `more`: fields that it has besides."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status, body
    assert set(body) - {"detail", "retry"} == {"error", "message", "request_id", *more}
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return body


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        (b"", 1, 1),
        (b"{", 1, 1),
        (b'{"query": "EMIT 1",}', 1, 20),
        (b'{\n  "query": nope\n}', 2, 13),
        (b"{'query': 'EMIT 1'}", 1, 2),
        (b'{"query": "EMIT 1"} x', 1, 21),
        (b'{"query": "a\nb"}', 2, 1),
        (b'{"query": "\xff"}', 1, 12),
        (b'\xef\xbb\xbf{"query": "EMIT 1"}', 1, 1),
        ('{"query": "EMIT 1"}'.encode("utf-16"), 1, 1),
        (b'{"query": "\\ud800"}', 1, 18),
        (b'{"query": "\\udc00 \\ud800"}', 1, 17),
        (b'{"query": "x", "request": {"n": 01}}', 1, 34),
    ],
)
def test_what_is_not_json(client: httpx.Client, body: bytes, line: int, column: int) -> None:
    told = problem(post(client, body), 400)
    assert told["error"] == "validation_failed"
    assert told["message"].startswith("the body is not JSON: ")
    assert (told["detail"]["line"], told["detail"]["column"]) == (line, column)


def test_a_line_end_inside_a_text(client: httpx.Client) -> None:
    told = problem(post(client, b'{"query": "EMIT 1\nEMIT 2"}'), 400)
    assert told["message"].endswith("; a line end inside a text is written \\n")


@pytest.mark.parametrize(
    "body",
    [b"[" * 1_000_000, b'{"a":' * 200_000, b'{"query": "x", "request": {"n": ' + b"9" * 1_000_000 + b"}}"],
)
def test_json_beyond_all_bounds(client: httpx.Client, body: bytes) -> None:
    assert problem(post(client, body), 400)["message"].startswith("the body is not JSON: ")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], {"body": "expected an object"}),
        (None, {"body": "expected an object"}),
        ("EMIT 1", {"body": "expected an object"}),
        ({}, {"query": "is required"}),
        ({"query": None}, {"query": "expected text"}),
        ({"query": 5}, {"query": "expected text"}),
        ({"query": ["EMIT 1"]}, {"query": "expected text"}),
        ({"query": "x", "mode": "later"}, {"mode": "expected 'sync', 'async' or 'check'"}),
        ({"query": "x", "mode": 1}, {"mode": "expected 'sync', 'async' or 'check'"}),
        ({"query": "x", "auth": "test"}, {"auth": "expected an object"}),
        ({"query": "x", "auth": {}}, {"auth": "expected username and password, or token"}),
        ({"query": "x", "auth": {"username": "a"}}, {"auth": "expected username and password, or token"}),
        ({"query": "x", "auth": {"password": "a"}}, {"auth": "expected username and password, or token"}),
        (
            {"query": "x", "auth": {**TEST_LOGIN, "token": "t"}},
            {"auth": "expected username and password, or token"},
        ),
        ({"query": "x", "auth": {"username": 1, "password": "p"}}, {"auth.username": "expected text"}),
        ({"query": "x", "auth": {**TEST_LOGIN, "pin": 1}}, {"auth.pin": f"is not a known field {CREDENTIALS}"}),
        (
            {"query": "x", "auth": {"user": "test", "password": "p"}},
            {"auth.user": f"is not a known field {CREDENTIALS}; did you mean `username`?"},
        ),
        ({"query": "x", "request": []}, {"request": "expected an object"}),
        (
            {"query": "x", "request": {"a": {"b": 1}}},
            {"request.a": "expected text, a number, true, false or null"},
        ),
        ({"query": "x", "options": {"deadline_ms": "5"}}, {"options.deadline_ms": "expected a whole number"}),
        ({"query": "x", "options": {"deadline_ms": True}}, {"options.deadline_ms": "expected a whole number"}),
        (
            {"query": "x", "options": {"deadline_ms": 0}},
            {"options.deadline_ms": "expected at least 1"},
        ),
        (
            {"query": "x", "options": {"webhook": "ftp://example.com"}},
            {"options.webhook": "expected an http or https address"},
        ),
        ({"query": "x", "options": None}, {"options": "expected an object"}),
    ],
)
def test_fields_that_do_not_fit(client: httpx.Client, body: object, fields: dict[str, str]) -> None:
    told = problem(post(client, json.dumps(body).encode()), 400)
    assert told["error"] == "validation_failed"
    assert told["detail"] == {"fields": fields}
    assert all(field in told["message"] for field in fields)


@pytest.fixture
def schedule(client: httpx.Client) -> Iterator[str]:
    """The id of a schedule that there is."""
    client.post("/chains/any", json={"yaml": ANY_CHAIN}).raise_for_status()
    made = client.post("/schedules", json={"chainName": "any", "cron": "0 8 * * *"}).raise_for_status().json()["id"]
    yield made
    client.delete(f"/schedules/{made}").raise_for_status()


def unfit(document: dict[str, Any], value: object) -> Iterator[tuple[str, str, str]]:
    """The method, path and name of every field of a JSON body whose description does not allow a value."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "$ref" in body:
                body = document["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]
            for field, schema in body.get("properties", {}).items():
                if not jsonschema_rs.is_valid(schema | {"components": document["components"]}, value):
                    yield method, path, field


@pytest.mark.parametrize("wrong", ["yes", 1, 5.5, [], {}, True, None])
def test_no_answer_tells_the_words_of_a_validator(client: httpx.Client, schedule: str, wrong: object) -> None:
    """Every field of every body that the server describes, with a value of another kind."""
    asked = 0
    for method, path, field in unfit(client.get("/openapi.json").json(), wrong):
        address = re.sub("{tenant}", "user_test", path).replace("{id}", schedule).replace("{", "").replace("}", "")
        headers = {"Authorization": "Bearer dev"} if path.startswith(STORE) else None
        auth = None if path.startswith(STORE) else ("test", "test")
        answer = client.request(method, address, json={field: wrong}, headers=headers, auth=auth)
        assert (answer.status_code, "nput should" in answer.text) == (400, False), (method, path, field, answer.text)
        asked += 1
    assert asked > 35


def test_a_decision_is_true_or_false(client: httpx.Client) -> None:
    answer = client.post("/v1/confirm/7", json={"approved": "yes", "auth": TEST_LOGIN})
    told = problem(answer, 400)
    assert told["message"] == "`approved`: expected true or false"
    assert told["detail"] == {"fields": {"approved": "expected true or false"}}


def test_unknown_top_level_keys(client: httpx.Client) -> None:
    told = problem(post(client, b'{"query": "EMIT 1", "quary": 1, "debug": true}'), 400)
    known = "query, mode, request, options, auth"
    assert told["detail"] == {
        "fields": {
            "quary": f"is not a known field (known: {known}); did you mean `query`?",
            "debug": f"is not a known field (known: {known})",
        }
    }


def test_an_unknown_key_in_place_of_one_that_is_missing(client: httpx.Client) -> None:
    told = problem(post(client, b'{"program": "EMIT 1"}'), 400)
    known = "query, mode, request, options, auth"
    assert told["message"] == f"`query`: is required; `program`: is not a known field (known: {known})"
    assert list(told["detail"]["fields"]) == ["query", "program"]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"query": "EMIT 1", "query": "EMIT 2"}', "query"),
        (b'{"query": "x", "auth": {"token": "a", "token": "b"}}', "token"),
        (b'{"query": "x", "request": {"a": 1, "a": 2}}', "a"),
        (b'{"query": "x", "qu\\u0065ry": "y"}', "query"),
    ],
)
def test_repeated_keys(client: httpx.Client, body: bytes, key: str) -> None:
    assert problem(post(client, body), 400)["message"] == f'the key "{key}" stands twice in one object'


def test_a_program_that_looks_like_keys_is_no_repetition(client: httpx.Client) -> None:
    body = {"auth": TEST_LOGIN, "query": 'EMIT \'{"query": "query": 1}\''}
    assert post(client, json.dumps(body).encode()).json()["result"] == '{"query": "query": 1}'


def test_a_long_key_is_shortened_in_the_answer(client: httpx.Client) -> None:
    told = problem(post(client, json.dumps({"query": "x", "k" * 10_000: 1}).encode()), 400)
    assert list(told["detail"]["fields"]) == ["k" * 40 + "..."]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "",
     "application/json; charset=utf-16", "application/jsonp", "application/xml, application/json"],
)  # fmt: skip
def test_only_json_is_taken_for_json(client: httpx.Client, content_type: str) -> None:
    told = problem(post(client, GOOD, **{"Content-Type": content_type}), 415)
    assert told["error"] == "unsupported_media_type"
    assert "application/json" in told["message"]


def test_a_body_without_a_content_type(client: httpx.Client) -> None:
    request = client.build_request("POST", "/v1/query", content=GOOD)
    request.headers.pop("content-type", None)
    problem(client.send(request), 415)


@pytest.mark.parametrize(
    "content_type",
    ["application/json;charset=utf-8", 'application/json; charset="UTF-8"', "Application/JSON ; version=1"],
)
def test_json_with_parameters(client: httpx.Client, content_type: str) -> None:
    assert post(client, GOOD, **{"Content-Type": content_type}).json()["result"] == 1


def padded(size: int) -> bytes:
    """A good body of exactly so many bytes."""
    return GOOD + b" " * (size - len(GOOD))


def in_pieces(body: bytes, size: int = 65_536) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def test_the_largest_body(client: httpx.Client) -> None:
    assert post(client, padded(2**20)).json()["result"] == 1
    assert client.post("/v1/query", content=in_pieces(padded(2**20)), headers=JSON).json()["result"] == 1


def test_bodies_that_are_too_large(client: httpx.Client) -> None:
    for answer in (
        post(client, padded(2**20 + 1)),
        client.post("/v1/query", content=in_pieces(padded(2**20 + 1)), headers=JSON),
        post(client, gzip.compress(padded(2**20 + 1)), **{"Content-Encoding": "gzip"}),
        post(client, gzip.compress(b"{" * 2**28), **{"Content-Encoding": "gzip"}),
    ):
        told = problem(answer, 413)
        assert (told["error"], told["detail"]) == ("body_too_large", {"limit": 2**20})


def test_chunked_bodies(client: httpx.Client) -> None:
    assert client.post("/v1/query", content=in_pieces(GOOD, 3), headers=JSON).json()["result"] == 1


def test_compressed_bodies(client: httpx.Client) -> None:
    packed = gzip.compress(GOOD)
    assert post(client, packed, **{"Content-Encoding": "gzip"}).json()["result"] == 1
    assert post(client, GOOD, **{"Content-Encoding": "identity"}).json()["result"] == 1
    for broken in (GOOD, packed[:-4], packed + packed, packed + b"x", b""):
        told = problem(post(client, broken, **{"Content-Encoding": "gzip"}), 400)
        assert "gzip" in told["message"]
    answer = post(client, GOOD, **{"Content-Encoding": "br"})
    problem(answer, 415)
    assert answer.headers["accept-encoding"] == "gzip, identity"


def test_the_body_is_checked_before_anything_else_is(client: httpx.Client) -> None:
    wrong = {"auth": {"username": "test", "password": "wrong"}, "query": 5}
    problem(post(client, json.dumps(wrong).encode()), 400)
