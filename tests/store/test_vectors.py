"""Vectors over HTTP."""

import base64
import json
import struct

import httpx
import pytest

from tests.http.running import Server
from tests.store.asking import NDJSON, Tenant, new_name, problem


def put(tenant: Tenant, name: str, *numbers: float, table: str = "notes", **more: object) -> None:
    answer = tenant.post(f"/vector/{table}/put", json={"id": name, "embedding": numbers, **more})
    assert (answer.status_code, answer.content) == (201, b""), answer.text


def topk(tenant: Tenant, *query: float, k: int = 10, table: str = "notes", **more: object) -> httpx.Response:
    return tenant.post(f"/vector/{table}/topk", json={"query": query, "k": k, **more})


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()]


@pytest.fixture
def notes(tenant: Tenant) -> Tenant:
    """A tenant with three vectors."""
    put(tenant, "east", 1, 0, dim=2, metric="cosine", metadata={"kind": "a", "year": 2026})
    put(tenant, "north", 0, 1, metadata={"kind": "b"})
    put(tenant, "west", -1, 0)
    return tenant


def test_the_nearest(notes: Tenant) -> None:
    answer = topk(notes, 3, 4)
    assert answer.text == '[{"id":"north","score":0.8},{"id":"east","score":0.6},{"id":"west","score":-0.6}]'
    for mode in ("hnsw", "high_recall", "fast", "bruteforce", None):
        assert topk(notes, 3, 4, mode=mode).json() == answer.json()
    assert ids(topk(notes, 3, 4, k=1, dim=2, metric="cosine", unheard_of=1)) == ["north"]
    assert topk(notes, 1, 0, k=2, with_metadata=True).json() == [
        {"id": "east", "score": 1.0, "metadata": {"kind": "a", "year": 2026}},
        {"id": "north", "score": 0.0, "metadata": {"kind": "b"}},
    ]


def test_filters(notes: Tenant) -> None:
    assert ids(topk(notes, -1, 0, filter={"kind": "a"})) == ["east"]
    assert ids(topk(notes, -1, 0, filter={"kind": "a", "year": 2026.0})) == ["east"]
    assert ids(topk(notes, -1, 0, filter={"year": None})) == ["west", "north"]
    assert ids(topk(notes, -1, 0, filter={})) == ["west", "north", "east"]
    problem(topk(notes, 1, 0, filter={"kind": ["a"]}), 400, "validation_failed")
    problem(topk(notes, 1, 0, filter="a"), 400, "validation_failed")


def test_what_is_put_is_found_by_every_process(notes: Tenant, server: Server) -> None:
    """Each request has a connection of its own, which any of the workers may get."""
    for number in range(12):
        name = f"n{number}"
        with httpx.Client() as one:
            url = f"{notes.url}/vector/notes"
            headers = {"Authorization": "Bearer x", "Connection": "close"}
            body = {"id": name, "embedding": [1.0, number / 100]}
            assert one.post(f"{url}/put", json=body, headers=headers).status_code == 201
            for _ in range(3):
                found = one.post(f"{url}/topk", json={"query": [1.0, number / 100], "k": 30}, headers=headers)
                assert name in ids(found)
            if number % 3 == 0:
                assert one.delete(f"{url}/{name}", headers=headers).json() == {"deleted": True}
                assert name not in ids(one.post(f"{url}/topk", json={"query": [1, 0], "k": 30}, headers=headers))


def test_deletes(notes: Tenant) -> None:
    for name in ("a/b c", "put", "topk"):
        put(notes, name, 1, 1)
        assert notes.delete(f"/vector/notes/{name}").json() == {"deleted": True}
        assert notes.delete(f"/vector/notes/{name}").json() == {"deleted": False}
    assert notes.delete("/vector/none/x").json() == {"deleted": False}
    answer = notes.post("/vector/notes/delete-bulk", json={"ids": ["east", "east", "none", "west"]})
    assert answer.json() == {"deleted_count": 2, "missing_count": 1}
    assert ids(topk(notes, 1, 0)) == ["north"]
    for body in ({}, {"ids": "a"}, {"ids": [1]}, {"ids": [str(number) for number in range(10_001)]}):
        problem(notes.post("/vector/notes/delete-bulk", json=body), 400, "validation_failed")
    told = problem(notes.post("/vector/notes/delete-bulk", json={"ids": ["a", 1]}), 400, "validation_failed")
    assert (told["message"], told["detail"]) == ("`ids[1]`: expected text, found 1", {"field": "ids[1]"})
    assert notes.get("/vector").json() == [{"table": "notes", "dim": 2, "metric": "cosine", "vectors": 1}]
    assert notes.get("/usage").json()["used"]["vectors"] == 1
    assert notes.delete("/vector/notes").json() == {"deleted": True}
    assert notes.delete("/vector/notes").json() == {"deleted": False}
    problem(topk(notes, 1, 0), 404, "not_found")
    assert notes.get("/vector").json() == []


def test_refusals(notes: Tenant) -> None:
    for body in (
        {"id": "x"}, {"embedding": [1, 0]}, {"id": 1, "embedding": [1, 0]}, {"id": "x", "embedding": [1]},
        {"id": "x", "embedding": [1, "0"]}, {"id": "x", "embedding": [1, 1e300]}, {"id": "x", "embedding": {}},
        {"id": "x", "embedding": [1, 0], "dim": 3}, {"id": "x", "embedding": [1, 0], "metric": "dot"},
        {"id": "x", "embedding": [1, 0], "metadata": {"a": {}}}, {"id": "x", "embedding": [1, 0], "metadata": []},
        {"id": "x", "embedding": [1, 0], "dim": "2"}, {"id": "x", "embedding": [1, 0], "metric": 1},
    ):  # fmt: skip
        told = problem(notes.post("/vector/notes/put", json=body), 400, "validation_failed")
        assert "row" not in told.get("detail", {}), body
    for wanted in (
        {"query": [1, 0]}, {"k": 1}, {"query": [1, 0], "k": 0}, {"query": [1, 0], "k": 10_001},
        {"query": [1, 0], "k": "1"}, {"query": [1], "k": 1}, {"query": [1, 0], "k": 1, "mode": "ivf"},
        {"query": [1, 0], "k": 1, "mode": 7}, {"query": [1, 0], "k": 1, "dim": 3}, {"query": 7, "k": 1},
        {"query": [1, 0], "k": 1, "metric": "l2"}, {"query": [1, 0], "k": 1, "with_metadata": 1},
    ):  # fmt: skip
        problem(notes.post("/vector/notes/topk", json=wanted), 400, "validation_failed")
    problem(notes.post("/vector/notes/put", content=b'{"id":"x","embedding":[1,NaN]}'), 400, "validation_failed")
    problem(notes.post("/vector/no%20name/put", json={"id": "x", "embedding": [1]}), 400, "validation_failed")
    problem(topk(notes, 1, 0, table="none"), 404, "not_found")
    assert ids(topk(notes, 1, 0)) == ["east", "north", "west"]


def test_a_field_that_is_missing_and_one_that_may_be_meant(notes: Tenant) -> None:
    body = {"id": "x", "vector": [1, 0]}
    lacks = "`embedding`: is required; `vector` is not a known field (known: id, embedding, dim, metric, metadata)"
    told = problem(notes.post("/vector/notes/put", json=body), 400, "validation_failed")
    assert (told["message"], told["detail"]) == (lacks, {"field": "embedding"})
    told = problem(notes.post("/vector/notes/put-bulk", json=[body]), 400, "validation_failed")
    assert (told["message"], told["detail"]) == (lacks, {"field": "embedding", "row": 0})
    told = problem(notes.post("/vector/notes/topk", json={"query": [1, 0], "limit": 3}), 400, "validation_failed")
    known = "query, k, dim, metric, mode, filter, with_metadata"
    assert told["message"] == f"`k`: is required; `limit` is not a known field (known: {known})"


def test_a_list_is_put_as_a_whole(notes: Tenant) -> None:
    packed = base64.b64encode(struct.pack("<2f", 5, 0)).decode()
    vectors = [{"id": "a", "embedding": packed, "metadata": {"x": 1}}, {"id": "b", "embedding": [1, 0]}]
    answer = notes.post("/vector/notes/put-bulk", json=vectors)
    assert answer.status_code == 200
    assert answer.json() == {"inserted": 2, "lsn": answer.json()["lsn"]}
    assert ids(topk(notes, 1, 0)) == ["a", "b", "east", "north", "west"]
    bad = [{"id": "c", "embedding": [1, 0]}, {"id": "d", "embedding": [1]}]
    assert problem(notes.post("/vector/notes/put-bulk", json=bad), 400, "validation_failed")["detail"]["row"] == 1
    assert problem(notes.post("/vector/notes/put-bulk", json=[1]), 400, "validation_failed")["detail"]["row"] == 0
    problem(notes.post("/vector/notes/put-bulk", json={}), 400, "validation_failed")
    assert notes.post("/vector/notes/put-bulk", json=[]).json()["inserted"] == 0
    assert len(topk(notes, 1, 0).json()) == 5


def test_a_stream_is_put_by_chunks(notes: Tenant) -> None:
    lines = [json.dumps({"id": f"s{number}", "embedding": [1, number]}) for number in range(25)]
    answer = notes.post("/vector/notes/put-bulk?chunk=10", content="\n".join(lines), headers=NDJSON)
    assert (answer.status_code, answer.json()["inserted"]) == (200, 25)
    assert len(topk(notes, 1, 0, k=99).json()) == 28
    lines[12] = json.dumps({"id": "bad", "embedding": [1]})
    told = problem(
        notes.post("/vector/notes/put-bulk?chunk=10", content="\n".join(lines), headers=NDJSON),
        400,
        "validation_failed",
    )
    assert (told["detail"]["line"], told["detail"]["inserted"]) == (13, 10)


def test_a_repeated_put_is_done_once(notes: Tenant) -> None:
    key = {"Idempotency-Key": "k1"}
    body = {"id": "once", "embedding": [1, 0]}
    for _ in range(2):
        answer = notes.post("/vector/notes/put", json=body, headers=key)
        assert (answer.status_code, answer.content) == (201, b"")
        notes.delete("/vector/notes/once")
    assert "once" not in ids(topk(notes, 1, 0))
    problem(notes.post("/vector/notes/put", json=body | {"id": "other"}, headers=key), 409, "conflict")


def test_each_tenant_has_its_own(notes: Tenant, server: Server, client: httpx.Client) -> None:
    other = Tenant(server, new_name(), "anything", client)
    problem(topk(other, 1, 0), 404, "not_found")
    put(other, "mine", 1, 0, 0)
    assert ids(topk(other, 1, 0, 0)) == ["mine"]
    assert ids(topk(notes, 1, 0)) == ["east", "north", "west"]
