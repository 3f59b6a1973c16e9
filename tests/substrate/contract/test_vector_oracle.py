"""Whatever is put, replaced, deleted and asked, the answer is that of a comparison with every vector."""

from typing import Any

from hypothesis import given, strategies as st

from substrate.interface import Frame, Namespace
from substrate.interface.vectors import METRICS, Nearest, Vector
from tests.fuzz.dose import dose
from tests.substrate.contract.vectors import put
from tests.substrate.vectors.oracle import Oracle

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-2, 2, width=32))
VALUES = st.sampled_from([None, True, False, 0, 1, 1.0, "a", "A"])
METADATA = st.one_of(st.none(), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
NAMES = st.integers(0, 15).map(str)


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, int, list[Any]]:
    """A metric, a length, and what is to be done one after the other."""
    metric, dim = draw(st.sampled_from(METRICS)), draw(st.integers(1, 5))
    numbers = st.lists(NUMBERS, min_size=dim, max_size=dim)
    put_one = st.builds(Vector, NAMES, numbers, METADATA, st.just(dim), st.just(metric))
    wanted = st.one_of(st.none(), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=2))
    asked = st.builds(
        lambda query, k, fit, mode: Nearest("t", query, k, dim, metric, mode, fit),
        numbers, st.integers(1, 20), wanted, st.sampled_from(["hnsw", "high_recall", "bruteforce", "fast"]),
    )  # fmt: skip
    step = st.one_of(st.lists(put_one, min_size=1, max_size=6), asked, asked, st.sets(NAMES, max_size=5))
    return metric, dim, draw(st.lists(step, min_size=1, max_size=12))


@dose(25)
@given(steps(), st.booleans())
def test_every_answer_is_that_of_the_oracle(ben: Namespace, drawn: tuple[str, int, list[Any]], together: bool) -> None:
    metric, dim, todo = drawn
    oracle = Oracle(metric)
    ben.write(lambda frame: frame.vector_drop("t"))
    first = Vector("first", [1.0] * dim, {"x": 1}, dim, metric)
    put(ben, first)
    oracle.put(first)
    if together:
        with ben.transaction() as frame:
            for step in todo:
                _take(frame, frame, step, oracle)
    else:
        for step in todo:
            ben.write(lambda frame, step=step: _take(frame, ben, step, oracle))  # type: ignore[misc] # bound at once
            asked = Nearest("t", [1.0] * dim, 99)
            oracle.check(asked, ben.vector_topk(asked))
    for step in todo:
        if isinstance(step, Nearest):
            oracle.check(step, ben.vector_topk(step))


def _take(frame: Frame, reading: Any, step: Any, oracle: Oracle) -> None:
    if isinstance(step, Nearest):
        if reading is frame:
            oracle.check(step, frame.vector_topk(step))
    elif isinstance(step, set):
        frame.vector_delete("t", sorted(step))
        for name in step:
            oracle.vectors.pop(name, None)
    else:
        frame.vector_put_many("t", step)
        for vector in step:
            oracle.put(vector)
