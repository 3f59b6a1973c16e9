"""What the store does not take as a vector, or as a question for the nearest ones."""

from typing import Any

import pytest

from substrate.errors import Invalid, NotFound
from substrate.interface import Namespace
from substrate.interface.vectors import Nearest, Vector
from tests.substrate.contract.vectors import EAST, NORTH, ids, put

made: Any = Vector
asked_for: Any = Nearest
"""Both with values of any kind, as requests bring them."""


REFUSED: list[tuple[Any, str]] = [
    (made("a", [1, 2, 3]), "expected 2 numbers as the table has, found 3"),
    (made("a", []), "expected 1 to 4,096 numbers, found 0"),
    (made("a", [0.0] * 4_097), "found 4,097"),
    (made("a", [1, "2"]), 'expected numbers, found "2"'),
    (made("a", [1, True]), "expected numbers, found true"),
    (made("a", [1, None]), "expected numbers"),
    (made("a", [1, float("inf")]), "not finite"),
    (made("a", [float("inf"), float("-inf")]), "not finite"),
    (made("a", [1, float("nan")]), "not finite"),
    (made("a", [1, 1e39]), "too large for 32 bits"),
    (made("a", [1, 10**400]), "too large for 32 bits"),
    (made("a", "AAAA"), "base64"),
    (made("a", "*"), "base64"),
    (made("a", None), "expected an array of numbers, found null"),
    (made("a", [1, 2], dim=3), "expected 3 numbers, as `dim` says, found 2"),
    (made("a", [1, 2], metric="l2"), "expected cosine as the table has, found l2"),
    (made("a", [1, 2], metric="hamming"), "expected cosine, dot, l2"),
    (made("", [1, 2]), "an id has 1 to 512 characters"),
    (made("x" * 513, [1, 2]), "an id has 1 to 512 characters"),
    (made(7, [1, 2]), "`id`: expected text, found 7"),
    (made("a", [1, 2], {"x": [1]}), "`x` has an array"),
    (made("a", [1, 2], {"x": {}}), "`x` has an object"),
    (made("a", [1, 2], [1]), "`metadata`: expected an object, found an array"),
    (made("a", [1, 2], {"x": float("nan")}), "`x` is not finite"),
    (made("a", [1, 2], {"x": 2**63}), "`x` is too large"),
    (made("a", [1, 2], {"x": "a\0"}), "U\\+0000"),
    (made("a", [1, 2], {"x": "y" * 70_000}), "65,536 bytes"),
]


def test_what_cannot_be_put(ben: Namespace) -> None:
    put(ben, Vector("a", EAST))
    for vector, message in REFUSED:
        with pytest.raises(Invalid, match=message) as caught:
            put(ben, Vector("new", NORTH), vector)
        assert caught.value.detail["row"] == 1, vector
        with pytest.raises(Invalid) as alone:
            ben.write(lambda frame, vector=vector: frame.vector_put("t", vector))  # type: ignore[misc] # bound at once
        assert "row" not in alone.value.detail
    assert ids(ben, EAST) == ["a"]
    with pytest.raises(Invalid, match="no name of a vector table"):
        put(ben, Vector("a", EAST), table="a b")
    with pytest.raises(Invalid, match="at most 10,000, found 10,001"):
        ben.write(lambda frame: frame.vector_delete("t", list(map(str, range(10_001)))))


def test_what_cannot_be_asked(ben: Namespace) -> None:
    put(ben, Vector("a", EAST))
    for asked, message in (
        (asked_for("t", [1], 1), "`query`: expected 2 numbers as the table has, found 1"),
        (asked_for("t", [1, "x"], 1), "`query`: expected numbers"),
        (asked_for("t", EAST, 0), "`k`: expected a whole number from 1 to 10,000, found 0"),
        (asked_for("t", EAST, 10_001), "`k`"),
        (asked_for("t", EAST, True), "`k`"),
        (asked_for("t", EAST, 1.5), "`k`"),
        (asked_for("t", EAST, 1, 3), "`dim`: expected 2"),
        (asked_for("t", EAST, 1, None, "dot"), "`metric`: expected cosine"),
        (asked_for("t", EAST, 1, mode="ivf"), "`mode`: expected hnsw, high_recall, fast, bruteforce"),
        (asked_for("t", EAST, 1, filter={"x": []}), "`filter`: `x` has an array"),
        (asked_for("t", EAST, 1, filter=[]), "`filter`: expected an object"),
    ):
        with pytest.raises(Invalid, match=message):
            ben.vector_topk(asked)
    with pytest.raises(NotFound):
        ids(ben, EAST, table="none")
