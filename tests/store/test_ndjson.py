"""Rows as a stream of lines: written by chunks as they arrive, in constant memory, told where it breaks."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.running import Server, until
from tests.store.asking import NDJSON, Tenant, order, problem

BATCH = "/rows/shop.orders/_batch"


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def stream(tenant: Tenant, body: Any, query: str = "", **headers: str) -> Any:
    return tenant.post(BATCH + query, content=body, headers=NDJSON | headers)


def test_lines_are_rows(shop: Tenant) -> None:
    body = b'\n  \n{"order_id":"o-1"}\r\n\n{"order_id":"o-2","qty":2}'
    answer = stream(shop, body, **{"Content-Type": "Application/X-NDJSON; charset=utf-8"})
    assert answer.json() == {"inserted": 2, "lsn": answer.json()["lsn"]}
    assert shop.rows() == [order("o-1"), order("o-2", 2)]


def test_nothing_is_nothing(shop: Tenant) -> None:
    for body in (b"", b"\n\n"):
        answer = stream(shop, body).json()
        assert (answer["inserted"], set(answer["lsn"])) == (0, {"segment", "offset"})


def test_each_chunk_is_one_frame(shop: Tenant) -> None:
    first = shop.write(order("first"))["lsn"]
    answer = stream(shop, lines(*(order(f"o-{n}") for n in range(10))), "?chunk=4").json()
    with shop.client.stream(
        "GET", f"{shop.url}/watch?schemas=shop.orders&mode=changes",
        headers={"Authorization": "Bearer x", "Last-Event-ID": f"{first['segment']}:{first['offset']}"},
    ) as events:  # fmt: skip
        data = json.loads(next(line for line in events.iter_lines() if line.startswith("data:"))[5:])
    assert len(data["changes"]) == 10
    assert data["lsn"] == answer["lsn"]


@pytest.mark.parametrize("chunk", ["0", "10001", "-1", "x", "1e3", "٣"])
def test_a_chunk_has_bounds(shop: Tenant, chunk: str) -> None:
    problem(stream(shop, b"", f"?chunk={chunk}"), 400, "validation_failed")


@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        (b'{"order_id":"o-x","qty":"many"}', 400, "validation_failed"),
        (b'{"order_id":', 400, "validation_failed"),
        (b"[]", 400, "validation_failed"),
        (b'{"order_id":"a\\u0000"}', 400, "validation_failed"),
        (b'{"order_id":"' + b"x" * 2**20 + b'"}', 413, "body_too_large"),
    ],
)
def test_a_bad_line_ends_the_stream_and_earlier_chunks_stay(shop: Tenant, bad: bytes, status: int, code: str) -> None:
    body = lines(*(order(f"o-{n}") for n in range(5))) + b"\n" + bad + b"\n" + lines(order("o-9"))
    told = problem(stream(shop, body, "?chunk=2"), status, code)
    # Lines 1 to 4 are two chunks; line 5 is in the chunk of the bad one, line 6 is blank.
    assert (told["detail"]["line"], told["detail"]["inserted"]) == (7, 4)
    assert set(told["detail"]["lsn"]) == {"segment", "offset"}
    assert [row["order_id"] for row in shop.rows()] == ["o-0", "o-1", "o-2", "o-3"]


def test_where_nothing_was_written_there_is_no_lsn(shop: Tenant) -> None:
    told = problem(stream(shop, b"x\n"), 400, "validation_failed")
    assert told["detail"].items() >= {"line": 1, "inserted": 0, "lsn": None}.items()
    problem(stream(Tenant(shop.server, shop.name + "-2", "x", shop.client), b"{}"), 404, "not_found")


def memory_of(server: Server) -> int:
    """The bytes that the largest worker holds for itself now; pages of files, which anybody may drop, are left out."""
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in server.workers()]
    return max(int(status.split("RssAnon:")[1].split()[0]) * 1024 for status in statuses)


def test_two_hundred_thousand_rows_in_constant_memory(shop: Tenant) -> None:
    for _ in range(2):
        stream(shop, lines(*(order(f"warm-{n}", n, "x" * 200) for n in range(10_000))))
    before, held = memory_of(shop.server), []

    def body() -> Iterator[bytes]:
        for start in range(0, 200_000, 500):
            yield lines(*(order(f"o-{n}", n, "x" * 200) for n in range(start, start + 500)))
            held.append(memory_of(shop.server))

    answer = stream(shop, body())
    assert answer.json()["inserted"] == 200_000
    count = {"fn": "count", "column": None, "as": "n"}
    plan = {"Aggregate": {"aggs": [count], "child": {"Scan": {"schema": "shop.orders"}}}}
    assert shop.post("/query", json=plan).json() == [{"n": 210_000}]
    # The stream has 50 MB; what a worker holds of it is a chunk and what is made of that.
    assert max(held) - before < 24 * 2**20


def test_chunks_are_there_while_the_stream_goes_on(shop: Tenant) -> None:
    go_on = threading.Event()

    def body() -> Iterator[bytes]:
        yield lines(*(order(f"o-{n}") for n in range(3)))
        go_on.wait(30)
        yield lines(order("o-3"))

    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(stream(shop, body(), "?chunk=2")))
    thread.start()
    until(lambda: len(shop.rows()) == 2)
    go_on.set()
    thread.join()
    assert answers[0].json()["inserted"] == 4
    assert len(shop.rows()) == 4


def test_a_client_that_goes_away_leaves_whole_chunks(shop: Tenant) -> None:
    def body() -> Iterator[bytes]:
        yield lines(*(order(f"o-{n}") for n in range(5)))
        time.sleep(0.2)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        stream(shop, body(), "?chunk=2")
    until(lambda: len(shop.rows()) == 4)


def test_a_stream_is_repeated_safely(shop: Tenant) -> None:
    body = lines(*(order(f"o-{n}", n) for n in range(10)))
    key = {"Idempotency-Key": "load-1"}
    first = stream(shop, body, "?chunk=3", **key)
    assert first.json()["inserted"] == 10
    shop.write(order("o-0", 99))
    again = stream(shop, iter([body[:7], body[7:]]), "?chunk=3", **key)
    assert (again.status_code, again.content) == (200, first.content)
    assert shop.get("/rows/shop.orders/o-0").json()["qty"] == 99
    problem(stream(shop, body + b"\n", "?chunk=3", **key), 409, "conflict")
    problem(stream(shop, body, "?chunk=4", **key), 409, "conflict")


def test_a_stream_that_broke_can_be_sent_again(shop: Tenant) -> None:
    rows = [order(f"o-{n}", n) for n in range(5)]
    key = {"Idempotency-Key": "load-2"}
    problem(stream(shop, lines(*rows) + b"x", "?chunk=2", **key), 400, "validation_failed")
    assert stream(shop, lines(*rows), "?chunk=2", **key).json()["inserted"] == 5
