"""Changes as they happen: whole tables or changes, without gap or repeat over reconnects, for slow readers too."""

import json
import random
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.running import running, until
from tests.store.asking import NDJSON, ORDERS, Tenant, new_name, order, problem

Event = dict[str, Any]


@contextmanager
def watching(tenant: Tenant, query: str = "schemas=shop.orders", **headers: str) -> Iterator[Iterator[Event]]:
    """The events of a stream, comments as events without a name."""
    with (
        httpx.Client(timeout=60) as client,
        client.stream("GET", f"{tenant.url}/watch?{query}", headers={"Authorization": "Bearer x"} | headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
        yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Event]:
    event: Event = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            event[name] = json.loads(value) if name == "data" else value
        elif event:
            yield event
            event = {}


def named(stream: Iterator[Event]) -> Event:
    """The next event that is no comment."""
    return next(event for event in stream if "event" in event)


def place(event_id: str) -> tuple[int, int]:
    segment, _, offset = event_id.partition(":")
    return int(segment), int(offset)


def test_whole_tables_on_connect_and_after_each_burst(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    with watching(shop) as stream:
        first = named(stream)
        assert (first["event"], first["data"]["schema"], first["data"]["rows"]) == (
            "snapshot", "shop.orders", [order("o-1", 1)],
        )  # fmt: skip
        lsn = first["data"]["lsn"]
        assert first["id"] == f"{lsn['segment']}:{lsn['offset']}"
        written = shop.write(order("o-2", 2))["lsn"]
        second = named(stream)
        assert second["data"] == {
            "schema": "shop.orders", "rows": [order("o-1", 1), order("o-2", 2)], "lsn": written,
        }  # fmt: skip
        assert place(second["id"]) > place(first["id"])


def test_each_table_has_an_event_of_its_own(shop: Tenant) -> None:
    shop.declare(ORDERS.replace("shop.orders", "shop.more"))
    shop.declare(ORDERS.replace("shop.orders", "shop.unseen"))
    with watching(shop, "schemas=shop.orders,shop.more") as stream:
        first, second = named(stream), named(stream)
        assert [event["data"]["schema"] for event in (first, second)] == ["shop.orders", "shop.more"]
        # Who is cut off between the two has no id, so it gets both again.
        assert ("id" in first, "id" in second) == (False, True)
        shop.post("/rows/shop.unseen", json=order("o-1"))
        shop.post("/rows/shop.more", json=order("o-1"))
        assert named(stream)["data"]["schema"] == "shop.more"


def test_changes(shop: Tenant) -> None:
    with watching(shop, "schemas=shop.orders&mode=changes") as stream:
        assert next(stream) == {"": "ping"}
        shop.write(order("o-1", 1), order("o-1", 2))
        event = named(stream)
        assert (event["event"], event["data"]["changes"]) == (
            "changes",
            [
                {"op": "put", "schema": "shop.orders", "key": "o-1", "row": order("o-1", 1), "version": 1},
                {"op": "put", "schema": "shop.orders", "key": "o-1", "row": order("o-1", 2), "version": 2},
            ],
        )
        shop.delete("/rows/shop.orders/o-1")
        event = named(stream)
        assert event["data"]["changes"] == [{"op": "delete", "schema": "shop.orders", "key": "o-1"}]
        assert event["id"] == "{segment}:{offset}".format(**event["data"]["lsn"])


def test_what_is_encrypted_is_told_in_clear(tenant: Tenant) -> None:
    tenant.declare(
        ORDERS.replace('name = "symbol"\ntype = "str"\nindexed = true', 'name = "symbol"\ntype = "encrypted"')
    )
    with watching(tenant, "schemas=shop.orders&mode=changes") as stream:
        tenant.write(order("o-1", 1, "the secret"))
        assert named(stream)["data"]["changes"][0]["row"] == order("o-1", 1, "the secret")
    with watching(tenant) as stream:
        assert named(stream)["data"]["rows"] == [order("o-1", 1, "the secret")]


def test_a_reader_goes_on_where_it_was(shop: Tenant) -> None:
    lsn = shop.write(order("o-1", 1))["lsn"]
    seen = f"{lsn['segment']}:{lsn['offset']}"
    shop.write(order("o-2", 2))
    with watching(shop, "schemas=shop.orders&mode=changes", **{"Last-Event-ID": seen}) as stream:
        assert [change["key"] for change in named(stream)["data"]["changes"]] == ["o-2"]
    with watching(shop, **{"Last-Event-ID": seen}) as stream:
        event = named(stream)
        assert [row["order_id"] for row in event["data"]["rows"]] == ["o-1", "o-2"]
    shop.declare(ORDERS.replace("shop.orders", "shop.more"))
    with watching(shop, "schemas=shop.orders,shop.more", **{"Last-Event-ID": event["id"]}) as stream:
        assert named(stream)["data"]["schema"] == "shop.more"
        shop.write(order("o-3", 3))
        assert named(stream)["data"]["schema"] == "shop.orders"


def test_every_change_is_seen_once_and_in_order_over_reconnects(shop: Tenant) -> None:
    total = 150
    writer = threading.Thread(target=lambda: write_all(shop, range(total)))
    last: dict[str, str] = {}
    lsn = shop.write(order("before"))["lsn"]
    last["Last-Event-ID"] = f"{lsn['segment']}:{lsn['offset']}"
    seen: list[int] = []
    chance = random.Random(7)
    writer.start()
    reconnects = 0
    while len(seen) < total:
        with watching(shop, "schemas=shop.orders&mode=changes", **last) as stream:
            reconnects += 1
            for _ in range(chance.randint(1, 4)):
                event = named(stream)
                seen += [change["row"]["qty"] for change in event["data"]["changes"]]
                last["Last-Event-ID"] = event["id"]
                if len(seen) >= total:
                    break
    writer.join()
    assert seen == list(range(total))
    assert reconnects > 2


def write_all(shop: Tenant, numbers: Iterable[int]) -> None:
    for number in numbers:
        shop_write(shop, number)


def shop_write(shop: Tenant, number: int) -> None:
    headers = {"Authorization": "Bearer x"}
    httpx.post(f"{shop.url}/rows/shop.orders", json=order(f"o-{number % 50}", number), headers=headers)


def test_a_slow_reader_gets_merged_bursts(shop: Tenant) -> None:
    text = "x" * 2_500
    shop.write(*(order(f"o-{n}", 0, text) for n in range(400)))
    with watching(shop) as stream:
        named(stream)
        for n in range(1, 201):
            shop.post("/rows/shop.orders", json=order("o-0", n, text))
        seen = [0]
        while seen[-1] < 200:
            seen.append(next(row["qty"] for row in named(stream)["data"]["rows"] if row["order_id"] == "o-0"))
    # A table of 1 MB after each write would be 200 MB: what the reader left unread is told once.
    assert seen == sorted(seen)
    assert len(seen) < 60


def test_a_reader_that_never_reads_holds_nobody_up(shop: Tenant) -> None:
    with socket.create_connection(("127.0.0.1", shop.server.port)) as deaf:
        path = f"/v1/tenants/{shop.name}/watch?schemas=shop.orders&mode=changes"
        deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n".encode())
        row = b'{"order_id":"o-%d","symbol":"' + b"x" * 2_500 + b'"}\n'
        for start in range(0, 8_000, 500):
            body = b"".join(row % n for n in range(start, start + 500))
            assert shop.post("/rows/shop.orders/_batch", content=body, headers=NDJSON).status_code == 200
        with watching(shop) as stream:
            assert len(named(stream)["data"]["rows"]) == 8_000


def test_a_place_that_the_log_does_not_know_begins_anew(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    for mode in ("", "&mode=changes"):
        with watching(shop, f"schemas=shop.orders{mode}", **{"Last-Event-ID": "7:0"}) as stream:
            reset, snapshot = named(stream), named(stream)
            assert (reset["event"], snapshot["event"]) == ("reset", "snapshot")
            assert snapshot["data"]["rows"] == [order("o-1", 1)]
            shop.write(order("o-1", 1))
            assert named(stream)["event"] == ("changes" if mode else "snapshot")


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("", {}, 400, "validation_failed"),
        ("schemas=", {}, 400, "validation_failed"),
        ("schemas=,", {}, 400, "validation_failed"),
        ("schemas=shop.orders&mode=all", {}, 400, "validation_failed"),
        ("schemas=shop.orders", {"Last-Event-ID": "x"}, 400, "validation_failed"),
        ("schemas=shop.orders", {"Last-Event-ID": "1"}, 400, "validation_failed"),
        ("schemas=shop.orders", {"Last-Event-ID": "-1:0"}, 400, "validation_failed"),
        ("schemas=shop.orders", {"Last-Event-ID": "1:" + "9" * 30}, 400, "validation_failed"),
        ("schemas=shop.nothing", {}, 404, "not_found"),
        ("schemas=shop.orders,shop.nothing", {}, 404, "not_found"),
    ],
)  # fmt: skip
def test_what_cannot_be_watched(shop: Tenant, query: str, headers: dict[str, str], status: int, code: str) -> None:
    problem(shop.get(f"/watch?{query}", headers=headers), status, code)


def test_head_tells_and_ends(shop: Tenant) -> None:
    answer = shop.ask("HEAD", "/watch?schemas=shop.orders")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_deleted_table_ends_the_stream(shop: Tenant) -> None:
    with watching(shop) as stream:
        named(stream)
        shop.delete("/schemas/shop.orders")
        event = named(stream)
        assert (event["event"], event["data"]["error"]) == ("error", "not_found")
        assert list(stream) == []


def test_bounds_of_watching(tmp_path: Path, client: httpx.Client) -> None:
    settings = {"store_watchers": "3", "store_watch_rows": "5"}
    with running(tmp_path / "data", **settings) as server:
        shop = Tenant(server, new_name(), "x", client)
        shop.declare()
        shop.write(*(order(f"o-{n}") for n in range(5)))
        with watching(shop) as first, watching(shop), watching(shop, "schemas=shop.orders&mode=changes") as third:
            told = problem(shop.get("/watch?schemas=shop.orders"), 429, "rate_limited")
            assert told["retry"] is True
            assert named(first)["event"] == "snapshot"
            shop.write(order("one too many"))
            event = named(first)
            assert (event["event"], event["data"]["error"]) == ("error", "validation_failed")
            assert "mode=changes" in event["data"]["message"]
            assert named(third)["event"] == "changes"
        until(lambda: watched(shop))
        told = problem(shop.get("/watch?schemas=shop.orders"), 400, "validation_failed")
        assert "mode=changes" in told["message"]


def watched(shop: Tenant) -> bool:
    """Whether another watcher would be let in."""
    with shop.client.stream(
        "GET", f"{shop.url}/watch?schemas=shop.orders&mode=changes", headers={"Authorization": "Bearer x"}
    ) as answer:
        return answer.status_code == 200


def test_a_server_that_ends_lets_its_watchers_go(tmp_path: Path, client: httpx.Client) -> None:
    with running(tmp_path / "data") as server:
        shop = Tenant(server, new_name(), "x", client)
        shop.declare()
        with watching(shop) as stream:
            named(stream)
            ended = threading.Thread(target=server.stop)
            ended.start()
            assert all("event" not in event for event in stream)
            # Without being asked to, a stream has no end: the server would wait for it for 30 seconds.
            ended.join(15)
            assert not ended.is_alive()
