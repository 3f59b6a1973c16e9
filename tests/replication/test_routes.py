"""The routes of replication, on a real server that is not in development mode."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from substrate.replication.verified import verified
from substrate.sqlite.connection import Connection
from tests.http.running import Server, accounts_of, running, until
from tests.replication.test_following import follower_of
from tests.store.asking import ORDERS, order, problem

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("guarded") / "data", dev="false", workers="1", job_workers="0") as started:
        yield started


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """An operator, who has made the tenant ada with three rows, each a frame, behind the frame of their table."""
    accounts = accounts_of(server)
    secret = accounts.issue_tenant_token(None, name="ops", scopes=[]).secret
    accounts.close()
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=server.url + "/v1", headers=headers, timeout=40) as made:
        for tenant in ("ada", "ben"):
            assert made.put(f"/admin/tenants/{tenant}").status_code == 201
            assert made.post(f"/tenants/{tenant}/schemas", content=ORDERS).status_code == 200
        for key in "abc":
            assert made.post("/tenants/ada/rows/shop.orders", json=order(key)).status_code == 200
        yield made


def frames(answer: httpx.Response) -> list[dict[str, Any]]:
    """The frames of an answer, each of which has the right checksum."""
    assert answer.status_code == 200, answer.text
    found = [bytes.fromhex(each) for each in answer.json()]
    assert all(verified(frame) for frame in found)
    return [json.loads(frame) for frame in found]


def test_the_lease_is_taken_renewed_refused_and_given_back(client: httpx.Client) -> None:
    path = "/replication/lease"
    assert client.get(path).text == "null"
    first = client.post(path, json={"holder": "a", "ttl_secs": 60}).json()
    assert set(first) == {"epoch", "holder", "expires_at_secs", "etag"}
    again = client.post(path, json={"holder": "a", "ttl_secs": 90}).json()
    assert (again["epoch"], again["etag"] != first["etag"]) == (first["epoch"], True)
    assert again["expires_at_secs"] > first["expires_at_secs"]
    assert client.get(path).json() == again
    problem(client.post(path, json={"holder": "b"}), 409, "conflict")
    problem(client.delete(path + "?holder=b"), 409, "conflict")
    assert client.delete(path + "?holder=a").json() == {"released": True}
    assert client.delete(path + "?holder=a").json() == {"released": False}
    assert client.get(path).text == "null"
    assert client.post(path, json={"holder": "b"}).json()["epoch"] == first["epoch"] + 1
    assert client.delete(path + "?holder=b").status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"holder": ""}, {"holder": 1}, {"holder": "a", "ttl_secs": 0}, {"holder": "a", "ttl_secs": 3601},
             {"holder": "a", "ttl_secs": 1.5}, {"holder": "a", "ttl_secs": True}, []],
)  # fmt: skip
def test_a_lease_that_cannot_be_asked_for(client: httpx.Client, body: Any) -> None:
    problem(client.post("/replication/lease", json=body), 400, "validation_failed")


def test_frames_are_those_of_the_log(client: httpx.Client) -> None:
    answer = client.get("/replication/frames?tenant=ada&since_segment=0")
    found = frames(answer)
    assert [[op["op"] for op in frame["ops"]] for frame in found] == [["schema"], ["put"], ["put"], ["put"]]
    end = answer.headers["X-OC-Next-LSN"]
    assert end == answer.headers["X-OC-Log-End"]
    second = found[1]["lsn"]["offset"]
    behind = client.get(f"/replication/frames?tenant=ada&since_segment=0&since_offset={second}")
    assert [frame["ops"][0]["key"] for frame in frames(behind)] == ["b", "c"]
    some = client.get("/replication/frames?tenant=ada&limit=2")
    assert frames(some) == found[:2]
    assert some.headers["X-OC-Next-LSN"] == f"0:{found[2]['lsn']['offset']}"
    assert client.get("/replication/frames?tenant=ada&since_segment=7").json() == []
    assert [frame["tenant"] for frame in frames(client.get("/replication/frames"))] == ["ada"] * 4 + ["ben"]
    assert client.get("/replication/frames?tenant=ada&since_segment=7&wait=1").json() == []


def test_frames_that_cannot_be_had(client: httpx.Client) -> None:
    for query in ("since_segment=x", "since_offset=-1", "limit=0", "wait=31", "epoch=a", "crc=zz", "tenant=a/b"):
        problem(client.get(f"/replication/frames?{query}"), 400, "validation_failed")
    problem(client.get("/replication/frames?tenant=nobody"), 404, "not_found")
    epoch = problem(client.get("/replication/frames?tenant=ada&epoch=999"), 409, "conflict")["detail"]["epoch"]
    assert client.get(f"/replication/frames?tenant=ada&epoch={epoch}").status_code == 200
    second = frames(client.get("/replication/frames?tenant=ada"))[1]
    at = f"tenant=ada&since_offset={second['lsn']['offset'] - 1}"
    crc = frames(client.get("/replication/frames?tenant=ada"))[0]["crc"]
    assert len(frames(client.get(f"/replication/frames?{at}&crc={crc}"))) == 3
    told = problem(client.get(f"/replication/frames?{at}&crc=00000000"), 409, "conflict")
    assert told["detail"] == {"diverged": True}


def test_a_snapshot_ends_with_its_place(client: httpx.Client) -> None:
    answer = client.get("/replication/snapshot?tenant=ada")
    *lines, last = [json.loads(line) for line in answer.text.splitlines()]
    found = [verified(bytes.fromhex(line)) for line in lines]
    assert [op["op"] for frame in found for op in frame.ops][:: len(found) - 1] == ["begin", "end"]
    end = client.get("/replication/frames?tenant=ada").headers["X-OC-Next-LSN"]
    assert last["tenant"] == "ada"
    assert f"{last['lsn']['segment']}:{last['lsn']['offset']}" == end


def test_what_followers_acknowledge_is_shown(client: httpx.Client) -> None:
    end = client.get("/replication/frames?tenant=ada").headers["X-OC-Next-LSN"].split(":")
    place = {"segment": int(end[0]), "offset": int(end[1]) - 10}
    ack = {"follower": "b", "tenant": "ada", "lsn": place}
    assert client.post("/replication/ack", json=ack).json() == {"ok": True}
    [told] = client.get("/replication/status").json()["followers"]
    assert (told["follower"], told["lsn"], told["behind_bytes"]) == ("b", place, 10)
    problem(client.post("/replication/ack", json=ack | {"lsn": 5}), 400, "validation_failed")
    problem(client.post("/replication/ack", json=ack | {"tenant": "nobody"}), 404, "not_found")


def test_operators_only(server: Server, client: httpx.Client) -> None:
    token = client.post("/admin/tenants/ada/tokens", json={"name": "t", "scopes": ["read", "write", "admin"]}).json()
    paths = ["lease", "frames?tenant=ada", "snapshot?tenant=ada", "status"]
    for path in paths:
        url = f"{server.url}/v1/replication/{path}"
        problem(httpx.get(url, headers={"Authorization": f"Bearer {token['token']}"}), 403, "forbidden")
        problem(httpx.get(url), 401, "unauthorized")


def test_the_frames_that_were_sent_are_counted(server: Server, client: httpx.Client) -> None:
    frames(client.get("/replication/frames?tenant=ada"))
    figures = httpx.get(server.url + "/metrics").text
    assert float(figures.split("\noc_replication_frames_total ")[1].split()[0]) >= 4


def test_a_snapshot_is_taken_where_the_log_is_too_short(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    bare = Connection(server.data / "namespaces/ben/store.sqlite", writes=True)
    for key in "xy":
        assert client.post("/tenants/ben/rows/shop.orders", json=order(key)).status_code == 200
    bare.execute("DELETE FROM _oc_log WHERE place < (SELECT max(place) FROM _oc_log)")
    bare.close()
    oldest = problem(client.get("/replication/frames?tenant=ben"), 409, "conflict")["detail"]["oldest"]
    assert oldest["offset"] > 0
    with follower_of(server.url, client.headers["Authorization"].split()[1], tmp_path / "b") as (store, _, _):
        ben = store.namespace("ben")
        until(lambda: store.exists("ben") and len(ben.table_ids()) == 1)
        assert client.post("/tenants/ben/rows/shop.orders", json=order("z")).status_code == 200
        until(lambda: ben.get("shop.orders", "z"))
        assert [row["order_id"] for row in ben.query({"Scan": {"schema": "shop.orders"}})] == ["x", "y", "z"]
