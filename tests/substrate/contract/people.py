"""The table d.people, and what tests of migrations do with it."""

from itertools import count
from typing import Any

from substrate.interface import Namespace

PEOPLE = """
id = "d.people"
primary_key.columns = ["id"]
columns = [
  { name = "id", type = "i64" }, { name = "name", type = "str" }, { name = "age", type = "str", indexed = true },
  { name = "mail", type = "str", unique = true }, { name = "boss", type = "i64" }
]
relations = [{ name = "boss", to_table = "d.people" }]
"""
_ids = count(1)


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "name": f"n{number}", "age": str(number), "mail": f"m{number}", "boss": None, **more}


def put(namespace: Namespace, *rows: dict[str, Any]) -> None:
    namespace.write(lambda frame: frame.put_many("d.people", rows))


def begin(namespace: Namespace, *diff: Any, auto: bool = False) -> str:
    """Submits a migration of d.people; its id."""
    name = f"m-{next(_ids)}"
    namespace.write(lambda frame: frame.migrate(name, "d.people", list(diff), "tester", auto_cutover=auto))
    return name


def fill(namespace: Namespace) -> None:
    """Does all that is due now."""
    while (due := namespace.upkeep_due()) == 0:
        namespace.upkeep(0.0001)
    assert due is None or due > 1


def cut(namespace: Namespace, migration: str) -> Any:
    return namespace.write(lambda frame: frame.cut_over(migration, "tester"))


def migrated(namespace: Namespace, *diff: Any) -> None:
    migration = begin(namespace, *diff)
    fill(namespace)
    assert cut(namespace, migration)["state"] == "Completed", namespace.migration(migration)


def rows(namespace: Namespace) -> list[dict[str, Any]]:
    return namespace.query({"Scan": {"schema": "d.people"}})
