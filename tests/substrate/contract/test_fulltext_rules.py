"""Full text beside its rules: whatever is put, replaced, deleted and asked, on either back end."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from substrate.interface import Namespace, Store
from substrate.opening import open_store
from tests.substrate.fulltext.reference import Reference
from tests.substrate.fulltext.small import make_small


def test_another_store_on_the_same_data_sees_each_change_at_once(
    url: str, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each has in memory is its own, as that of two processes is."""
    make_small(monkeypatch)
    with closing(open_store(url, tmp_path / "data")) as other:
        sides = store.namespace("texts"), other.namespace("texts")
        reference = Reference()
        for number in range(40):
            doc_id, text = f"d{number % 9}", f"tea w{number % 5} w{number % 3}"
            writer, reader = sides if number % 2 else sides[::-1]
            if number % 4 == 3:
                deleted = writer.write(lambda frame, doc_id=doc_id: frame.text_delete("t", "f", doc_id))  # type: ignore[misc] # bound at once
                assert deleted == reference.delete(doc_id)
            else:
                writer.write(lambda frame, doc_id=doc_id, text=text: frame.text_put("t", "f", doc_id, text))  # type: ignore[misc] # bound at once
                reference.put(doc_id, text)
            for query in ("tea", "w1 w2", "w0 tea"):
                assert reader.text_match("t", "f", query) == reference.boolean(query)
                scores = [hit.score for hit in reader.text_search("t", "f", query)]
                assert scores == pytest.approx([score for _, score in reference.bm25(query, 10)], rel=1e-12)


_TEXTS = st.lists(st.sampled_from(["a", "b", "c", "ab", "d1"]), max_size=6).map(" ".join)
_IDS = st.sampled_from([f"d{number}" for number in range(8)])
_QUERIES = st.lists(st.sampled_from(["a", "b", "c", "ab", "none"]), max_size=4).map(" ".join)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _IDS, _TEXTS),
        st.tuples(st.just("put"), _IDS, _TEXTS),
        st.tuples(st.just("delete"), _IDS, st.none()),
        st.tuples(st.just("ask"), _QUERIES, st.integers(1, 5)),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_any_sequence_gives_what_the_rules_give(
    store: Store, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, Any, Any]]
) -> None:
    make_small(monkeypatch)
    texts, reference = store.namespace("drawn"), Reference()
    field = f"f{next(_fields)}"
    texts.write(lambda frame: frame.text_put("t", field, "d0", "a"))
    reference.put("d0", "a")
    for kind, first, second in [*steps, ("ask", "a b", 5), ("ask", "c", 1)]:
        if kind == "put":
            texts.write(lambda frame, doc_id=first, text=second: frame.text_put("t", field, doc_id, text))  # type: ignore[misc] # bound at once
            reference.put(first, second)
        elif kind == "delete":
            deleted = texts.write(lambda frame, doc_id=first: frame.text_delete("t", field, doc_id))  # type: ignore[misc] # bound at once
            assert deleted == reference.delete(first)
        else:
            _alike(texts, reference, field, first, second)


_fields = iter(range(10**9))


def _alike(texts: Namespace, reference: Reference, field: str, query: str, k: int) -> None:
    assert texts.text_match("t", field, query) == reference.boolean(query)
    assert texts.text_match("t", field, query, phrase=True) == reference.phrase(query)
    hits = texts.text_search("t", field, query, k)
    every = dict(reference.bm25(query, 100))
    best = reference.bm25(query, k)
    assert [hit.score for hit in hits] == pytest.approx([score for _, score in best], rel=1e-12)
    assert [hit.score for hit in hits] == pytest.approx([every[hit.doc_id] for hit in hits], rel=1e-12)
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.doc_id))
