"""Walks along relations, on both back ends, beside an oracle that holds the graph in memory."""

import heapq
import random
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from substrate.errors import Cancelled, Conflict, Invalid, NotFound
from substrate.interface import Call, Frame, Namespace, Store
from substrate.interface.graph import Bfs, Neighbors, Path, Reverse, Route, Walk
from tests.fuzz.dose import FACTOR

USERS = """
id = "social.users"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "str" }]
[[relations]]
name = "follows"
via = "social.follows"
from_col = "who"
to_col = "whom"
weight_column = "cost"
to_table = "social.users"
"""
FOLLOWS = """
id = "social.follows"
primary_key.columns = ["n"]
columns = [
  { name = "n", type = "i64" }, { name = "who", type = "str" }, { name = "whom", type = "str" },
  { name = "cost", type = "f64" }
]
"""
Edge = tuple[str, str, float | None]


@pytest.fixture
def social(store: Store) -> Namespace:
    """A namespace with people and who follows whom; edges are rows of a table of their own."""
    namespace = store.namespace("ada")
    namespace.write(lambda frame: frame.register(USERS))
    namespace.write(lambda frame: frame.register(FOLLOWS))
    return namespace


def follow(namespace: Namespace, edges: Iterable[Edge]) -> None:
    rows = [{"n": n, "who": a, "whom": b, "cost": cost} for n, (a, b, cost) in enumerate(edges)]
    namespace.write(lambda frame: frame.put_many("social.follows", rows))


def ask(namespace: Namespace, kind: type[Walk], *given: Any, call: Call | None = None) -> Any:
    """The answer to a question about who follows whom."""
    return namespace.graph(kind("social.users", "follows", *given), call)


# the oracle: textbook code on an adjacency list


def levels(edges: Sequence[Edge], start: str, depth: int) -> list[dict[str, Any]]:
    found, front, seen = [], {start}, {start}
    for hop in range(1, depth + 1):
        front = {b for a, b, _ in edges if a in front} - seen
        seen |= front
        found += [{"pk": key, "depth": hop} for key in sorted(front)]
    return found


def cheapest(edges: Sequence[Edge], start: str, end: str) -> float | None:
    """Dijkstra with a heap (Cormen et al., chapter 22)."""
    heap, done = [(0.0, start)], set()
    while heap:
        cost, here = heapq.heappop(heap)
        if here == end:
            return cost
        if here not in done:
            done.add(here)
            for a, b, weight in edges:
                if a == here and weight is not None:
                    heapq.heappush(heap, (cost + weight, b))
    return None


def test_small_graph(social: Namespace) -> None:
    follow(social, [("alice", "bob", 1), ("alice", "carol", 5), ("bob", "carol", 1.5), ("carol", "ed", None),
                    ("bob", "ed", 9), ("alice", "bob", 3), ("ed", "alice", 0)])  # fmt: skip
    assert ask(social, Neighbors, "alice") == ["bob", "carol"]
    assert ask(social, Reverse, "ed") == ["bob", "carol"]
    assert ask(social, Bfs, "alice", 1) == [{"pk": "bob", "depth": 1}, {"pk": "carol", "depth": 1}]
    assert ask(social, Bfs, "alice") == [*ask(social, Bfs, "alice", 1), {"pk": "ed", "depth": 2}]
    assert ask(social, Path, "alice", "ed") == {"reachable": True, "nodes": ["alice", "bob", "ed"]}
    assert ask(social, Path, "alice", "ed", 1) == {"reachable": False, "nodes": []}
    assert ask(social, Path, "alice", "alice", 0) == {"reachable": True, "nodes": ["alice"]}
    assert ask(social, Route, "alice", "carol") == {"cost": 2.5, "nodes": ["alice", "bob", "carol"]}
    assert ask(social, Route, "carol", "ed") == {"cost": None, "nodes": []}  # the only edge weighs null
    assert ask(social, Route, "ed", "ed") == {"cost": 0.0, "nodes": ["ed"]}
    for unknown in (Neighbors, Reverse, Bfs):
        assert ask(social, unknown, "nobody") == []
    assert ask(social, Path, "nobody", "alice") == {"reachable": False, "nodes": []}


def test_weights_of_the_caller(social: Namespace) -> None:
    follow(social, [("NYC", "CHI", 9), ("CHI", "DEN", 9), ("DEN", "SFO", 9), ("a|b", "c", 9), ("a", "b|c", 9)])
    listed = {"NYC|CHI": 2.0, "CHI|DEN": 1.5, "DEN|SFO": 1.2}
    assert ask(social, Route, "NYC", "SFO", listed) == {"cost": 4.7, "nodes": ["NYC", "CHI", "DEN", "SFO"]}
    assert ask(social, Route, "NYC", "SFO", [["NYC", "CHI", 1], ["CHI", "DEN", 1]])["cost"] is None
    assert ask(social, Route, "NYC", "DEN", [["NYC", "CHI", 1], ["CHI", "DEN", 1]])["cost"] == 2
    assert ask(social, Route, "NYC", "SFO", {**listed, "NYC|SFO": 0.1})["cost"] == 4.7  # entries make no edges
    assert ask(social, Route, "NYC", "CHI", {"NYC|CHI": None})["cost"] is None
    assert ask(social, Route, "NYC", "CHI", {})["cost"] is None
    # One entry is written like two edges, and means both.
    assert [ask(social, Route, *ends, {"a|b|c": 3})["cost"] for ends in (("a|b", "c"), ("a", "b|c"))] == [3, 3]


@pytest.mark.parametrize(
    "weights", [{"a|b": -1}, {"a|b": "1"}, {"a|b": True}, [["a", "b"]], [["a", 1, 2]], "x", [[["a"], "b", 1]]]
)
def test_what_are_no_weights(social: Namespace, weights: Any) -> None:
    follow(social, [("a", "b", 1)])
    with pytest.raises(Invalid):
        ask(social, Route, "a", "b", weights)


def test_a_weight_below_0_in_a_row(social: Namespace) -> None:
    follow(social, [("a", "b", -1)])
    with pytest.raises(Invalid, match="0 or more"):
        ask(social, Route, "a", "b")
    assert ask(social, Path, "a", "b")["reachable"]  # which asks for no weights


@pytest.mark.parametrize("seed", range(4 * FACTOR))
def test_random_graphs_beside_the_oracle(social: Namespace, seed: int) -> None:
    rng = random.Random(seed)
    names = [f"k{n}" for n in range(rng.choice([3, 12, 40]))]
    edges: list[Edge] = [
        (rng.choice(names), rng.choice(names), rng.choice([None, 0, 1, 2, 2.5, 7])) for _ in range(rng.choice([5, 90]))
    ]
    follow(social, edges)
    for _ in range(25):
        start, end, depth = rng.choice(names), rng.choice(names), rng.randrange(5)
        assert ask(social, Neighbors, start) == sorted({b for a, b, _ in edges if a == start})
        assert ask(social, Reverse, start) == sorted({a for a, b, _ in edges if b == start})
        assert ask(social, Bfs, start, depth) == levels(edges, start, depth)
        hops = {found["pk"]: found["depth"] for found in levels(edges, start, depth)} | {start: 0}
        path = ask(social, Path, start, end, depth)
        assert path["reachable"] == (end in hops)
        assert len(path["nodes"]) == (hops[end] + 1 if end in hops else 0)
        _is_a_way(path["nodes"], edges)
        route = ask(social, Route, start, end)
        assert route["cost"] == cheapest(edges, start, end)
        _is_a_way(route["nodes"], edges)
        some = {f"{a}|{b}": rng.randrange(9) for a, b, _ in edges[::2]}
        given = [(a, b, some.get(f"{a}|{b}")) for a, b, _ in edges]
        assert ask(social, Route, start, end, some)["cost"] == cheapest(given, start, end)


def _is_a_way(nodes: list[str], edges: list[Edge]) -> None:
    assert set(pairwise(nodes)) <= {(a, b) for a, b, _ in edges}


# other shapes of relations

CHAIN = """
id = "c.rooms"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }, { name = "in", type = "i64" }, { name = "w", type = "i64" }]
relations = [{ name = "part", column = "in", to_table = "c.houses", weight_column = "w" }]
---
id = "c.houses"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "f64" }, { name = "in", type = "str" }]
relations = [{ name = "part", column = "in", to_table = "c.towns" }]
---
id = "c.lists"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }, { name = "value", type = "json" }]
relations = [{ name = "next", column = "value", to_table = "c.lists" }]
"""


@pytest.fixture
def chain(store: Store) -> Namespace:
    """Rooms are parts of houses, houses of towns; lists name lists in an array."""
    namespace = store.namespace("ada")
    for text in CHAIN.split("---"):
        namespace.write(partial(_register, text))
    put: dict[str, list[dict[str, Any]]] = {
        "c.rooms": [{"id": 2, "in": 7, "w": 4}, {"id": 10, "in": 7, "w": 5}, {"id": 11, "in": None, "w": 1}],
        "c.houses": [{"id": 7.0, "in": "ulm"}, {"id": 7.5, "in": "ulm"}],
        "c.lists": [
            {"id": 1, "value": [2, 3, 3, "4", None, 2.0]}, {"id": 2, "value": {"a": 3}}, {"id": 3, "value": [1, 4]}
        ],
    }  # fmt: skip
    for table, rows in put.items():
        namespace.write(partial(_put, table, rows))
    return namespace


def _register(text: str, frame: Frame) -> None:
    frame.register(text)


def _put(table: str, rows: list[dict[str, Any]], frame: Frame) -> None:
    frame.put_many(table, rows)


def test_a_walk_goes_on_into_other_tables(chain: Namespace) -> None:
    assert chain.graph(Neighbors("c.rooms", "part", "2")) == ["7.0"]
    assert chain.graph(Neighbors("c.rooms", "part", "11")) == []
    assert chain.graph(Reverse("c.rooms", "part", "7")) == ["2", "10"]  # in the order of numbers
    assert chain.graph(Reverse("c.houses", "part", "ulm")) == ["7.0", "7.5"]
    assert chain.graph(Bfs("c.rooms", "part", "2")) == [{"pk": "7.0", "depth": 1}, {"pk": "ulm", "depth": 2}]
    assert chain.graph(Path("c.rooms", "part", "2", "ulm")) == {"reachable": True, "nodes": ["2", "7.0", "ulm"]}
    assert chain.graph(Route("c.rooms", "part", "2", "ulm")) == {"cost": 5.0, "nodes": ["2", "7.0", "ulm"]}
    assert chain.graph(Route("c.rooms", "part", "2", "ulm", {"2|7.0": 1, "7.0|ulm": 2}))["cost"] == 3


def test_arrays_of_keys(chain: Namespace) -> None:
    assert chain.graph(Neighbors("c.lists", "next", "1")) == ["2", "3"]
    assert chain.graph(Neighbors("c.lists", "next", "2")) == []
    assert chain.graph(Reverse("c.lists", "next", "4")) == ["3"]
    assert chain.graph(Bfs("c.lists", "next", "1")) == [
        {"pk": "2", "depth": 1}, {"pk": "3", "depth": 1}, {"pk": "4", "depth": 2},
    ]  # fmt: skip
    assert chain.graph(Path("c.lists", "next", "1", "4"))["nodes"] == ["1", "3", "4"]
    assert chain.graph(Route("c.lists", "next", "3", "2"))["cost"] == 2.0


# refusals


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (Neighbors("c.nothing", "part", "2"), NotFound),
        (Neighbors("c.rooms", "parts", "2"), NotFound),
        (Neighbors("c.rooms", "part", "two"), Invalid),
        (Path("c.lists", "next", "1", "x"), Invalid),
        (Bfs("c.rooms", "part", "2", 101), Invalid),
        (Bfs("c.rooms", "part", "2", -1), Invalid),
    ],
)
def test_refusals(chain: Namespace, asked: Walk, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        chain.graph(asked)


def test_too_many_nodes_and_calls_that_were_ended(social: Namespace) -> None:
    follow(social, [("hub", f"n{n}", 1) for n in range(20)] + [("n3", "far", 1)])
    for kind, more in ((Neighbors, ()), (Bfs, ()), (Path, ("far",)), (Route, ("far",))):
        with pytest.raises(Invalid, match="more than 10 nodes"):
            ask(social, kind, "hub", *more, call=Call(nodes=10))
    assert len(ask(social, Bfs, "hub", call=Call(nodes=21))) == 21
    call = Call()
    call.cancel()
    with pytest.raises(Cancelled):
        ask(social, Bfs, "hub", call=call)


def test_edges_are_found_by_indexes(social: Namespace) -> None:
    """The index that a relation needs comes and leaves with it; a text that it has no room for is refused."""
    long = {"n": 1, "who": "x" * 2_000, "whom": "b", "cost": 1}
    with pytest.raises(Invalid, match="in an index"):
        social.write(lambda frame: frame.put("social.follows", long))
    social.write(lambda frame: frame.drop("social.users"))
    social.write(lambda frame: frame.put("social.follows", long))
    with pytest.raises((NotFound, Conflict)):
        ask(social, Neighbors, "x")


def test_inside_a_frame_its_own_edges_count(social: Namespace) -> None:
    with social.transaction() as frame:
        frame.put("social.follows", {"n": 1, "who": "a", "whom": "b", "cost": 1})
        assert frame.graph(Neighbors("social.users", "follows", "a")) == ["b"]
