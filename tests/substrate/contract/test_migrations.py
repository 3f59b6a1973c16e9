"""Migrations on both back ends: every operation, every transition, rows written meanwhile; beside an offline oracle."""

import json
from functools import partial
from typing import Any

import pytest

from substrate.errors import Conflict, Invalid, NotFound
from substrate.interface import Frame, Namespace, Store
from substrate.migrations import following
from tests.substrate.contract.people import PEOPLE, begin, cut, fill, migrated, person, put, rows


def test_a_column_added_while_rows_are_written(people: Namespace) -> None:
    put(people, *(person(n) for n in range(2_500)))
    people.write(lambda frame: frame.delete("d.people", "7"))
    before = people.manifest_text("d.people")
    op = {"AddColumn": {"name": "venue", "type": "str", "default": "NYSE", "required": True}}
    migration = begin(people, op)
    assert people.migration(migration) == {
        "id": migration, "tenant": "ada", "schema": "d.people", "state": "Backfilling", "diff": [op],
        "progress": {"rows_seen": 0, "rows_total": None},
    }  # fmt: skip
    people.upkeep(0.0001)
    assert people.migration(migration)["progress"] == {"rows_seen": 1_000, "rows_total": 2_499}
    put(people, person(3, name="early"), person(2_400, name="late"), person(9_000))
    people.write(lambda frame: frame.delete("d.people", "4"))
    people.write(lambda frame: frame.update("d.people", {"name": "all"}, {"Eq": ["age", "20"]}))
    with pytest.raises(Invalid):  # the new column is unknown until the cut-over
        put(people, person(1, venue="X"))
    fill(people)
    assert people.migration(migration)["state"] == "ReadyToCutover"
    put(people, person(5, name="later"), person(7))
    people.write(lambda frame: frame.delete("d.people", "6"))
    expected = [row | {"venue": "NYSE"} for row in rows(people)]
    versions = {key: people.get("d.people", key)["_oc_row_version"] for key in ("3", "5", "7", "20", "9000")}  # type: ignore[index] # they are there
    assert people.manifest_text("d.people") == before
    assert cut(people, migration)["state"] == "Completed"
    assert rows(people) == expected
    assert len(expected) == 2_499
    assert {key: people.get("d.people", key)["_oc_row_version"] for key in versions} == versions  # type: ignore[index] # they are there
    assert versions["7"] == 2  # deleted, and written anew
    for key in ("4", "6"):  # what was deleted goes on counting too
        assert people.write(lambda frame, key=key: frame.put("d.people", person(int(key)))).version == 2  # type: ignore[misc] # mypy#12557
    assert 'default = "NYSE"' in people.manifest_text("d.people")
    events = [(each["event"], each["state"], each["actor"]) for each in people.migration_audit()]
    assert events == [
        ("submit", "Backfilling", "tester"), ("ready", "ReadyToCutover", "tester"), ("cutover", "Completed", "tester"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("op", "change"),
    [
        ({"AddColumn": {"name": "x", "ty": "i64"}}, lambda row: row | {"x": None}),
        ({"AddColumn": {"name": "x", "type": "json", "default": [1]}}, lambda row: row | {"x": [1]}),
        ({"DropColumn": {"name": "mail"}}, lambda row: {k: v for k, v in row.items() if k != "mail"}),
        ({"RenameColumn": {"from": "age", "to": "years"}},
         lambda row: {"years" if k == "age" else k: v for k, v in row.items()}),
        ({"RenameColumn": {"from": "id", "to": "number"}},
         lambda row: {"number" if k == "id" else k: v for k, v in row.items()}),
        ({"ChangeType": {"name": "age", "type": "i64"}}, lambda row: row | {"age": row["age"] and int(row["age"])}),
        ({"ChangeType": {"name": "age", "type": "f64"}}, lambda row: row | {"age": row["age"] and float(row["age"])}),
        ({"ChangeType": {"name": "name", "type": "encrypted"}}, lambda row: row),
        ({"ChangeType": {"name": "id", "type": "str"}}, lambda row: row | {"id": str(row["id"])}),
        ({"SetRequired": {"name": "age", "required": True, "default": "0"}},
         lambda row: row | {"age": "0" if row["age"] is None else row["age"]}),
        ({"SetRequired": {"name": "mail", "required": True}}, lambda row: row),
        ({"AddIndex": {"columns": ["name", "age"]}}, lambda row: row),
        ({"AddIndex": {"column": "name", "name": "by_name"}}, lambda row: row),
        ({"DropIndex": {"columns": ["age"]}}, lambda row: row),
        ({"AddRelation": {"name": "chief", "column": "boss", "to_table": "d.people"}}, lambda row: row),
        ({"DropRelation": {"name": "boss"}}, lambda row: row),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)  # fmt: skip
def test_every_operation(people: Namespace, op: Any, change: Any) -> None:
    put(people, *(person(n) for n in range(20)), person(20, age=None))
    expected = sorted((change(row) for row in rows(people)), key=str)
    migrated(people, op)
    found = rows(people)
    assert sorted(found, key=str) == expected
    assert all(list(row) == list(change(person(0))) for row in found)  # the order of columns
    again = people.write(lambda frame: frame.register(people.manifest_text("d.people")))
    assert again.version == 2  # the manifest that is shown is that of the table
    put(people, found[0])


def test_indexes_and_relations_are_there_afterwards(people: Namespace) -> None:
    put(people, person(1, boss=2), person(2))
    migrated(
        people,
        {"AddIndex": {"columns": ["name"], "name": "by_name"}},
        {"RenameColumn": {"from": "boss", "to": "chief"}},
        {"AddColumn": {"name": "tag", "type": "str", "indexed": True}},
    )
    by_index = {"IndexLookup": {"schema": "d.people", "index": "by_name", "value": "n1"}}
    assert [row["id"] for row in people.query(by_index)] == [1]
    hop = {"RelationHop": {"relation": "boss", "child": {"ColumnScan": {"schema": "d.people", "eq": {"id": 1}}}}}
    assert [row["id"] for row in people.query(hop)] == [2]
    again = {"id": 3, "name": "n3", "age": None, "mail": "m1", "chief": None, "tag": None}
    with pytest.raises(Invalid, match="must be unique"):  # still
        put(people, again)


REFUSED: list[Any] = [
    [], "x", [{}], [{"AddColumn": {}}], [{"Explode": {"name": "x"}}], [{"DropColumn": {"name": "x"}}],
    [{"DropColumn": {"name": "id"}}], [{"DropColumn": {"name": "boss"}}],
    [{"DropColumn": {"name": "age", "x": 1}}],
    [{"AddColumn": {"name": "age", "type": "str"}}], [{"AddColumn": {"name": "x", "type": "text"}}],
    [{"AddColumn": {"name": "x", "type": "str", "required": True}}],
    [{"AddColumn": {"name": "_oc_x", "type": "str"}}], [{"RenameColumn": {"from": "age", "to": "name"}}],
    [{"AddColumn": {"name": "x", "type": "i64", "default": "1"}}],
    [{"RenameColumn": {"from": "x", "to": "y"}}], [{"ChangeType": {"name": "age", "type": "nothing"}}],
    [{"ChangeType": {"name": "id", "type": "json"}}], [{"SetRequired": {"name": "id", "required": False}}],
    [{"SetRequired": {"name": "age"}}], [{"AddIndex": {"columns": ["x"]}}], [{"AddIndex": {"columns": ["age"]}}],
    [{"DropIndex": {"name": "x"}}], [{"AddRelation": {"name": "boss", "to_table": "d.people"}}],
    [{"DropRelation": {"name": "x"}}], [{"DropColumn": {"name": "age"}, "DropRelation": {"name": "boss"}}],
]  # fmt: skip


def test_diffs_that_are_refused(people: Namespace) -> None:
    put(people, person(1))
    taken = [diff for diff in REFUSED if not _is_refused(people, diff)]
    assert taken == []
    assert people.migrations() == []


ELDER: dict[str, Any] = {"AddRelation": {"name": "elder", "column": "age", "to_table": "d.people"}}
OTHER: dict[str, Any] = {"AddRelation": {"name": "x", "column": "boss", "target": {"table": "nums", "pk": "m"}}}


@pytest.mark.parametrize(
    ("diff", "operation", "said"),
    [
        ([ELDER], 0, "relation `elder`: column `age` of `d.people` is of type str, and the key of `d.people` of type"),
        ([{"DropColumn": {"name": "mail"}}, OTHER], 1, "relation `x`: the primary key of `d.nums` is `n`, not `m`"),
        ([{"AddRelation": {"name": "boss", "column": "boss", "to_table": "d.pairs"}}], 0, "has several columns"),
        # what it is in the end
        ([{"AddRelation": {"name": "x", "column": "boss", "to_table": "d.people"}},
          {"ChangeType": {"name": "boss", "type": "str"}}], 0, "column `boss` of `d.people` is of type str"),
        ([ELDER, {"RenameColumn": {"from": "age", "to": "of"}}], 0, "column `of` of `d.people` is of type str"),
    ],
)  # fmt: skip
def test_a_new_relation_that_leads_nowhere(people: Namespace, diff: list[Any], operation: int, said: str) -> None:
    for name, columns in (("nums", '["n"]'), ("pairs", '["n", "m"]')):
        text = f'id = "d.{name}"\nprimary_key.columns = {columns}\n'
        fields = 'columns = [{ name = "n", type = "i64" }, { name = "m", type = "i64" }]'
        people.write(partial(_register, f"{text}{fields}"))
    diff = [{"DropRelation": {"name": "boss"}}, *diff]
    with pytest.raises(Invalid) as refused:
        begin(people, *diff)
    assert said in refused.value.message
    assert refused.value.detail["operation"] == operation + 1
    assert people.migrations() == []


def test_a_new_relation_fits_by_what_the_diff_makes_of_its_column(people: Namespace) -> None:
    put(people, person(1, age="2"), person(2, age=None))
    nowhere = {"AddRelation": {"name": "away", "column": "boss", "to_table": "d.later"}}  # which may come later
    gone = {"AddRelation": {"name": "gone", "column": "name", "to_table": "d.people"}}
    migrated(people, ELDER, {"ChangeType": {"name": "age", "type": "i64"}}, nowhere, gone,
             {"DropRelation": {"name": "gone"}})  # fmt: skip
    hop = {"RelationHop": {"relation": "elder", "child": {"Scan": {"schema": "d.people"}}}}
    assert [row["id"] for row in people.query(hop)] == [2]


def _register(text: str, frame: Frame) -> None:
    frame.register(text)


def _is_refused(namespace: Namespace, diff: Any) -> bool:
    try:
        namespace.write(lambda frame: frame.migrate("m", "d.people", diff, "tester"))
    except Invalid:
        return True
    return False


def test_states(people: Namespace) -> None:
    put(people, person(1))
    with pytest.raises(NotFound):
        people.write(lambda frame: frame.migrate("m", "d.nothing", [{"DropColumn": {"name": "age"}}], "tester"))
    with pytest.raises(NotFound):
        people.migration("nothing")
    one = begin(people, {"DropColumn": {"name": "age"}})
    with pytest.raises(Conflict):
        begin(people, {"DropColumn": {"name": "name"}})
    with pytest.raises(Conflict):
        cut(people, one)
    for change in (
        lambda frame: frame.drop("d.people"), lambda frame: frame.delete_database("d"),
        lambda frame: frame.register(PEOPLE.replace("boss", "chief")),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            people.write(change)
    people.write(lambda frame: frame.register(PEOPLE))  # which changes nothing
    assert people.write(lambda frame: frame.abort(one, "somebody"))["state"] == "Aborted"
    assert rows(people) == [person(1)]
    two = begin(people, {"DropColumn": {"name": "age"}})
    fill(people)
    assert people.write(lambda frame: frame.abort(two, "somebody"))["state"] == "Aborted"
    three = begin(people, {"DropColumn": {"name": "age"}}, auto=True)
    fill(people)
    assert people.migration(three)["state"] == "Completed"
    for wrong in (one, three):
        with pytest.raises(Conflict):
            cut(people, wrong)
        with pytest.raises(Conflict):
            people.write(lambda frame, wrong=wrong: frame.abort(wrong, "x"))  # type: ignore[misc] # mypy#12557
    assert [each["id"] for each in people.migrations()] == [one, two, three]
    assert [each["event"] for each in people.migration_audit()] == [
        "submit", "abort", "submit", "ready", "abort", "submit", "ready", "auto-cutover",
    ]  # fmt: skip
    assert "age" not in rows(people)[0]


@pytest.mark.parametrize(
    ("op", "row", "says"),
    [
        ({"ChangeType": {"name": "age", "type": "i64"}}, person(3, age="03"), "`3`: column `age`"),
        ({"ChangeType": {"name": "age", "type": "i64"}}, person(3, age="ten"), "`3`: column `age`"),
        ({"SetRequired": {"name": "boss", "required": True}}, person(3), "`boss` is required"),
        ({"AddIndex": {"columns": ["name"]}}, person(3, name="é" * 1_301), "`name` is in an index"),
        ({"ChangeType": {"name": "mail", "type": "f64"}}, person(3, mail="1.0"), "must be unique"),
    ],
)
def test_rows_that_cannot_be_converted(people: Namespace, op: Any, row: Any, says: str) -> None:
    """One that is there fails the migration; one that is written late fails the cut-over."""
    good = {"age": "1", "boss": 1, "mail": "1"}
    put(people, person(1, **good), row)
    early = begin(people, op)
    fill(people)
    failed = people.migration(early)
    assert failed["state"] == "Failed"
    assert says in failed["reason"]
    people.write(lambda frame: frame.delete("d.people", "3"))
    late = begin(people, op)
    fill(people)
    assert people.migration(late)["state"] == "ReadyToCutover"
    put(people, row)
    assert cut(people, late)["state"] == "Failed"
    assert rows(people) == [person(1, **good), row]
    assert [each["event"] for each in people.migration_audit()] == ["submit", "fail", "submit", "ready", "fail"]
    fill(people)


def test_a_row_written_late_into_an_empty_table(people: Namespace) -> None:
    migration = begin(people, {"AddColumn": {"name": "x", "type": "str", "required": True}})
    put(people, person(1))
    fill(people)
    assert "`x` is required" in people.migration(migration)["reason"]


def test_who_follows_the_log_has_the_same_table(people: Namespace, store: Store) -> None:
    put(people, *(person(n) for n in range(1_500)))
    people.write(lambda frame: frame.delete("d.people", "9"))
    migrated(people, {"ChangeType": {"name": "age", "type": "i64"}}, {"RenameColumn": {"from": "name", "to": "called"}})
    follower = store.namespace("bob")
    for _, frame in people.frames(None, 1_000):
        follower.write(partial(_followed, json.loads(frame)))
    assert follower.query({"Scan": {"schema": "d.people"}}) == rows(people)
    assert follower.manifest_text("d.people") == people.manifest_text("d.people")
    assert follower.migration_audit() == people.migration_audit()
    assert [each["state"] for each in follower.migrations()] == ["Completed"]
    late = person(9, called="n9", age=9)
    del late["name"]
    assert follower.write(lambda frame: frame.put("d.people", late)).version == 2


def test_who_follows_and_then_leads_goes_on_with_an_open_migration(people: Namespace, store: Store) -> None:
    put(people, *(person(n) for n in range(1_500)))
    migration = begin(people, {"DropColumn": {"name": "age"}})
    people.upkeep(0.0001)
    leader = store.namespace("bob")
    for _, frame in people.frames(None, 1_000):
        leader.write(partial(_followed, json.loads(frame)))
    leader.write(lambda frame: frame.put("d.people", person(9_999)))
    fill(leader)
    assert cut(leader, migration)["state"] == "Completed"
    assert [row["id"] for row in rows(leader)] == [*range(1_500), 9_999]
    assert "age" not in rows(leader)[0]


def _followed(told: Any, frame: Frame) -> None:
    """Does again what a frame of the log tells."""
    for op in told["ops"]:
        match op["op"]:
            case "put":
                frame.put(op["schema"], op["row"])
            case "del":
                frame.delete(op["schema"], str(op["key"]))
            case "schema":
                frame.register(op["toml"])
            case "mig":
                following.apply(frame, op["record"], told["at_secs"])  # type: ignore[arg-type] # the frame of this store


def test_writes_of_the_same_commit_are_not_lost(people: Namespace) -> None:
    """The cut-over sees what its own frame, and frames before it that share its commit, have written."""
    put(people, *(person(n) for n in range(5)))
    migration = begin(people, {"AddColumn": {"name": "x", "type": "i64"}})
    fill(people)

    def work(frame: Frame) -> Any:
        frame.put("d.people", person(1, name="mine"))
        return frame.cut_over(migration, "tester")

    blocked = people.transaction()
    with blocked as frame:
        frame.put("d.people", person(0, name="before"))
        together = [people.submit(lambda frame, n=n: frame.put("d.people", person(n, name="first"))) for n in (2, 3)]  # type: ignore[misc] # mypy#12557
        done = people.submit(work)
    assert done.result()["state"] == "Completed"
    assert [each.result().key for each in together] == [2, 3]
    assert [row["name"] for row in rows(people)] == ["before", "mine", "first", "first", "n4"]


def test_an_open_snapshot_goes_on_reading_the_old_table(people: Namespace) -> None:
    put(people, person(1))
    migration = begin(people, {"DropColumn": {"name": "age"}})
    fill(people)
    with people.snapshot() as reading:
        reading.get("d.people", "1")
        cut(people, migration)
        people.upkeep(0.1)
        assert reading.query({"Scan": {"schema": "d.people"}}) == [person(1)]
    assert "age" not in rows(people)[0]
