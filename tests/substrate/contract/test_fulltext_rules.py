"""Full text beside its rules: whatever is put, replaced, deleted and asked, on either back end."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from substrate.fulltext import merging, segments
from substrate.fulltext.merging import Merged
from substrate.interface import Namespace, Store
from substrate.opening import open_store
from substrate.reading import ReadingHere
from tests.fuzz.dose import dose
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


def test_what_goes_away_while_segments_are_put_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch, 2, 3)
    texts, reference = store.namespace("texts"), Reference()
    steps = [*((f"d{number}", "a b") for number in range(6)), ("d1", None), ("d2", "a c"), ("d5", None)]
    for doc_id, text in steps[:6]:
        _do(texts, reference, doc_id, text)
    merged = _merged(texts)
    assert [new.members.ids for _, new in merged] == [["d0", "d1", "d2", "d3", "d4", "d5"]]
    for doc_id, text in steps[6:]:
        _do(texts, reference, doc_id, text)
    _put_in_place(texts, merged)
    _put_in_place(texts, merged)  # what was replaced already stays as it is
    for query in ("a b", "b a", "c", "a"):
        _alike(texts, reference, "f", query, 3)


def _do(texts: Namespace, reference: Reference, doc_id: str, text: str | None) -> None:
    if text is None:
        texts.write(lambda frame: frame.text_delete("t", "f", doc_id))
        reference.delete(doc_id)
    else:
        texts.write(lambda frame: frame.text_put("t", "f", doc_id, text))
        reference.put(doc_id, text)


_TEXTS = st.lists(st.sampled_from(["a", "b", "c", "ab", "d1"]), max_size=6).map(" ".join)
_IDS = st.sampled_from([f"d{number}" for number in range(8)])
_QUERIES = st.lists(st.sampled_from(["a", "b", "c", "ab", "none"]), max_size=4).map(" ".join)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _IDS, _TEXTS),
        st.tuples(st.just("put"), _IDS, _TEXTS),
        st.tuples(st.just("delete"), _IDS, st.none()),
        st.tuples(st.just("ask"), _QUERIES, st.integers(1, 5)),
        st.tuples(st.just("upkeep"), st.none(), st.none()),
        st.tuples(st.just("merge"), st.none(), st.none()),
        st.tuples(st.just("put in place"), st.none(), st.none()),
    ),
    max_size=40,
)


@dose(25)
@given(steps=_STEPS)
def test_any_sequence_gives_what_the_rules_give(
    store: Store, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, Any, Any]]
) -> None:
    make_small(monkeypatch)
    texts, reference = store.namespace("drawn"), Reference()
    field = f"f{next(_fields)}"
    texts.write(lambda frame: frame.text_put("t", field, "d0", "a"))
    reference.put("d0", "a")
    merged: list[tuple[int, Merged]] = []
    for kind, first, second in [*steps, ("ask", "a b", 5), ("ask", "c", 1)]:
        if kind == "put":
            texts.write(lambda frame, doc_id=first, text=second: frame.text_put("t", field, doc_id, text))  # type: ignore[misc] # bound at once
            reference.put(first, second)
        elif kind == "delete":
            deleted = texts.write(lambda frame, doc_id=first: frame.text_delete("t", field, doc_id))  # type: ignore[misc] # bound at once
            assert deleted == reference.delete(first)
        elif kind == "upkeep":
            texts.upkeep(60)
            assert texts.upkeep_due() is None
        elif kind == "merge":
            merged += _merged(texts)
        elif kind == "put in place":
            _put_in_place(texts, merged)
            merged.clear()
        else:
            _alike(texts, reference, field, first, second)


_fields = iter(range(10**9))


def _merged(texts: Namespace) -> list[tuple[int, Merged]]:
    """What somebody makes of the segments that are there now, while others write."""
    with texts.snapshot() as reading:
        assert isinstance(reading, ReadingHere)
        connection, memory = reading.connection, reading.around.shared.memory
        return [
            (field, merging.merged(merging.Parts.read(connection, memory, group)))
            for field in range(1, len(texts.text_fields()) + 1)
            for group in merging.due(segments.listed(connection, field))
        ]


def _put_in_place(texts: Namespace, merged: list[tuple[int, Merged]]) -> None:
    with texts.transaction() as frame:
        assert isinstance(frame, ReadingHere)
        for field, new in merged:
            merging.put_in_place(frame.connection, frame.around.shared.memory, field, new)


def _alike(texts: Namespace, reference: Reference, field: str, query: str, k: int) -> None:
    assert texts.text_match("t", field, query) == reference.boolean(query)
    assert texts.text_match("t", field, query, phrase=True) == reference.phrase(query)
    hits = texts.text_search("t", field, query, k)
    every = dict(reference.bm25(query, 100))
    best = reference.bm25(query, k)
    assert [hit.score for hit in hits] == pytest.approx([score for _, score in best], rel=1e-12)
    assert [hit.score for hit in hits] == pytest.approx([every[hit.doc_id] for hit in hits], rel=1e-12)
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.doc_id))
