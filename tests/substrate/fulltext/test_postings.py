"""Postings as columns and as bytes: what is built, put together and read again."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from substrate.fulltext import postings
from substrate.fulltext.postings import Postings, blocks, build, joined, merged, packed, read, unpacked

DOCUMENTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "é", "東"]), max_size=6), max_size=6)


def spelled(found: Postings) -> dict[str, list[tuple[int, list[int]]]]:
    """The postings as plain values: word -> documents, each with its places."""
    places = np.split(found.places, np.cumsum(found.counts)[:-1]) if len(found.counts) else []
    each = [(int(document), list(map(int, at))) for document, at in zip(found.documents, places, strict=True)]
    starts = found.starts.tolist()
    return {word: each[starts[index] : starts[index + 1]] for index, word in enumerate(found.words)}


def expected(documents: list[list[str]]) -> dict[str, list[tuple[int, list[int]]]]:
    """The same by plain means."""
    found: dict[str, list[tuple[int, list[int]]]] = {}
    for number, words in enumerate(documents):
        for word in set(words):
            found.setdefault(word, []).append((number, [at for at, each in enumerate(words) if each == word]))
    return dict(sorted(found.items()))


def test_built_by_hand() -> None:
    found = build([["tea", "milk", "tea"], [], ["milk"]])
    assert spelled(found) == {"milk": [(0, [1]), (2, [0])], "tea": [(0, [0, 2])]}


@given(documents=DOCUMENTS)
def test_built(documents: list[list[str]]) -> None:
    assert spelled(build(documents)) == expected(documents)


@given(documents=DOCUMENTS, sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_blocks_hold_all_of_it(documents: list[list[str]], sizes: tuple[int, int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "BLOCK_POSTINGS", sizes[0])
        patch.setattr(postings, "BLOCK_WORDS", sizes[1])
        made = list(blocks(build(documents)))
    assert spelled(joined([(each.postings, each.places) for each in made])) == expected(documents)
    for block in made:
        here = read(block.postings)
        assert here.words[0].decode() == block.first
        assert here.find("zzz") is None
        for word in (each.decode() for each in here.words):
            found = here.find(word)
            assert found is not None
            assert found.documents.tolist() == [number for number, _ in expected(documents)[word]]
            flat = [at for _, places in expected(documents)[word] for at in places]
            assert here.places_of(word, block.places).tolist() == flat


@given(first=DOCUMENTS, second=DOCUMENTS, data=st.data())
def test_put_together(first: list[list[str]], second: list[list[str]], data: st.DataObject) -> None:
    every = [*first, *second]
    order = data.draw(st.permutations(range(len(every))))
    left = order[: data.draw(st.integers(0, len(order)))]
    renumbered = np.full(len(every), -1, np.int64)
    for new, old in enumerate(left):
        renumbered[old] = new
    together = merged([(build(first), renumbered[: len(first)]), (build(second), renumbered[len(first) :])])
    assert spelled(together) == expected([every[old] for old in left])


@pytest.mark.parametrize("greatest", [0, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**62])
def test_numbers_as_bytes(greatest: int) -> None:
    numbers, end = unpacked(b"xy" + packed(np.array([1, greatest, 0])) + b"z", 2)
    assert (numbers.tolist(), end) == ([1, greatest, 0], 2 + len(packed(np.array([1, greatest, 0]))))
