"""Documents over HTTP: put, found by their words, deleted, and what is refused."""

import threading
from typing import Any
from urllib.parse import quote

import pytest

from tests.store.asking import Tenant, problem

FIELD = "/fts/articles/body"


def put(tenant: Tenant, doc_id: str, text: str, **more: Any) -> None:
    answer = tenant.post(FIELD, json={"doc_id": doc_id, "text": text}, **more)
    assert (answer.status_code, answer.content) == (201, b""), answer.text


def found(tenant: Tenant, query: str, mode: str = "boolean", **more: Any) -> Any:
    answer = tenant.get(FIELD, params={"q": query, "mode": mode, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_document_is_put_and_found_in_each_mode(tenant: Tenant) -> None:
    put(tenant, "art-001", "OriginChain ships managed substrate-grade key-value storage.")
    put(tenant, "art-007", "A substrate, well managed")
    assert tenant.get(f"{FIELD}?q=substrate%20managed").json() == ["art-001", "art-007"]
    assert found(tenant, "managed substrate", "phrase", k=0) == ["art-001"]
    hits = found(tenant, "substrate", "bm25")
    assert [hit["doc_id"] for hit in hits] == ["art-007", "art-001"]
    assert all(set(hit) == {"doc_id", "score"} and hit["score"] > 0 for hit in hits)
    assert found(tenant, "substrate", "bm25", k=1) == hits[:1]
    assert found(tenant, "...") == found(tenant, "", "bm25") == []


def test_a_document_is_replaced_and_deleted(tenant: Tenant) -> None:
    put(tenant, "a", "tea")
    put(tenant, "a", "coffee")
    assert (found(tenant, "tea"), found(tenant, "coffee")) == ([], ["a"])
    assert tenant.get("/usage").json()["used"]["documents"] == 1
    for deleted in (True, False):
        answer = tenant.delete(f"{FIELD}/a")
        assert (answer.status_code, answer.json()) == (200, {"deleted": deleted})
    assert tenant.delete("/fts/never/was/a").json() == {"deleted": False}
    assert found(tenant, "coffee") == []


@pytest.mark.parametrize("doc_id", ["a b", "a/b", "100%", "é?#", ".."])
def test_ids_of_any_characters(tenant: Tenant, doc_id: str) -> None:
    put(tenant, doc_id, "tea")
    assert found(tenant, "tea") == [doc_id]
    assert tenant.delete(f"{FIELD}/{quote(doc_id, safe='').replace('..', '%2E%2E')}").json() == {"deleted": True}


def test_a_retry_under_a_key_is_done_once(tenant: Tenant) -> None:
    once = {"Idempotency-Key": "one"}
    put(tenant, "a", "tea", headers=once)
    put(tenant, "a", "coffee")
    put(tenant, "a", "tea", headers=once)
    assert found(tenant, "coffee") == ["a"]
    problem(tenant.post(FIELD, json={"doc_id": "b", "text": "x"}, headers=once), 409, "conflict")


@pytest.mark.parametrize(
    "body",
    [{}, {"doc_id": "a"}, {"text": "tea"}, {"doc_id": 1, "text": "tea"}, {"doc_id": "a", "text": None},
     {"doc_id": "", "text": "tea"}, {"doc_id": "a" * 513, "text": "tea"}, [], "tea"],
)  # fmt: skip
def test_a_body_that_is_wrong(tenant: Tenant, body: Any) -> None:
    problem(tenant.post(FIELD, json=body), 400, "validation_failed")


def test_a_field_that_is_missing_and_one_that_may_be_meant(tenant: Tenant) -> None:
    told = problem(tenant.post(FIELD, json={"id": "a", "text": "tea"}), 400, "validation_failed")
    assert told["message"] == "`doc_id`: is required; `id` is not a known field (known: doc_id, text)"
    assert told["detail"] == {"field": "doc_id"}
    told = problem(tenant.post(FIELD, json={"doc_id": "a"}), 400, "validation_failed")
    assert told["message"] == "`text`: is required"
    put(tenant, "a", "tea")
    assert tenant.post(FIELD, json={"doc_id": "a", "text": "tea", "other": 1}).status_code == 201


def test_names_that_are_none(tenant: Tenant) -> None:
    for path in ("/fts/a%20b/body", "/fts/a/b%2Fc", f"/fts/{'a' * 129}/body"):
        problem(tenant.post(path, json={"doc_id": "a", "text": "tea"}), 400, "validation_failed")
        problem(tenant.get(path, params={"q": "tea"}), 400, "validation_failed")


def test_searches_that_are_wrong(tenant: Tenant) -> None:
    problem(tenant.get(FIELD, params={"q": "tea"}), 404, "not_found")
    put(tenant, "a", "tea")
    for params in ({}, {"q": "tea", "mode": "fuzzy"}, {"q": "tea", "mode": "bm25", "k": "0"},
                   {"q": "tea", "mode": "bm25", "k": "10001"}, {"q": "tea", "mode": "bm25", "k": "x"},
                   {"q": " ".join(map(str, range(1_025)))}):  # fmt: skip
        problem(tenant.get(FIELD, params=params), 400, "validation_failed")
    for name in ("fuzzy", "highlight", "facets"):
        told = problem(tenant.get(FIELD, params={"q": "tea", name: "1"}), 400, "validation_failed")
        assert (told["detail"]["code"], name in told["message"]) == ("unsupported", True)
        assert found(tenant, "tea", **{name: "false"}) == ["a"]


def test_writers_at_once_in_all_workers_see_their_documents_at_once(tenant: Tenant) -> None:
    missed: list[str] = []

    def write(who: int) -> None:
        for number in range(20):
            put(tenant, f"{who}-{number}", f"tea w{who} n{number}")
            if found(tenant, f"w{who} n{number}") != [f"{who}-{number}"]:
                missed.append(f"{who}-{number}")

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []
    assert len(found(tenant, "tea")) == 160
    assert len(found(tenant, "tea", "bm25", k=1000)) == 160


def test_a_large_document(tenant: Tenant) -> None:
    put(tenant, "large", " ".join(f"w{number}" for number in range(150_000)))
    assert found(tenant, "w149998 w149999", "phrase") == ["large"]
    answer = tenant.post(FIELD, json={"doc_id": "a", "text": "x" * (8 * 2**20)})
    problem(answer, 413, "body_too_large")


def test_fields_are_listed_and_dropped(tenant: Tenant) -> None:
    assert tenant.get("/fts").json() == []
    put(tenant, "a", "tea")
    tenant.post("/fts/articles/title", json={"doc_id": "a", "text": "tea"})
    fields = [{"table": "articles", "field": name, "documents": 1} for name in ("body", "title")]
    assert tenant.get("/fts").json() == fields
    assert tenant.delete(FIELD).json() == {"deleted": True}
    assert tenant.delete(FIELD).json() == {"deleted": False}
    problem(tenant.get(FIELD, params={"q": "tea"}), 404, "not_found")
    assert tenant.get("/fts").json() == fields[1:]
    put(tenant, "b", "tea")
    assert found(tenant, "tea") == ["b"]
