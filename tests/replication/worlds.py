"""What tests of replication and backup write, and how they compare all that two namespaces hold."""

import random
from typing import Any

from substrate.interface import Frame, Json, Namespace, Remembered
from substrate.interface.vectors import Vector
from tests.substrate.contract.conftest import ALL_TYPES, ORDERS

SYSTEM = ("CREATE TABLE note (id BIGINT PRIMARY KEY, text TEXT, body DOUBLE PRECISION)",)
"""A system table, of which followers know nothing."""


def declare(frame: Frame) -> None:
    """The tables of the contract suite, and an empty database."""
    frame.register(ORDERS)
    frame.register(ALL_TYPES)
    frame.create_database("empty")


def thing(number: int, chance: random.Random) -> dict[str, Json]:
    """A row with a value of every type."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}", "s": f"Zeichen \u00e4\U0001f40d {number}",
        "i": chance.randint(-(2**63), 2**63 - 1),
        "u": chance.randint(0, 2**63 - 1), "f": chance.choice([0.1, -1e300, 5e-324, 3.0]), "n": chance.choice([1, 2.5]),
        "b": chance.random() < 0.5, "raw": "AAH/", "at": "2026-03-29T01:59:59.123456Z", "day": "2024-02-29",
        "doc": {"b": [1, 1.0, None], "a": {"x": "\u00fc"}, "address": {"city": "Bonn"}},
        "secret": f"secret {number}",
    }  # fmt: skip


def change(namespace: Namespace, seed: int) -> None:
    """Some frames of all kinds."""
    chance = random.Random(seed)
    for step in range(12):
        number = chance.randint(1, 20)
        works = [
            lambda frame, n=number: frame.put("shop.orders", {"id": n, "who": f"w{n}", "mail": f"m{n}"}),
            lambda frame, n=number: frame.delete("shop.orders", str(n)),
            lambda frame, n=number: frame.put_many("shop.things", [thing(n + i, chance) for i in range(3)]),
            lambda frame, n=number: frame.update("shop.orders", {"paid": True}, {"Gt": ["id", n]}),
            lambda frame, n=number: frame.vector_put("notes", Vector(f"v{n}", [n, 1.0], {"k": n % 3})),
            lambda frame, n=number: frame.vector_delete("notes", [f"v{n}"]),
            lambda frame, n=number: frame.text_put("notes", "body", f"d{n}", f"the quick brown fox number {n}"),
            lambda frame, n=number: frame.text_delete("notes", "body", f"d{n}"),
            lambda frame, n=number: frame.remember(f"k{n}", Remembered("f", 200, b'{"ok":true}')),
        ]
        namespace.write(works[(step + seed) % len(works)])


def told(namespace: Namespace) -> dict[str, Any]:
    """All that anybody can read of a namespace, as JSON."""
    tables = namespace.table_ids()
    rows = {table: sorted(map(repr, namespace.query({"Scan": {"schema": table}}))) for table in tables}
    versions = {
        table: [namespace.get(table, str(row[key])) for row in namespace.query({"Scan": {"schema": table}})]
        for table in tables
        for key in ["id"]
    }
    return {
        "databases": namespace.databases(),
        "manifests": {table: namespace.manifest_text(table) for table in tables},
        "rows": rows,
        "versions": {table: sorted(map(repr, found)) for table, found in versions.items()},
        "vectors": namespace.vector_tables(),
        "texts": [(field.table, field.field, field.documents) for field in namespace.text_fields()],
        "found": sorted(namespace.text_match("notes", "body", "quick")) if namespace.text_fields() else [],
        "answers": [namespace.remembered(f"k{number}") for number in range(1, 21)],
        "migrations": namespace.migrations(),
        "lsn": namespace.lsn(),
    }
