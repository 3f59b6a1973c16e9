"""Two real servers: one follows the other, serves what it reads, and takes over when that is killed."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.running import Server, children, running, title, until
from tests.replication.servers import ask, caught_up, following, leading, ready, tenant_of
from tests.store.asking import Tenant, order, problem

pytestmark = pytest.mark.slow


def kill(server: Server) -> None:
    """kill -9 of the master and all its processes at once."""
    family = [server.process.pid, *children(server.process.pid)]
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


class Writer(threading.Thread):
    """Writes rows one after the other until the server is gone. `sure`, `late`: keys that were answered so."""

    def __init__(self, tenant: Tenant, prefix: str) -> None:
        super().__init__(daemon=True)
        self._tenant = tenant
        self._prefix = prefix
        self.sure: list[str] = []
        self.late: list[str] = []

    def run(self) -> None:
        with httpx.Client(timeout=5) as client:
            tenant = tenant_of(self._tenant.server, self._tenant.name, client)
            for number in range(100_000):
                key = f"{self._prefix}{number}"
                try:
                    answer = tenant.post("/rows/shop.orders", json=order(key, number))
                except httpx.HTTPError:
                    return
                if answer.status_code != 200:
                    return
                (self.late if answer.headers.get("X-OC-Replication") == "degraded" else self.sure).append(key)


def test_the_leader_is_killed_under_load_and_no_answered_write_is_lost(tmp_path: Path) -> None:
    with httpx.Client(timeout=30) as client, leading(tmp_path / "a", followers="b", sync_timeout_ms="3000") as first:
        old = tenant_of(first, "ada", client)
        old.declare()
        with following(first, tmp_path / "b") as second:
            caught_up(second, first, "ada")
            writers = [Writer(old, f"w{number}-") for number in range(4)]
            for writer in writers:
                writer.start()
            until(lambda: all(len(writer.sure) > 15 for writer in writers))
            kill(first)
            for writer in writers:
                writer.join(20)
            read = tenant_of(second, "ada", client)
            kept = {row["order_id"] for row in read.rows()}
            sure = {key for writer in writers for key in writer.sure}
            assert len(sure) > 60
            assert sure <= kept
            told = problem(read.post("/rows/shop.orders", json=order("late")), 503, "fenced")
            assert told["detail"] == {"leader": first.url}
        with leading(tmp_path / "b", node_id="b") as third:
            new = tenant_of(third, "ada", client)
            new.write(order("after", 1))
            assert {row["order_id"] for row in new.rows()} == kept | {"after"}
            assert client.get(third.url + "/ready").json() == {"ready": True, "wal": "sync", "lease_holder": "b"}
            assert ask(third, "GET", "/replication/lease").json()["epoch"] > 1


def test_a_follower_serves_reads_refuses_writes_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    with httpx.Client(timeout=30) as client, leading(tmp_path / "a", followers="b", sync_timeout_ms="50") as first:
        ada = tenant_of(first, "ada", client)
        ada.declare()
        assert degraded(ada, "alone")
        assert ada.post("/vector/notes/put", json={"id": "v", "embedding": [1, 0]}).status_code == 201
        assert ada.post("/fts/notes/body", json={"doc_id": "d", "text": "a fox"}).status_code == 201
        with following(first, tmp_path / "b") as second:
            caught_up(second, first, "ada")
            until(lambda: not degraded(ada, "together"))
            status = ask(first, "GET", "/replication/status").json()
            assert [each["follower"] for each in status["followers"]] == ["b"]
            read = tenant_of(second, "ada", client)
            look_around(read, first)
            refuse(read)
            assert not [pid for pid in children(second.process.pid) if title(pid) in ("oql: worker", "oql: scheduler")]
            kill(second)
        assert degraded(ada, "alone again")
        with following(first, tmp_path / "b") as again:
            caught_up(again, first, "ada")
            assert tenant_of(again, "ada", client).rows() == ada.rows()


def degraded(tenant: Tenant, key: str) -> bool:
    """Whether a write is answered so."""
    answer = tenant.post("/rows/shop.orders", json=order(key))
    assert answer.status_code == 200
    return bool(answer.headers.get("X-OC-Replication") == "degraded")


def look_around(read: Tenant, leader: Server) -> None:
    """Reads of all kinds give what the leader has."""
    assert {row["order_id"] for row in read.rows()} >= {"alone", "together"}
    assert [hit["id"] for hit in read.post("/vector/notes/topk", json={"query": [1, 0], "k": 1}).json()] == ["v"]
    assert read.get("/fts/notes/body?q=fox").json() == ["d"]
    assert read.get("/rows/shop.orders/alone").json()["_oc_row_version"] == 1
    login = {"auth": {"username": "test", "password": "test"}}
    ran = read.client.post(read.server.url + "/v1/query", json=login | {"query": 'EMIT "Hello"'})
    assert (ran.status_code, "Hello" in ran.text) == (200, True)
    status = ask(read.server, "GET", "/replication/status").json()
    assert (status["role"], status["leader"]) == ("follower", leader.url)
    assert [each["state"] for each in status["following"]] == ["following"]
    assert ready(read.server)


def refuse(read: Tenant) -> None:
    """No kind of write is taken."""
    refused: list[tuple[str, str, Any]] = [
        ("POST", "/rows/shop.orders", {"json": order("2")}), ("DELETE", "/rows/shop.orders/1", {}),
        ("DELETE", "/schemas/shop.orders", {}),
        ("POST", "/vector/notes/put", {"json": {"id": "w", "embedding": [1, 0]}}),
        ("POST", "/migrations", {"json": {"schema": "shop.orders", "diff": [{"DropColumn": {"name": "qty"}}]}}),
    ]  # fmt: skip
    for method, path, more in refused:
        assert problem(read.ask(method, path, **more), 503, "fenced")["retry"] is True
    for method, path in (("PUT", "/admin/tenants/new"), ("DELETE", f"/admin/tenants/{read.name}?confirm={read.name}")):
        problem(ask(read.server, method, path), 503, "fenced")


def test_a_frozen_leader_writes_nothing_once_another_has_the_lease(tmp_path: Path) -> None:
    """SIGSTOP beyond the lease, which the other server keeps and takes meanwhile; then SIGCONT."""
    with httpx.Client(timeout=30) as client, running(tmp_path / "w", job_workers="0", workers="1") as witness:
        lease = {"lease_url": witness.url, "lease_token": "anything"}
        with leading(tmp_path / "a", lease_ttl_s="4", workers="1", **lease) as first:
            old = tenant_of(first, "ada", client)
            old.declare()
            old.write(order("1"))
            family = [first.process.pid, *children(first.process.pid)]
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            taken = until(
                lambda: (found := ask(witness, "POST", "/replication/lease", json={"holder": "b"})).is_success and found
            )
            for pid in family:
                os.kill(pid, signal.SIGCONT)
            told = problem(old.post("/rows/shop.orders", json=order("2")), 503, "fenced")
            epoch = taken.json()["epoch"]  # a slow machine may have lost the lease before
            assert until(lambda: old.post("/rows/shop.orders", json=order("2")).json()["detail"] == {"leader": "b"})
            assert "lease" in told["message"]
            assert client.get(first.url + "/ready").status_code == 503
            assert old.rows() == [order("1")]
            assert ask(witness, "DELETE", "/replication/lease?holder=b").json() == {"released": True}
            until(lambda: old.post("/rows/shop.orders", json=order("3")).status_code == 200)
            assert ask(witness, "GET", "/replication/lease").json()["epoch"] == epoch + 1
