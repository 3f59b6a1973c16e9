"""Random diffs, rows, and writes during the filling, beside the offline conversion."""

import random
from typing import Any

import pytest

from substrate.interface import Namespace
from tests.substrate.contract.people import begin, cut, person, put, rows


def offline(row: dict[str, Any], ops: list[Any]) -> dict[str, Any]:
    """What a row becomes by textbook rules, or raises."""
    row = dict(row)
    for op in ops:
        [(name, given)] = op.items()
        match name:
            case "AddColumn":
                row[given["name"]] = given.get("default")
            case "DropColumn":
                del row[given["name"]]
            case "RenameColumn":
                row = {given["to"] if k == given["from"] else k: v for k, v in row.items()}
            case "ChangeType":
                value = row[given["name"]]
                to = {"str": str, "i64": int, "f64": float}[given["type"]]
                if value is not None:
                    row[given["name"]] = to(value)
                    assert (
                        str(row[given["name"]]) == str(value)
                        or row[given["name"]] == value
                        or float(value) == to(value)
                    )
            case "SetRequired":
                if row[given["name"]] is None:
                    row[given["name"]] = given["default"]
    return row


def random_diff(rng: random.Random) -> list[Any]:
    ops: list[Any] = []
    if rng.random() < 0.5:
        ops.append({"AddColumn": {"name": "x", "type": "str", "default": rng.choice([None, "d"])}})
        if rng.random() < 0.5:
            ops.append({"RenameColumn": {"from": "x", "to": "y"}})
    if rng.random() < 0.5:
        ops.append({"ChangeType": {"name": "age", "type": rng.choice(["i64", "f64"])}})
        if rng.random() < 0.5:
            ops.append({"SetRequired": {"name": "age", "required": True, "default": 7 if "i64" in str(ops) else 7.5}})
    if rng.random() < 0.3:
        ops.append({"ChangeType": {"name": "id", "type": "str"}})
    if rng.random() < 0.4:
        ops.append({"DropColumn": {"name": "mail"}})
    if rng.random() < 0.4 or not ops:
        ops.append({"RenameColumn": {"from": "name", "to": "called"}})
    return ops


def random_write(rng: random.Random, people: Namespace) -> None:
    number = rng.randrange(3_000)
    match rng.randrange(4):
        case 0:
            people.write(lambda frame: frame.delete("d.people", str(number)))
        case 1:
            people.write(lambda frame: frame.update("d.people", {"name": f"u{number}"}, {"Lt": ["id", number % 40]}))
        case _:  # mails move between rows, so that UNIQUE is kept only where rows are copied together
            mine, theirs = person(number, mail=None), person(number + 1, mail=f"m{number}", age=None)
            put(people, mine, theirs, mine | {"mail": f"m{number + 1}"})


@pytest.mark.parametrize("seed", range(3))
def test_random_diffs_and_writes_beside_the_offline_conversion(people: Namespace, seed: int) -> None:
    rng = random.Random(seed)
    put(people, *(person(n, age=rng.choice([None, str(n)])) for n in range(0, 3_000, 2)))
    diff = random_diff(rng)
    migration = begin(people, *diff)
    while people.migration(migration)["state"] == "Backfilling":
        for _ in range(rng.randrange(4)):
            random_write(rng, people)
        people.upkeep(0.0001)
    for _ in range(3):
        random_write(rng, people)
    before = rows(people)
    versions = [people.get("d.people", str(row["id"]))["_oc_row_version"] for row in before[::200]]  # type: ignore[index] # it is there
    assert cut(people, migration)["state"] == "Completed", people.migration(migration)
    key = str if "'id'" in str(diff) else int
    assert sorted(rows(people), key=lambda row: int(row["id"])) == [offline(row, diff) for row in before]
    found = [people.get("d.people", str(row["id"])) for row in before[::200]]
    assert [row and row["_oc_row_version"] for row in found] == versions
    assert all(isinstance(row["id"], key) for row in rows(people))
