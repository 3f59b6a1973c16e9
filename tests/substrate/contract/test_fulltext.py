"""Documents put, replaced, deleted and found by their words, on either back end."""

import threading
from pathlib import Path
from typing import Any

import pytest

from substrate.errors import Cancelled, Invalid, NotFound, QuotaExceeded
from substrate.fulltext import segments
from substrate.interface import Call, Frame, Namespace, Reading, Store
from substrate.opening import open_store
from substrate.reading import ReadingHere
from tests.substrate.fulltext.small import make_small


@pytest.fixture
def texts(store: Store) -> Namespace:
    """A namespace without anything."""
    return store.namespace("texts")


def put(namespace: Namespace, doc_id: str, text: str, field: str = "body") -> None:
    namespace.write(lambda frame: frame.text_put("articles", field, doc_id, text))


def delete(namespace: Namespace, doc_id: str) -> bool:
    return namespace.write(lambda frame: frame.text_delete("articles", "body", doc_id))


def ranked(reading: Reading, query: str, k: int = 10) -> list[str]:
    return [hit.doc_id for hit in reading.text_search("articles", "body", query, k)]


def matched(reading: Reading, query: str, *, phrase: bool = False) -> list[str]:
    return reading.text_match("articles", "body", query, phrase=phrase)


def segments_of(namespace: Namespace) -> int:
    with namespace.snapshot() as reading:
        assert isinstance(reading, ReadingHere)
        return len(segments.listed(reading.connection, 1))


def fill(namespace: Namespace, count: int, text: str = "tea") -> None:
    def work(frame: Frame) -> None:
        for number in range(count):
            frame.text_put("articles", "body", f"d{number:03}", text)

    namespace.write(work)


def test_a_document_is_found_by_its_words(texts: Namespace) -> None:
    put(texts, "a1", "OriginChain ships managed substrate-grade key-value storage.")
    put(texts, "a2", "A managed garden")
    assert matched(texts, "managed") == ["a1", "a2"]
    assert matched(texts, "SUBSTRATE managed") == ["a1"]
    assert matched(texts, "managed substrate", phrase=True) == ["a1"]
    assert matched(texts, "substrate managed", phrase=True) == []
    assert ranked(texts, "managed storage") == ["a1", "a2"]
    assert matched(texts, "absent") == ranked(texts, "absent") == []


def test_scores_are_those_of_the_formula(texts: Namespace) -> None:
    put(texts, "a", "tea tea milk")
    put(texts, "b", "tea")
    put(texts, "c", "coffee milk")
    # N = 3, avgdl = 2. milk: n = 2, idf = ln(1 + 1.5 / 2.5) = 0.470004; a: dl = 3, c: dl = 2.
    # a: 0.470004 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1.5)) = 1.034008 / 2.65; c: 1.034008 / 2.2
    hits = texts.text_search("articles", "body", "milk")
    assert [hit.doc_id for hit in hits] == ["c", "a"]
    assert [hit.score for hit in hits] == pytest.approx([0.470004, 0.390192], abs=1e-6)
    # a word that stands twice in the query counts once
    assert texts.text_search("articles", "body", "milk Milk") == hits
    # tea: n = 2, the same idf; a: tf = 2: 0.470004 * 4.4 / 3.65; b: dl = 1: 1.034008 / (1 + 1.2 * 0.625)
    hits = texts.text_search("articles", "body", "tea")
    assert [(hit.doc_id, round(hit.score, 6)) for hit in hits] == [("b", 0.590862), ("a", 0.566580)]


def test_a_document_replaces_the_one_of_its_id(texts: Namespace) -> None:
    put(texts, "a", "tea")
    put(texts, "a", "coffee")
    assert (matched(texts, "tea"), matched(texts, "coffee")) == ([], ["a"])
    assert texts.usage()["used"]["documents"] == 1


def test_a_deleted_document_is_found_no_more(texts: Namespace) -> None:
    put(texts, "a", "tea")
    assert (delete(texts, "a"), delete(texts, "a"), delete(texts, "never")) == (True, False, False)
    assert matched(texts, "tea") == ranked(texts, "tea") == []
    assert texts.usage()["used"]["documents"] == 0


def test_a_field_that_was_never_indexed_is_not_found(texts: Namespace) -> None:
    with pytest.raises(NotFound):
        texts.text_search("articles", "body", "tea")
    assert delete(texts, "a") is False
    with pytest.raises(NotFound, match="`body`"):
        texts.text_match("articles", "body", "tea")
    put(texts, "a", "tea", "title")
    with pytest.raises(NotFound):
        texts.text_search("articles", "body", "")


def test_fields_and_namespaces_are_apart(store: Store, texts: Namespace) -> None:
    put(texts, "a", "tea")
    put(texts, "b", "tea", "title")
    put(store.namespace("others"), "c", "tea")
    assert ranked(texts, "tea") == ["a"]
    assert texts.text_match("articles", "title", "tea") == ["b"]
    # names with the same letters are other fields
    texts.write(lambda frame: frame.text_put("articles.body", "x", "d", "tea"))
    texts.write(lambda frame: frame.text_put("articles", "body.x", "e", "tea"))
    assert texts.text_match("articles.body", "x", "tea") == ["d"]


def test_empty_documents_and_queries(texts: Namespace) -> None:
    put(texts, "empty", "")
    put(texts, "points", "... !?")
    assert matched(texts, "") == ranked(texts, "?!") == matched(texts, "  ", phrase=True) == []
    assert ranked(texts, "tea") == matched(texts, "tea") == []
    put(texts, "a", "tea")
    # The empty ones count: N = 3, avgdl = 1/3, idf = ln(1 + 2.5 / 1.5), dl / avgdl = 3
    [hit] = texts.text_search("articles", "body", "tea")
    assert hit.score == pytest.approx(0.980829 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3)), abs=1e-6)


def test_only_empty_documents_are_left(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gone still stands in its segment, and there is no average length to divide by."""
    make_small(monkeypatch)
    for doc_id, text in (("a", "tea"), ("b", ""), ("c", "")):
        put(texts, doc_id, text)
    delete(texts, "a")
    assert ranked(texts, "tea") == matched(texts, "tea") == []


def test_equals_come_in_the_order_of_their_ids(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch, 4)
    for doc_id in ("é", "b", "10", "B", "9", "\U0001f600", "a", "ﬀ", "~"):
        put(texts, doc_id, "tea")
    assert ranked(texts, "tea", 3) == ["10", "9", "B"]
    assert ranked(texts, "tea") == matched(texts, "tea") == ["10", "9", "B", "a", "b", "~", "é", "ﬀ", "\U0001f600"]


@pytest.mark.parametrize("k", [1, 10, 10_000])
def test_at_most_k(texts: Namespace, k: int) -> None:
    fill(texts, 12)
    assert len(ranked(texts, "tea", k)) == min(k, 12)


@pytest.mark.parametrize("k", [0, -1, 10_001])
def test_a_k_out_of_bounds_is_refused(texts: Namespace, k: int) -> None:
    put(texts, "a", "tea")
    with pytest.raises(Invalid, match="10,000"):
        ranked(texts, "tea", k)


@pytest.mark.parametrize(
    ("table", "field", "doc_id", "text"),
    [
        ("", "body", "a", "tea"), ("a/b", "body", "a", "tea"), ("articles", "", "a", "tea"),
        ("articles", "b" * 129, "a", "tea"), ("articles", "body", "", "tea"), ("articles", "body", "a" * 513, "tea"),
        ("articles", "body", "a\0", "tea"), ("articles", "body", "a", "t\0"), ("articles", "body", "a", "\ud800"),
        ("articles", "body", "a", "t" * (8 * 2**20 + 1)),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(texts: Namespace, table: str, field: str, doc_id: str, text: str) -> None:
    with pytest.raises(Invalid):
        texts.write(lambda frame: frame.text_put(table, field, doc_id, text))


def test_longest_ids_and_words(texts: Namespace) -> None:
    put(texts, "\U0001f600" * 512, "x" * 100_000 + " tea")
    assert matched(texts, "X" * 60_000 + " tea") == []
    assert matched(texts, "tea") == ["\U0001f600" * 512]


def test_a_document_of_a_megabyte(texts: Namespace) -> None:
    words = [f"w{number % 40_000}" for number in range(170_000)]
    text = " ".join(words)
    assert len(text) > 10**6
    put(texts, "large", text)
    put(texts, "small", "w39999 w1")
    assert matched(texts, "w39999 w0 w1 w2", phrase=True) == ["large"]
    assert matched(texts, "w1 w39999") == ["large", "small"]
    put(texts, "large", "tea")
    assert matched(texts, "w1") == ["small"]


def test_queries_that_are_too_large_are_refused(texts: Namespace) -> None:
    put(texts, "a", " ".join(f"w{number}" for number in range(1_024)))
    query = " ".join(f"w{number}" for number in range(1_024))
    assert ranked(texts, query) == matched(texts, query, phrase=True) == ["a"]
    assert matched(texts, "w1 " * 20_000, phrase=True) == []
    with pytest.raises(Invalid, match="1,024 different words"):
        ranked(texts, f"{query} more")
    with pytest.raises(Invalid, match="characters"):
        ranked(texts, "w " * 40_000)


def test_a_search_ends_when_it_is_cancelled_or_late(texts: Namespace) -> None:
    put(texts, "a", "tea")
    stopped = Call()
    stopped.cancel()
    with pytest.raises(Cancelled, match="stopped"):
        texts.text_search("articles", "body", "tea", 10, stopped)
    with pytest.raises(Cancelled) as late:
        texts.text_match("articles", "body", "tea", call=Call(seconds=0.0))
    assert late.value.detail == {"code": "timeout"}


def test_a_frame_sees_its_own_documents_and_undoes_them(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    fill(texts, 8)

    def work(frame: Frame) -> None:
        for number in range(7):
            frame.text_put("articles", "body", f"new{number}", "coffee")
        frame.text_delete("articles", "body", "d001")
        assert len(matched(frame, "coffee")) == 7
        assert "d001" not in matched(frame, "tea")
        assert matched(texts, "tea") == [f"d{number:03}" for number in range(8)]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        texts.write(work)
    assert matched(texts, "coffee") == []
    assert matched(texts, "tea") == [f"d{number:03}" for number in range(8)]
    # The very numbers that were undone are given again, to others.
    for number in range(7):
        put(texts, f"x{number}", "milk")
    assert len(matched(texts, "milk")) == 7
    assert matched(texts, "coffee") == []


def test_a_document_that_is_refused_leaves_the_frame_as_it_was(texts: Namespace) -> None:
    def work(frame: Frame) -> None:
        frame.text_put("articles", "body", "a", "tea")
        with pytest.raises(Invalid):
            frame.text_put("articles", "body", "", "tea")

    texts.write(work)
    assert matched(texts, "tea") == ["a"]


def test_first_use_that_is_undone_leaves_nothing(texts: Namespace) -> None:

    def work(frame: Frame) -> None:
        frame.text_put("articles", "body", "a", "tea")
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            texts.write(work)
    with pytest.raises(NotFound):
        ranked(texts, "tea")
    put(texts, "a", "tea")
    assert ranked(texts, "tea") == ["a"]


def test_documents_stand_in_the_change_log(texts: Namespace) -> None:
    put(texts, "a", "tea")
    delete(texts, "a")
    delete(texts, "a")
    assert [op for _, ops in texts.changes(None, 10) for op in ops] == [
        {"op": "fput", "table": "articles", "field": "body", "doc_id": "a", "text": "tea"},
        {"op": "fdel", "table": "articles", "field": "body", "doc_id": "a"},
    ]


def test_a_snapshot_stays_as_it_is(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    fill(texts, 5)
    with texts.snapshot() as reading:
        assert len(matched(reading, "tea")) == 5
        for number in range(5):
            delete(texts, f"d{number:03}")
            put(texts, f"x{number}", "tea")
        assert matched(reading, "tea") == [f"d{number:03}" for number in range(5)]
    assert matched(texts, "tea") == [f"x{number}" for number in range(5)]


def test_segments_are_put_together_by_whoever_has_a_moment(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch, 2, 3)
    assert texts.upkeep_due() is None
    fill(texts, 6)
    assert texts.upkeep_due() == 0
    texts.upkeep(60)
    assert (texts.upkeep_due(), segments_of(texts)) == (None, 1)
    for number in range(4):  # one that has lost more than half of its documents is made anew
        delete(texts, f"d{number:03}")
    assert texts.upkeep_due() == 0
    texts.upkeep(60)
    assert (texts.upkeep_due(), matched(texts, "tea")) == (None, ["d004", "d005"])


def test_a_writer_puts_segments_together_where_nobody_has_a_moment(
    texts: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch, 2, 3)
    fill(texts, 40)
    assert segments_of(texts) < 10
    assert len(matched(texts, "tea")) == 40
    for number in range(40):
        delete(texts, f"d{number:03}")
    assert segments_of(texts) == 0


def test_the_quota_stops_puts_and_not_deletes(url: str, tmp_path: Path) -> None:
    limits: dict[str, int] = {}
    store = open_store(url, tmp_path / "small", quota_bytes=limits.get)
    texts = store.namespace("limited")
    put(texts, "a", "tea")
    store.close()
    limits["limited"] = 1
    texts = store.namespace("limited")
    with pytest.raises(QuotaExceeded):
        put(texts, "b", "tea")
    assert delete(texts, "a") is True
    store.delete("limited")
    store.close()


def test_a_field_is_dropped_with_all_its_documents(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    assert texts.write(lambda frame: frame.text_drop("articles", "body")) is False
    fill(texts, 8)
    put(texts, "a", "milk", "title")
    assert texts.text_fields() == [("articles", "body", 8), ("articles", "title", 1)]
    assert texts.write(lambda frame: frame.text_drop("articles", "title")) is True
    assert texts.write(lambda frame: frame.text_drop("articles", "title")) is False
    put(texts, "b", "tea", "title")  # which may have the place that the other had
    assert texts.text_match("articles", "title", "milk") == []
    assert len(matched(texts, "tea")) == 8
    assert texts.text_match("articles", "title", "tea") == ["b"]
    assert {"op": "fdrop", "table": "articles", "field": "title"} in [
        op for _, ops in texts.changes(None, 50) for op in ops
    ]


def test_a_table_of_rows_that_is_dropped_leaves_texts_of_its_name(ada: Namespace) -> None:
    ada.write(lambda frame: frame.text_put("shop.orders", "who", "1", "tea"))
    ada.write(lambda frame: frame.drop("shop.orders"))
    assert ada.text_match("shop.orders", "who", "tea") == ["1"]


def test_a_namespace_made_anew_has_no_documents(store: Store, texts: Namespace) -> None:
    fill(texts, 20)
    assert len(matched(texts, "tea")) == 20
    store.delete("texts")
    again = store.namespace("texts")
    again.make()
    with pytest.raises(NotFound):
        ranked(again, "tea")
    put(again, "a", "tea")
    assert matched(again, "tea") == matched(texts, "tea") == ["a"]


def test_many_writers_at_once(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch, 16, 3)
    unseen: list[str] = []

    def write(who: int) -> None:
        for number in range(6):
            doc_id = f"{who}-{number}"
            put(texts, doc_id, f"tea w{who}")
            if doc_id not in matched(texts, f"w{who}"):
                unseen.append(doc_id)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unseen == []
    assert len(matched(texts, "tea")) == 32 * 6


def test_both_kinds_of_memory_give_the_same(texts: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little memory keeps nothing, and every answer is as with much."""
    make_small(monkeypatch)
    for number in range(30):
        put(texts, f"d{number}", f"tea w{number % 4} w{number % 7}")
    expected = [hit for query in ("tea", "w1 w2", "w3") for hit in texts.text_search("articles", "body", query)]
    memory: Any = texts
    monkeypatch.setattr(memory._around.shared.memory, "_most", 0)
    found = [hit for query in ("tea", "w1 w2", "w3") for hit in texts.text_search("articles", "body", query)]
    assert found == expected
