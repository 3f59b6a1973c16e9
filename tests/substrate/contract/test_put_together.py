"""Rows that several callers put at once: one commit, and for each of them its own outcome and its own frame."""

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

from substrate.errors import Invalid
from substrate.interface import Namespace, Pending, PutRow, Written
from substrate.opening import open_store
from tests.substrate.contract.conftest import ORDERS

ITEMS = """
namespace = "shop"
table = "items"
primary_key = ["id"]
columns = [{ name = "id", ty = "i64" }, { name = "order", ty = "i64" }]
foreign_keys = [{ column = "order", to_table = "shop.orders" }]
"""

PARCELS = """
id = "shop.parcels"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "uuid", generated = true }, { name = "n", type = "i64", unique = true }]
"""
HEAVY = """
namespace = "shop"
table = "heavy"
primary_key = ["id"]
columns = [{ name = "id", ty = "uuid", generated = true }, { name = "n", ty = "i64" }]
check_constraints = [{ name = "heavy", expr = "n > 10" }]
"""
KEY = "0c9d2f4e-0000-4000-8000-000000000001"


def row(number: int, mail: str | None = None) -> dict[str, Any]:
    return {"id": number, "who": f"w{number}", "mail": mail}


def together(namespace: Namespace, *works: PutRow) -> Sequence[Pending[Written]]:
    """What came of works that wait for the same commit."""
    gathered = Event()
    namespace.submit(lambda frame: gathered.wait(10))
    pending = [namespace.submit(work) for work in works]
    gathered.set()
    for each in pending:
        each.exception(10)
    return pending


def test_each_row_is_a_frame_and_a_key_counts_its_versions(ada: Namespace) -> None:
    rows = [*(row(number) for number in range(1, 20)), row(7, "seven")]
    written = [each.result() for each in together(ada, *(PutRow("shop.orders", each) for each in rows))]
    assert [each.key for each in written] == [*range(1, 20), 7]
    assert [each.version for each in written] == [*[1] * 19, 2]
    [_, *frames] = ada.frames(None, 100)
    assert [each.lsn for each in written] == [lsn for lsn, _ in frames]
    logged = [json.loads(frame)["ops"] for _, frame in frames]
    assert [[op["row"]["mail"] for op in ops] for ops in logged] == [*[[None]] * 19, ["seven"]]
    assert ada.get("shop.orders", "7") == {
        "id": 7, "who": "w7", "price": 9.5, "paid": None, "mail": "seven", "_oc_row_version": 2,
    }  # fmt: skip


def test_a_row_that_is_refused_fails_alone(ada: Namespace) -> None:
    rows = [row(1), row(2, "same"), {"id": "three", "who": "w"}, row(4, "same"), row(5)]
    done = together(ada, *(PutRow("shop.orders", each) for each in rows))
    refused = {index: each.exception() for index, each in enumerate(done) if each.exception()}
    assert {index: type(error) for index, error in refused.items()} == {2: Invalid, 3: Invalid}
    assert [error.detail for error in refused.values()] == [{"column": "id"}, {"column": "mail"}]  # type: ignore[union-attr] # see above
    assert [one["id"] for one in ada.query({"Scan": {"schema": "shop.orders"}})] == [1, 2, 5]
    assert len(list(ada.frames(None, 100))) == 1 + 3


def test_a_row_cannot_point_to_one_that_comes_behind_it(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(ITEMS))
    early, order, late = together(
        ada,
        PutRow("shop.items", {"id": 1, "order": 8}),
        PutRow("shop.orders", row(8)),
        PutRow("shop.items", {"id": 2, "order": 8}),
    )
    assert isinstance(early.exception(), Invalid)
    assert (order.result().version, late.result().version) == (1, 1)


def test_rows_without_keys_get_new_ones(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(PARCELS))
    pending = together(ada, *(PutRow("shop.parcels", {"n": number}) for number in (1, 2, 2, 3)))
    assert isinstance(pending[2].exception(), Invalid)
    done = [pending[index].result() for index in (0, 1, 3)]
    assert [(each.made, each.version) for each in done] == [(True, 1)] * 3
    assert [(ada.get("shop.parcels", each.key) or {})["n"] for each in done] == [1, 2, 3]
    logged = [op for _, frame in ada.frames(None, 100) for op in json.loads(frame)["ops"] if op["op"] == "put"]
    assert [(op["key"], op["row"], op["version"]) for op in logged] == [
        (each.key, {"id": each.key, "n": number}, 1) for each, number in zip(done, (1, 2, 3), strict=True)
    ]


def test_a_key_that_was_given_is_not_a_made_one(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(PARCELS))
    given, made = together(ada, PutRow("shop.parcels", {"n": 1, "id": KEY}), PutRow("shop.parcels", {"n": 2}))
    assert (given.result().key, given.result().made, made.result().made) == (KEY, False, True)
    again = together(ada, *[PutRow("shop.parcels", {"n": 1, "id": KEY})] * 2)
    assert [each.result().version for each in again] == [2, 3]


def test_rows_with_new_keys_are_checked(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(HEAVY))
    light, heavy = together(ada, PutRow("shop.heavy", {"n": 1}), PutRow("shop.heavy", {"n": 11}))
    assert isinstance(light.exception(), Invalid)
    assert [one["id"] for one in ada.query({"Scan": {"schema": "shop.heavy"}})] == [heavy.result().key]


def test_works_that_are_handed_over_together_are_told_together(ada: Namespace) -> None:
    told: SimpleQueue[tuple[list[Any], bool]] = SimpleQueue()
    works = [PutRow("shop.orders", row(1)), PutRow("shop.orders", {"id": "x"}), PutRow("shop.orders", row(2))]
    ada.submit_all(works, lambda outcomes, late: told.put((list(outcomes), late)))
    outcomes, late = told.get(timeout=10)
    assert late is False
    assert [failure if failure is None else type(failure) for _, failure in outcomes] == [None, Invalid, None]
    assert (outcomes[0][0].key, outcomes[2][0].key) == (1, 2)


def test_whoever_gives_up_waiting_leaves_the_others_theirs(ada: Namespace) -> None:
    gathered = Event()
    ada.submit(lambda frame: gathered.wait(10))
    gone, stays = (ada.submit(PutRow("shop.orders", row(number))) for number in (1, 2))
    assert gone.cancel()
    gathered.set()
    assert stays.result(10).key == 2
    assert ada.get("shop.orders", "1") is not None


def test_what_comes_while_another_writer_has_the_turn_is_one_commit(url: str, tmp_path: Path) -> None:
    commits: list[str] = []
    ours, theirs = open_store(url, tmp_path, on_change=commits.append), open_store(url, tmp_path)
    namespace = ours.namespace("turns")
    namespace.write(lambda frame: frame.register(ORDERS))
    commits.clear()
    with theirs.namespace("turns").transaction():
        pending = [namespace.submit(PutRow("shop.orders", row(number))) for number in range(30)]
    assert [each.result(10).version for each in pending] == [1] * 30
    assert commits == ["turns"]
    ours.close()
    theirs.close()


def test_rows_are_those_of_the_tables_in_their_turn(url: str, tmp_path: Path) -> None:
    """A column that another process has declared while they waited has its default in them, and in the log."""
    ours, theirs = open_store(url, tmp_path), open_store(url, tmp_path)
    namespace = ours.namespace("turns")
    namespace.write(lambda frame: frame.register(PARCELS))
    grown = PARCELS.replace("unique = true }]", 'unique = true }, { name = "to", type = "str", default = "home" }]')
    with theirs.namespace("turns").transaction() as frame:
        pending = [namespace.submit(PutRow("shop.parcels", {"n": number})) for number in range(3)]
        frame.register(grown)
    written = [each.result(10) for each in pending]
    assert [(namespace.get("shop.parcels", each.key) or {})["to"] for each in written] == ["home"] * 3
    [*_, last] = namespace.frames(None, 100)
    assert json.loads(last[1])["ops"][0]["row"] == {"id": written[2].key, "n": 2, "to": "home"}
    ours.close()
    theirs.close()


def test_the_same_row_handed_over_twice_gets_two_keys(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(PARCELS.replace(", unique = true", "")))
    one, other = together(ada, *[PutRow("shop.parcels", {"n": 1})] * 2)
    assert one.result().key != other.result().key
    assert len(ada.query({"Scan": {"schema": "shop.parcels"}})) == 2


def test_a_frame_of_a_made_key_is_written_as_all_others_are(ada: Namespace) -> None:
    """Byte by byte what a frame is by its description, with the checksum of the bytes before it."""
    ada.write(lambda frame: frame.register(PARCELS))
    [done] = together(ada, PutRow("shop.parcels", {"n": 5}))
    [*_, (lsn, frame)] = ada.frames(None, 100)
    at = json.loads(frame)["at_secs"]
    body = (
        f'{{"lsn":{{"segment":0,"offset":{lsn.offset}}},"epoch":0,"tenant":"ada","at_secs":{at},"ops":[{{"op":"put",'
        f'"schema":"shop.parcels","key":"{done.result().key}","row":{{"id":"{done.result().key}","n":5}},"version":1}}]'
    )
    assert frame == f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}'.encode()
    assert done.result().lsn == lsn
