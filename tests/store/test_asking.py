"""Questions in words over HTTP."""

from typing import Any

import pytest

from tests.store.asking import Tenant, order, problem


@pytest.fixture
def asked(shop: Tenant) -> Tenant:
    shop.write(order("o-1", 5, "AAPL"), order("o-2", 7, "MSFT"), order("o-3", 9, "MSFT"))
    return shop


def test_a_question_has_rows(asked: Tenant) -> None:
    first, second = (asked.post("/ask", json={"nl": "how many orders"}).json() for _ in range(2))
    assert first == {"rows": [{"count": 3}], "cache": first["cache"]}
    assert first["cache"] in ("hit", "miss")
    assert second["rows"] == first["rows"]


@pytest.mark.parametrize("name", ["nl", "question", "q"])
def test_the_plan_is_shown_and_can_be_run(asked: Tenant, name: str) -> None:
    body = {name: "top 1 orders by qty", "schemas": ["shop.orders"], "show_plan": True, "other": 1}
    told = asked.post("/ask", json=body).json()
    assert told["rows"] == [order("o-3", 9, "MSFT")]
    assert asked.post("/query", json=told["plan"]).json() == told["rows"]


@pytest.mark.parametrize(
    "body",
    [{}, {"nl": 5}, {"nl": "please help"}, {"nl": "how many orders", "schemas": "shop.orders"},
     {"nl": "how many orders", "show_plan": "yes"}, [], {"nl": ""}, {"nl": "how many" + " x" * 2_000}],
)  # fmt: skip
def test_what_is_no_question(asked: Tenant, body: Any) -> None:
    problem(asked.post("/ask", json=body), 400, "validation_failed")


def test_unknown_tables(asked: Tenant) -> None:
    problem(asked.post("/ask", json={"nl": "how many orders", "schemas": ["shop.nothing"]}), 404, "not_found")
