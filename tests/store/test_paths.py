"""Paths are split as they were sent, and each segment is decoded once."""

from typing import Any

import httpx
import pytest

from server.paths import Router
from tests.store.asking import Tenant, order, problem


class Nothing:
    """A resource without responders."""


@pytest.fixture(scope="module")
def router() -> Router:
    made = Router()
    for template in ("/a", "/a/{x}", "/a/b/{y}", "/a/b/{y}/_end", "/a/b/{y}/{rest:path}", "/"):
        made.add_route(template, Nothing())
    return made


class Raw:
    """What the router looks at in a request."""

    def __init__(self, path: str) -> None:
        self.scope = {"raw_path": path.encode()}


def found(router: Router, path: str) -> tuple[str, dict[str, str]] | None:
    request: Any = Raw(path)
    answer = router.find("/not/this", request) if "%" in path else router.find(path)
    return (answer[3], answer[2]) if answer else None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("/", {})),
        ("/a", ("/a", {})),
        ("/%61", ("/a", {})),
        ("/a/", ("/a/{x}", {"x": ""})),
        ("/a/1", ("/a/{x}", {"x": "1"})),
        ("/a/b%2F1", ("/a/{x}", {"x": "b/1"})),
        ("/a/%2562", ("/a/{x}", {"x": "%62"})),
        ("/a/b", ("/a/{x}", {"x": "b"})),
        ("/a/b/1", ("/a/b/{y}", {"y": "1"})),
        ("/a/b/1/_end", ("/a/b/{y}/_end", {"y": "1"})),
        ("/a/b/1/_end/2", ("/a/b/{y}/{rest:path}", {"y": "1", "rest": "_end/2"})),
        ("/a/b/1/k/1%20x", ("/a/b/{y}/{rest:path}", {"y": "1", "rest": "k/1 x"})),
        ("/a/b/1/k//x%2Fy/", ("/a/b/{y}/{rest:path}", {"y": "1", "rest": "k//x/y/"})),
        ("/a/b/1/", ("/a/b/{y}/{rest:path}", {"y": "1", "rest": ""})),
        ("/c", None),
        ("//a", None),
        ("/a/1/2", None),
    ],
)  # fmt: skip
def test_routes(router: Router, path: str, expected: Any) -> None:
    assert found(router, path) == expected


def test_one_place_has_one_name(router: Router) -> None:
    with pytest.raises(ValueError, match="both z and x"):
        router.add_route("/a/{z}/c", Nothing())


@pytest.mark.parametrize(
    ("sent", "key"),
    [("k/1%20x", "k/1 x"), ("a%2Fb", "a/b"), ("a%252Fb", "a%2Fb"), ("%E2%82%AC", "€"), ("a//b/", "a//b/"),
     ("_batch", "_batch"), ("_batch/x", "_batch/x"), ("a+b", "a+b"), ("a?x=1".replace("?", "%3F"), "a?x=1")],
)  # fmt: skip
def test_a_row_key_is_the_rest_of_the_path(shop: Tenant, sent: str, key: str) -> None:
    shop.write(order(key, 7))
    answer = shop.get(f"/rows/shop.orders/{sent}")
    assert (answer.status_code, answer.json().get("order_id")) == (200, key)
    assert shop.delete(f"/rows/shop.orders/{sent}").json()["deleted"] is True


def test_what_is_no_text_is_refused(shop: Tenant) -> None:
    problem(shop.get("/rows/shop.orders/%FF"), 400, "validation_failed")
    problem(shop.get("/rows/shop.orders/a%00b"), 400, "validation_failed")


def test_unknown_paths_and_methods(shop: Tenant) -> None:
    problem(shop.get("/nothing"), 404, "not_found")
    problem(shop.post("/vectors/x/topk", json={}), 404, "not_found")
    answer = shop.client.request("PATCH", shop.url + "/rows/shop.orders", headers={"Authorization": "Bearer x"})
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_the_other_routes_are_found_as_before(shop: Tenant) -> None:
    assert httpx.get(shop.server.url + "/health").status_code == 200
    assert httpx.get(shop.server.url + "/health/").status_code == 404
