"""Searches by words and by nearness in one call over HTTP."""

from typing import Any

import pytest

from tests.store.asking import Tenant, problem


@pytest.fixture
def filled(tenant: Tenant) -> Tenant:
    """By words: a before b. By nearness: c, b, a."""
    for doc_id, text in (("a", "tea"), ("b", "tea milk"), ("c", "milk")):
        assert tenant.post("/fts/notes/body", json={"doc_id": doc_id, "text": text}).status_code == 201
    for name, numbers, kind in (("a", [0, 1], "x"), ("b", [0.6, 0.8], "y"), ("c", [1, 0], "x")):
        body = {"id": name, "embedding": numbers, "metadata": {"kind": kind}}
        assert tenant.post("/vector/notes/put", json=body).status_code == 201
    return tenant


TEXT = {"table": "notes", "field": "body", "q": "tea"}
VECTOR = {"table": "notes", "query": [1, 0]}


def search(tenant: Tenant, **body: Any) -> Any:
    answer = tenant.post("/search", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_hits_say_how_each_side_has_found_them(filled: Tenant) -> None:
    hits = search(filled, text=TEXT, vector=VECTOR)
    assert [hit["id"] for hit in hits] == ["a", "b", "c"]
    assert hits[0]["vector"] == {"rank": 3, "score": 0.0, "adds": pytest.approx(1 / 63)}
    assert hits[0]["text"]["rank"] == 1
    assert hits[0]["score"] == pytest.approx(1 / 61 + 1 / 63)
    assert set(hits[2]) == {"id", "score", "vector"}
    assert search(filled, text=TEXT, vector=VECTOR, k=1) == hits[:1]


def test_either_side_a_filter_weights_and_fusion(filled: Tenant) -> None:
    assert [hit["id"] for hit in search(filled, text=TEXT)] == ["a", "b"]
    assert [hit["id"] for hit in search(filled, vector=VECTOR, fusion="rrf")] == ["c", "b", "a"]
    assert [hit["id"] for hit in search(filled, text=TEXT, vector=VECTOR, filter={"kind": "x"})] == ["a", "c"]
    weighted = search(filled, text=TEXT, vector=VECTOR, fusion="weighted", weights={"text": 0.1, "vector": 1})
    assert [(hit["id"], hit["score"]) for hit in weighted] == [
        ("c", 1.0), ("b", pytest.approx(0.6)), ("a", pytest.approx(0.1))
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [{}, {"text": "tea"}, {"text": {"table": "notes"}}, {"text": TEXT, "k": 0}, {"text": TEXT, "k": "1"},
     {"text": TEXT, "filter": {"kind": "x"}}, {"text": TEXT, "fusion": "best"}, {"text": TEXT, "fusion": 1},
     {"text": TEXT, "weights": {"text": "1"}}, {"text": TEXT, "weights": {"text": 0, "vector": 0}},
     {"vector": {"table": "notes"}}, {"vector": VECTOR | {"query": [1]}}, {"vector": VECTOR | {"mode": "best"}},
     {"vector": VECTOR, "filter": {"kind": []}}],
)  # fmt: skip
def test_questions_that_are_wrong(filled: Tenant, body: dict[str, Any]) -> None:
    problem(filled.post("/search", json=body), 400, "validation_failed")


def test_what_was_never_indexed(filled: Tenant) -> None:
    for body in ({"text": TEXT | {"field": "title"}}, {"vector": VECTOR | {"table": "other"}}):
        problem(filled.post("/search", json=body), 404, "not_found")
