"""Plans and SQL over HTTP: answers, what they cost, how they are ended."""

import re
import threading
import time
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.http.running import Server, until
from tests.http.wire import Wire
from tests.store.asking import PAIRS, SCAN, ULID, Tenant, order, problem

COUNT_PAIRS = {
    "Aggregate": {
        "aggs": [{"fn": "count", "column": None, "as": "n"}],
        "child": {"HashJoin": {"left": {"Scan": {"schema": "shop.orders", "as": "a"}},
                               "right": {"Scan": {"schema": "shop.orders", "as": "b"}}, "on": [["symbol", "symbol"]]}},
    }
}  # fmt: skip
"""Counts pairs of rows of the same symbol: slow where there are many."""


@pytest.fixture
def full(shop: Tenant) -> Tenant:
    """A shop with so many rows of one symbol that COUNT_PAIRS takes a minute."""
    for start in range(0, 40_000, 10_000):
        shop.write(*(order(f"o-{n}", n, "A") for n in range(start, start + 10_000)))
    return shop


def test_a_plan_gives_rows(shop: Tenant) -> None:
    shop.write(order("o-2", 2, "MSFT"), order("o-1", 1, "AAPL"))
    answer = shop.post("/query", json=SCAN)
    assert (answer.status_code, answer.json()) == (200, [order("o-1", 1, "AAPL"), order("o-2", 2, "MSFT")])
    assert re.fullmatch(ULID, answer.headers["X-OC-Query-Id"])
    limited = {"Limit": {"n": 1, "child": {"Filter": {"predicate": {"Eq": ["symbol", "MSFT"]}, "child": SCAN}}}}
    assert shop.post("/query?explain=false", json=limited).json() == [order("o-2", 2, "MSFT")]


def test_a_plan_explained(shop: Tenant) -> None:
    shop.write(order("o-1"), order("o-2"))
    told = shop.post("/query?explain=true", json={"Limit": {"n": 1, "child": SCAN}}).json()
    assert told["rows"] == [order("o-1")]
    tree = told["explain"]
    assert (tree["op"], tree["rows_out"], len(tree["children"])) == ("Limit", 1, 1)
    leaf = tree["children"][0]
    assert (leaf["op"], leaf["schema"], leaf["rows_out"], leaf["children"]) == ("Scan", "shop.orders", 2, [])
    assert isinstance(tree["elapsed_us"], int)


@pytest.mark.parametrize(
    ("plan", "status", "code"),
    [
        ({"Scam": {"schema": "shop.orders"}}, 400, "validation_failed"),
        ({"Scan": {"schema": "shop.orders", "x": 1}}, 400, "validation_failed"),
        ({"Filter": {"predicate": {"Eq": ["price", 1]}, "child": SCAN}}, 400, "validation_failed"),
        ({**SCAN, "Limit": {}}, 400, "validation_failed"),
        ([], 400, "validation_failed"),
        (None, 400, "validation_failed"),
        ("Scan", 400, "validation_failed"),
        ({"Scan": {"schema": "shop.nothing"}}, 404, "not_found"),
    ],
)
@pytest.mark.parametrize("query", ["", "?explain=true"])
def test_a_plan_that_cannot_be(shop: Tenant, plan: Any, status: int, code: str, query: str) -> None:
    problem(shop.post(f"/query{query}", json=plan), status, code)


def test_what_is_asked_again_and_again_sees_each_write(shop: Tenant) -> None:
    dear = {"Filter": {"predicate": {"Gt": ["qty", 100]}, "child": SCAN}}
    for n in range(1, 30):
        shop.write(order(f"o-{n}", 100 + n))
        assert len(shop.post("/query", json=dear).json()) == n
        counted = shop.post("/sql", json={"sql": "SELECT count(*) AS n FROM shop.orders"})
        assert (counted.json()["rows"], len(counted.headers["X-OC-Query-Id"])) == ([{"n": n}], 26)


def test_other_values_of_explain_are_refused(shop: Tenant) -> None:
    problem(shop.post("/query?explain=yes", json=SCAN), 400, "validation_failed")


def test_the_grammar_of_plans_is_a_schema(shop: Tenant) -> None:
    url = f"{shop.server.url}/v1/plan-schema"
    schema = httpx.get(url, headers={"Authorization": "Bearer x"}).json()
    assert jsonschema_rs.is_valid(schema, SCAN)
    assert jsonschema_rs.is_valid(schema, COUNT_PAIRS)
    assert not jsonschema_rs.is_valid(schema, {"Scam": {}})
    assert httpx.get(url).status_code == 401


def test_sql_selects(shop: Tenant) -> None:
    shop.write(order("o-1", 1), order("o-2", 2))
    sql = {"sql": "SELECT order_id, qty FROM shop.orders WHERE qty > $1", "params": [1], "other": True}
    answer = shop.post("/sql", json=sql)
    assert answer.json() == {"kind": "select", "rows": [{"order_id": "o-2", "qty": 2}]}
    assert re.fullmatch(ULID, answer.headers["X-OC-Query-Id"])
    assert shop.post("/sql", json=sql | {"execute": True}).json() == answer.json()


def test_sql_that_writes_is_translated_or_run(shop: Tenant) -> None:
    insert = {"sql": "INSERT INTO shop.orders (order_id, qty) VALUES ('o-1', 5)"}
    told = shop.post("/sql", json=insert).json()
    assert (told["kind"], told["schema"]) == ("insert", "shop.orders")
    assert [row["order_id"] for row in told["rows"]] == ["o-1"]
    assert shop.rows() == []
    done = shop.post("/sql", json=insert | {"execute": True}).json()
    assert (done["kind"], done["inserted"], set(done["lsn"])) == ("insert", 1, {"segment", "offset"})
    assert shop.rows() == [order("o-1", 5)]
    delete = {"sql": "DELETE FROM shop.orders WHERE order_id = 'o-1'"}
    assert shop.post("/sql", json=delete).json() == {"kind": "delete", "schema": "shop.orders", "pk": "o-1"}
    assert [shop.post("/sql", json=delete | {"execute": True}).json()["deleted"] for _ in range(2)] == [1, 0]
    assert shop.rows() == []


def test_a_row_whose_key_has_several_columns_is_deleted_by_sql(tenant: Tenant) -> None:
    tenant.declare(PAIRS)
    insert = {"sql": "INSERT INTO shop.pairs VALUES (1, 'x'), (1, 'y')", "execute": True}
    assert tenant.post("/sql", json=insert).json()["inserted"] == 2
    delete = {"sql": "DELETE FROM shop.pairs WHERE b = $1 AND a = 1", "params": ["y"]}
    told = problem(tenant.post("/sql", json=delete), 400, "validation_failed")
    assert "`execute`" in told["message"]
    done = [tenant.post("/sql", json=delete | {"execute": True}).json() for _ in range(2)]
    assert [(each["pk"], each["deleted"]) for each in done] == [([1, "y"], 1), ([1, "y"], 0)]
    scan = {"Scan": {"schema": "shop.pairs"}}
    assert [(row["a"], row["b"]) for row in tenant.post("/query", json=scan).json()] == [(1, "x")]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"sql": 5}, {"sql": "SELECT FROM WHERE"}, {"sql": "SELECT 1", "params": {}}, [], "SELECT 1",
        {"sql": "SELECT 1", "execute": "yes"}, {"sql": "SELECT x FROM shop.orders"}, {"sql": "SELECT 1; SELECT 2"},
        {"sql": "UPDATE shop.orders SET qty = 1"}, {"sql": "SELECT '" + "x" * 65_536 + "'"}, {"sql": "SELECT $1"},
        {"sql": "DROP TABLE shop.orders", "execute": True}, {"sql": "SELECT name FROM sqlite_master"},
    ],
)  # fmt: skip
def test_sql_that_is_refused(shop: Tenant, body: Any) -> None:
    problem(shop.post("/sql", json=body), 400, "validation_failed")


def test_a_statement_under_another_name(shop: Tenant) -> None:
    message = shop.post("/sql", json={"query": "SELECT 1"}).json()["message"]
    assert message.startswith("`sql`: is required")
    assert "`query` is not a known field" in message


def test_a_call_is_cancelled_by_its_id(full: Tenant) -> None:
    chosen = "01HW7G5ZK3QJ4ND8X9ZT2M5VJZ"
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(full.post("/query", json=COUNT_PAIRS, headers={"X-OC-Query-Id": chosen}))

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: cancel(full, chosen).json() == {"cancelled": True})
    thread.join()
    problem(answers[0], 499, "cancelled")
    assert answers[0].headers["X-OC-Query-Id"] == chosen
    assert cancel(full, chosen).json() == {"cancelled": False}


def cancel(tenant: Tenant, query_id: str, token: str = "x") -> httpx.Response:
    # A client of its own, so that it comes to either of the workers.
    url = f"{tenant.server.url}/v1/queries/{query_id}/cancel"
    return httpx.post(url, headers={"Authorization": f"Bearer {token}"})


def test_unknown_calls_are_not_cancelled(shop: Tenant) -> None:
    for query_id in ("01HW7G5ZK3QJ4ND8X9ZT2M5VJ0", "nothing", "..%2F..", "%2e%2e", "x" * 200):
        answer = cancel(shop, query_id)
        assert (answer.status_code, answer.json()) == (200, {"cancelled": False})


def test_an_id_has_to_be_a_ulid_that_is_not_in_use(full: Tenant) -> None:
    problem(full.post("/query", json=SCAN, headers={"X-OC-Query-Id": "mine"}), 400, "validation_failed")
    chosen = {"X-OC-Query-Id": "01HW7G5ZK3QJ4ND8X9ZT2M5VJ1"}
    thread = threading.Thread(target=lambda: full.post("/query", json=COUNT_PAIRS, headers=chosen))
    thread.start()
    running = full.server.data / "running" / full.name / chosen["X-OC-Query-Id"]
    until(running.exists)
    problem(httpx.post(f"{full.url}/query", json=SCAN, headers=chosen | {"Authorization": "Bearer x"}), 409, "conflict")
    assert cancel(full, chosen["X-OC-Query-Id"]).json() == {"cancelled": True}
    thread.join()


def test_who_goes_away_ends_the_call(full: Tenant) -> None:
    body = b'{"sql":"SELECT count(*) FROM shop.orders a INNER JOIN shop.orders b ON a.symbol = b.symbol"}'
    head = (
        f"POST /v1/tenants/{full.name}/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n"
        f"X-OC-Query-Id: 01HW7G5ZK3QJ4ND8X9ZT2M5VJ2\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    running = full.server.data / "running" / full.name / "01HW7G5ZK3QJ4ND8X9ZT2M5VJ2"
    with Wire(full.server.port) as wire:
        wire.send(head.encode() + body)
        until(running.exists)
    until(lambda: not running.exists())


def test_a_call_that_takes_too_long(tmp_path_factory: pytest.TempPathFactory, client: httpx.Client) -> None:
    from tests.http.running import running

    settings = {"store_query_s": "0.3", "store_answer_bytes": "1000"}
    with running(tmp_path_factory.mktemp("short") / "data", **settings) as server:
        tenant = Tenant(server, "slow", "x", client)
        tenant.declare()
        tenant.write(*(order(f"o-{n}", n, "A") for n in range(10_000)))
        told = problem(tenant.post("/query", json=COUNT_PAIRS), 499, "cancelled")
        assert told["detail"]["code"] == "timeout"
        told = problem(tenant.post("/query", json=SCAN), 400, "validation_failed")
        assert "LIMIT" in told["message"]


def test_asking_does_not_wait_for_slow_calls(full: Tenant) -> None:
    chosen = {"X-OC-Query-Id": "01HW7G5ZK3QJ4ND8X9ZT2M5VJ3"}
    thread = threading.Thread(target=lambda: full.post("/query", json=COUNT_PAIRS, headers=chosen))
    thread.start()
    until((full.server.data / "running" / full.name / chosen["X-OC-Query-Id"]).exists)
    began = time.monotonic()
    for n in range(20):
        headers = {"Authorization": "Bearer x"}
        assert httpx.get(f"{full.url}/rows/shop.orders/o-{n}", headers=headers).status_code == 200
        assert httpx.post(f"{full.url}/rows/shop.orders", json=order(f"n-{n}"), headers=headers).status_code == 200
    # The slow call, which would take far longer than all of these, still runs.
    assert thread.is_alive()
    assert cancel(full, chosen["X-OC-Query-Id"]).json() == {"cancelled": True}
    thread.join()
    assert time.monotonic() - began < 60


def figures(server: Server) -> dict[str, float]:
    """The store's figures without labels, of both workers."""
    lines = [line.split() for line in httpx.get(server.url + "/metrics").text.splitlines() if line.startswith("oc_")]
    return {name: float(value) for name, value in lines if "{" not in name}


def test_figures(shop: Tenant, server: Server) -> None:
    before = figures(server)
    for _ in range(10):
        shop.post("/query", json=SCAN)
        shop.write(order("o-1", 1))
    # A worker tells what it has counted a moment later.
    until(lambda: figures(server)["oc_query_latency_ms_count"] == before["oc_query_latency_ms_count"] + 10)
    until(lambda: figures(server)["oc_plan_cache_hits_total"] > before["oc_plan_cache_hits_total"])
    until(lambda: figures(server)["oc_wal_bytes_total"] > before["oc_wal_bytes_total"] + 10 * len('{"order_id":"o-1"}'))
    assert "oc_replication_frames_total" in before
    told = httpx.get(server.url + "/metrics").text
    assert "# TYPE oc_query_latency_ms histogram" in told
    assert shop.name not in told
