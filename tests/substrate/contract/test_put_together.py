"""Rows that several callers put at once: one commit, and for each of them its own outcome and its own frame."""

import json
from collections.abc import Sequence
from pathlib import Path
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
