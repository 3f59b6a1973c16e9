"""The examples of the verbs that go along relations: programs that begin with nothing, and what they give."""

from typing import Any

_PEOPLE = """CREATE DATABASE "d"
CREATE TABLE "people" FROM "d" WITH "name TEXT PRIMARY, knows JSON LEADS TO people"
PARSE JSON '[{"name": "ann", "knows": ["bob", "eve"]}, {"name": "bob", "knows": ["cat"]}]' SET ?rows
INSERT ?rows INTO "people" FROM "d"
"""

EXAMPLES: dict[str, list[tuple[str, Any]]] = {
    "GRAPH NEIGHBORS": [(_PEOPLE + 'GRAPH NEIGHBORS "ann" FROM "d.people" WITH "knows"', ["bob", "eve"])],
    "GRAPH REVERSE": [(_PEOPLE + 'GRAPH REVERSE "cat" FROM "d.people" WITH "knows"', ["bob"])],
    "GRAPH BFS": [
        (
            _PEOPLE + 'GRAPH BFS "ann" FROM "d.people" WITH "knows" LIMIT 2',
            [{"pk": "bob", "depth": 1}, {"pk": "eve", "depth": 1}, {"pk": "cat", "depth": 2}],
        )
    ],
    "GRAPH PATH": [(_PEOPLE + 'GRAPH PATH "ann" TO "cat" FROM "d.people" WITH "knows"', ["ann", "bob", "cat"])],
    "GRAPH ROUTE": [
        (
            _PEOPLE + 'GRAPH ROUTE "ann" TO "cat" FROM "d.people" WITH "knows"',
            {"cost": 2, "nodes": ["ann", "bob", "cat"]},
        )
    ],
}
"""What each verb is shown by, the programs with their results."""
