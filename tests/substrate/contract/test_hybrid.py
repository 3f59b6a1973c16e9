"""Searches by words and by nearness at once, on either back end; scores are worked out by hand."""

from dataclasses import replace

import pytest

from substrate.errors import Invalid, NotFound
from substrate.interface import Frame, Namespace, Store
from substrate.interface.hybrid import Both, Side, Words
from substrate.interface.vectors import Nearest, Vector

WORDS = Words("articles", "body", "tea")
NEAR = Nearest("articles", [1.0, 0.0], 1)


@pytest.fixture
def both(store: Store) -> Namespace:
    """By words: a, b, d (a and b have the word once in ever more words). By nearness: c, b, a."""
    namespace = store.namespace("both")

    def work(frame: Frame) -> None:
        for doc_id, text in (("a", "tea"), ("b", "tea milk"), ("c", "milk"), ("d", "tea milk bread")):
            frame.text_put("articles", "body", doc_id, text)
        for name, numbers, kind in (("c", [1.0, 0.0], "x"), ("b", [0.6, 0.8], "x"), ("a", [0.0, 1.0], "y")):
            frame.vector_put("articles", Vector(name, numbers, {"kind": kind, "n": 1}))

    namespace.write(work)
    return namespace


def found(namespace: Namespace, asked: Both) -> list[tuple[str, float]]:
    return [(hit.id, round(hit.score, 9)) for hit in namespace.search(asked)]


def test_ranks_are_added_up(both: Namespace) -> None:
    # b: 1/62 + 1/62; a: 1/61 + 1/63; c: 1/61; d: 1/63
    hits = both.search(Both(WORDS, NEAR))
    assert [hit.id for hit in hits] == ["a", "b", "c", "d"]
    assert [hit.score for hit in hits] == pytest.approx([1 / 61 + 1 / 63, 2 / 62, 1 / 61, 1 / 63])
    words = {hit.doc_id: hit.score for hit in both.text_search("articles", "body", "tea")}
    assert hits[0].words == Side(1, words["a"], 1 / 61)
    assert hits[0].nearest == Side(3, 0.0, 1 / 63)
    assert (hits[2].words, hits[3].nearest) == (None, None)


def test_weights_of_ranks(both: Namespace) -> None:
    expected = [("c", 2 / 61), ("b", 2 / 62), ("a", 2 / 63)]
    assert found(both, Both(WORDS, NEAR, 3, weights=(0.0, 2.0))) == [(name, round(n, 9)) for name, n in expected]


def test_scores_are_added_up(both: Namespace) -> None:
    # nearness: c 1, b 0.6, a 0; words: the best 1, the last 0, the one between as its score lies between theirs
    hits = {hit.id: hit for hit in both.search(Both(WORDS, NEAR, fusion="weighted", weights=(1.0, 3.0)))}
    assert {name: hit.nearest and hit.nearest.adds for name, hit in hits.items()} == pytest.approx(
        {"c": 3.0, "b": 1.8, "a": 0.0, "d": None}
    )
    a, b, d = (hits[name].words for name in "abd")
    assert a is not None
    assert b is not None
    assert d is not None
    assert (a.adds, d.adds) == (1.0, 0.0)
    assert b.adds == pytest.approx((b.score - d.score) / (a.score - d.score))
    assert hits["b"].score == pytest.approx(1.8 + b.adds)


def test_the_nearest_by_distance_add_most(both: Namespace) -> None:
    def work(frame: Frame) -> None:
        for name, number in (("a", 1.0), ("b", 3.0), ("c", 5.0)):
            frame.vector_put("far", Vector(name, [number], metric="l2"))

    both.write(work)
    asked = Both(None, Nearest("far", [0.0], 1), fusion="weighted")
    assert found(both, asked) == [("a", 1.0), ("b", 0.5), ("c", 0.0)]


def test_one_side_alone(both: Namespace) -> None:
    assert [name for name, _ in found(both, Both(WORDS, None))] == ["a", "b", "d"]
    assert [name for name, _ in found(both, Both(None, NEAR, 2))] == ["c", "b"]
    assert found(both, Both(replace(WORDS, query="bread"), None, fusion="weighted")) == [("d", 1.0)]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [({"kind": "x"}, ["b", "c"]), ({"kind": "y", "n": 1.0}, ["a"]), ({"kind": "z"}, []),
     ({"none": None}, ["a", "b", "c"]), ({"kind": None}, []), ({"n": True}, [])],
)  # fmt: skip
def test_a_filter_holds_for_both_sides(both: Namespace, wanted: dict[str, object], ids: list[str]) -> None:
    asked = Both(WORDS, replace(NEAR, filter=wanted))  # type: ignore[arg-type] # what filters hold
    assert sorted(name for name, _ in found(both, asked)) == ids


def test_a_filter_loses_no_hit_by_words(both: Namespace) -> None:
    def work(frame: Frame) -> None:
        for number in range(1_200):
            frame.text_put("many", "body", f"d{number:04}", "tea")
        frame.text_put("many", "body", "z", "tea and much more that makes it the last of all")
        frame.vector_put("many", Vector("z", [1.0], {"rare": True}))

    both.write(work)
    asked = Both(Words("many", "body", "tea"), Nearest("many", [1.0], 1, filter={"rare": True}))
    assert [(hit.id, hit.words and hit.words.rank) for hit in both.search(asked)] == [("z", 1)]


def test_what_is_refused(both: Namespace) -> None:
    for asked in (
        Both(None, None), Both(WORDS, NEAR, 0), Both(WORDS, NEAR, 10_001), Both(WORDS, NEAR, fusion="sum"),
        Both(WORDS, NEAR, weights=(0.0, 0.0)), Both(WORDS, NEAR, weights=(-1.0, 1.0)),
        Both(WORDS, NEAR, weights=(float("nan"), 1.0)), Both(WORDS, replace(NEAR, query=[1.0])),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            both.search(asked)
    for asked in (Both(replace(WORDS, field="none"), NEAR), Both(WORDS, replace(NEAR, table="none"))):
        with pytest.raises(NotFound):
            both.search(asked)


def test_a_frame_sees_its_own(both: Namespace) -> None:
    with both.transaction() as frame:
        frame.text_put("articles", "body", "new", "tea")
        frame.vector_put("articles", Vector("new", [1.0, 0.0]))
        assert frame.search(Both(WORDS, NEAR))[0].id == "new"
