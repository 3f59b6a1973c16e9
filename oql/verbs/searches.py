"""Verbs that search by nearness, by words, and along relations.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Array, Condition, Family, Text, Whole

family = Family(
    "searches",
    "Searches",
    failure=Code.DATABASE_ERROR,
    exec_class="Io",
    options={"effect": "read", "touches": "table", "names": "FROM", "needs": "an index for searches"},
)


@family.verb("VECTOR PUT", effect="store", names="INTO")
def vector_put(vector: Array, *, into: Text, as_: Text, with_: Any = None) -> Value:
    """Stores a vector under an id, WITH an object to filter by."""


@family.verb("VECTOR SEARCH")
def vector_search(vector: Array, *, from_: Text, limit: Whole, where: Condition = None) -> Value:
    """Gives the ids nearest to a vector with their scores, best first."""


@family.verb("TEXT PUT", effect="store", names="INTO")
def text_put(document: Text, *, into: Text, as_: Text) -> Value:
    """Stores a text under an id, to be found by its words."""


@family.verb("TEXT SEARCH")
def text_search(query: Text, *, from_: Text, as_: Literal["bm25", "boolean", "phrase"] = "bm25", limit: Whole) -> Value:
    """Gives the ids of the texts that fit a query with their scores, best first."""


@family.verb("GRAPH NEIGHBORS", "GRAPH REVERSE")
def graph_neighbors(key: Any, *, from_: Text, with_: Text) -> Value:
    """Gives what a row leads to by a relation; GRAPH REVERSE gives what leads to it."""


@family.verb("GRAPH BFS")
def graph_bfs(key: Any, *, from_: Text, with_: Text, limit: Whole | None = None) -> Value:
    """Gives everything that a row leads to by a relation, nearest first, LIMIT many hops away at most."""


@family.verb("GRAPH PATH", "GRAPH ROUTE")
def graph_path(start: Any, *, to: Any, from_: Text, with_: Text) -> Value:
    """Gives the way of the fewest hops from one row to another; GRAPH ROUTE that of least weight."""
