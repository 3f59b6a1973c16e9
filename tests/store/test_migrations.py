"""Migrations over HTTP: a worker of the server fills the table while rows are written."""

import time
from typing import Any

import pytest

from tests.store.asking import Tenant, order, problem

VENUE = {"AddColumn": {"name": "venue", "type": "str", "default": "NYSE"}}


def submit(of: Tenant, *diff: Any, **more: Any) -> str:
    answer = of.post("/migrations", json={"schema": "shop.orders", "diff": list(diff), "ignored": 1, **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "Backfilling"
    return str(answer.json()["id"])


def wait_for(of: Tenant, migration: str, state: str) -> Any:
    give_up = time.monotonic() + 20
    while (found := of.get(f"/migrations/{migration}").json())["state"] == "Backfilling":
        assert time.monotonic() < give_up, found
        time.sleep(0.02)
    assert found["state"] == state, found
    return found


def test_a_column_is_added_while_rows_are_written(shop: Tenant) -> None:
    shop.write(*(order(f"o-{n:05}", n) for n in range(3_000)))
    migration = submit(shop, VENUE)
    for n in range(20):
        shop.write(order(f"o-{n:05}", -n), order(f"p-{n}", n))
    found = wait_for(shop, migration, "ReadyToCutover")
    assert 3_000 <= found["progress"]["rows_seen"] <= 3_020
    shop.write(order("last", 1))
    before = shop.rows()
    answer = shop.post(f"/migrations/{migration}/cutover", headers={"Idempotency-Key": "once"})
    assert (answer.status_code, answer.json()["state"]) == (200, "Completed")
    assert shop.rows() == [row | {"venue": "NYSE"} for row in before]
    assert len(before) == 3_021
    again = shop.post(f"/migrations/{migration}/cutover", headers={"Idempotency-Key": "once"})
    assert again.json() == answer.json()
    told = shop.get("/migrations/_audit").json()
    assert [(each["event"], each["state"]) for each in told] == [
        ("submit", "Backfilling"), ("ready", "ReadyToCutover"), ("cutover", "Completed"),
    ]  # fmt: skip
    assert {each["id"] for each in told} == {migration}
    assert all(abs(each["at_secs"] - time.time()) < 60 for each in told)
    assert shop.get("/migrations").json() == [shop.get(f"/migrations/{migration}").json()]


def test_auto_cutover_and_abort(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    wait_for(shop, submit(shop, VENUE, auto_cutover=True), "Completed")
    assert shop.rows() == [order("o-1", 1) | {"venue": "NYSE"}]
    second = submit(shop, {"DropColumn": {"name": "venue"}})
    assert shop.post(f"/migrations/{second}/abort").json()["state"] == "Aborted"
    problem(shop.post(f"/migrations/{second}/abort"), 409, "conflict")
    problem(shop.post(f"/migrations/{second}/cutover"), 409, "conflict")
    assert shop.rows()[0]["venue"] == "NYSE"


def test_a_late_row_that_cannot_be_converted(shop: Tenant) -> None:
    shop.write(order("o-1", 1, "7"))
    migration = submit(shop, {"ChangeType": {"name": "symbol", "type": "i64"}})
    wait_for(shop, migration, "ReadyToCutover")
    shop.write(order("o-2", 2, "seven"))
    told = problem(shop.post(f"/migrations/{migration}/cutover"), 409, "conflict")
    assert "o-2" in told["message"]
    assert "`symbol`" in told["message"]
    failed = shop.get(f"/migrations/{migration}").json()
    assert (failed["state"], "o-2" in failed["reason"]) == ("Failed", True)
    assert [row["symbol"] for row in shop.rows()] == ["7", "seven"]


@pytest.mark.parametrize(
    "body",
    [{}, [], {"schema": "shop.orders"}, {"schema": "shop.orders", "diff": []}, {"schema": 1, "diff": [VENUE]},
     {"schema": "shop.orders", "diff": [{"Explode": {}}]},
     {"schema": "shop.orders", "diff": [VENUE], "auto_cutover": 1}],
)  # fmt: skip
def test_bodies_that_are_refused(shop: Tenant, body: Any) -> None:
    problem(shop.post("/migrations", json=body), 400, "validation_failed")


def test_what_is_not_there(shop: Tenant) -> None:
    problem(shop.post("/migrations", json={"schema": "shop.nothing", "diff": [VENUE]}), 404, "not_found")
    for method, path in (("GET", ""), ("POST", "/cutover"), ("POST", "/abort")):
        problem(shop.ask(method, f"/migrations/0192ab{path}"), 404, "not_found")


def test_one_at_a_time(shop: Tenant) -> None:
    migration = submit(shop, VENUE)
    problem(shop.post("/migrations", json={"schema": "shop.orders", "diff": [VENUE]}), 409, "conflict")
    problem(shop.delete("/schemas/shop.orders"), 409, "conflict")
    shop.post(f"/migrations/{migration}/abort")
    assert shop.delete("/schemas/shop.orders").status_code == 200
