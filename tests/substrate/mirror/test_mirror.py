"""The mirror itself: it finds what differs, in answers, in refusals, at the end of frames, and in the log."""

from collections.abc import Iterator
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest

from substrate.errors import Conflict, Invalid
from substrate.interface import NotUniqueError, Store
from substrate.opening import open_store
from tests.substrate.contract.conftest import ALL_TYPES, ORDERS
from tests.substrate.mirror import alike
from tests.substrate.mirror.drawn import ONE
from tests.substrate.mirror.lockstep import Difference, Outcome, agreed
from tests.substrate.mirror.namespace import MirrorNamespace
from tests.substrate.mirror.store import MirrorStore

SCAN = {"Scan": {"schema": "shop.orders"}}


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[list[Store]]:
    """Two stores that can be changed behind the mirror's back."""
    stores = [open_store("", tmp_path / name) for name in ("left", "right")]
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def mirrored(sides: list[Store]) -> Iterator[MirrorNamespace]:
    """A namespace with orders on both."""
    store = MirrorStore(*sides)
    namespace = store.namespace("ada")
    namespace.write(lambda frame: frame.register(ORDERS))
    yield namespace
    store.close()


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "who": "w", **more}


def test_what_is_alike_is_given(mirrored: MirrorNamespace) -> None:
    assert mirrored.write(lambda frame: frame.put("shop.orders", row(1))).key == 1
    assert [each["id"] for each in mirrored.query(SCAN)] == [1]
    with pytest.raises(Invalid, match="required"):
        mirrored.write(lambda frame: frame.put("shop.orders", {"id": 2}))


def test_another_answer_is_a_difference(mirrored: MirrorNamespace) -> None:
    mirrored.right.write(lambda frame: frame.put("shop.orders", row(1)))
    with pytest.raises(Difference, match=r"(?s)query.*sqlite   \[\]\npostgres .*'w'"):
        mirrored.query(SCAN)
    with pytest.raises(Difference, match="lsn"):
        mirrored.lsn()
    with pytest.raises(Difference, match="frames"):
        mirrored.frames(None, 10)


def test_another_refusal_is_a_difference_and_leaves_no_trace(mirrored: MirrorNamespace) -> None:
    for side, mail in ((mirrored.left, "m"), (mirrored.right, "n")):
        side.write(lambda frame, mail=mail: frame.put("shop.orders", row(2, mail=mail)))
    with pytest.raises(Difference, match="unique"):
        mirrored.write(lambda frame: (frame.put("shop.orders", row(3)), frame.put("shop.orders", row(4, mail="m"))))
    assert [each["id"] for side in (mirrored.left, mirrored.right) for each in side.query(SCAN)] == [2, 2]


def test_other_bytes_in_the_cache_are_a_difference(mirrored: MirrorNamespace) -> None:
    for side, value in ((mirrored.left, b"1"), (mirrored.right, b"2")):
        side.write(lambda frame, value=value: frame.cache("k", value, 0.0, None))
    with pytest.raises(Difference, match=r"cached\('k', 1.0\)"):
        mirrored.cached("k", 1.0)


def test_types_of_numbers_and_the_order_of_rows_count() -> None:
    for left, right in ((1, 1.0), (True, 1), (0.0, -0.0), ([1, 2], [2, 1]), ({"a": 1, "b": 2}, {"b": 2, "a": 1})):
        with pytest.raises(Difference):
            agreed("asked", Outcome(left), Outcome(right))
    agreed("asked", Outcome([1, 2]), Outcome([2, 1]), alike.in_any_order)


def test_the_end_of_a_frame_is_compared(mirrored: MirrorNamespace) -> None:
    text = 'namespace = "shop"\ntable = "parts"\nprimary_key = ["id"]\ncolumns = [{ name = "id", type = "i64" }]\n'
    key = '[[foreign_keys]]\nfrom_col = "id"\ntarget = { namespace = "shop", table = "orders" }\n'
    mirrored.write(lambda frame: frame.register(text + key))
    with pytest.raises(Invalid, match="no key"):
        mirrored.write(lambda frame: frame.put("shop.parts", {"id": 1}))
    mirrored.write(lambda frame: frame.put_many("shop.orders", [row(1), row(2)]))
    for side, part in ((mirrored.left, 1), (mirrored.right, 2)):
        side.write(lambda frame, part=part: frame.put("shop.parts", {"id": part}))
    with pytest.raises(Difference, match="the end of a frame"):
        mirrored.write(lambda frame: frame.delete("shop.orders", "1"))


def test_a_foreign_key_of_another_type_finds_what_reads_the_same(ada: MirrorNamespace) -> None:
    column = '{ name = "id", type = "uuid" }'
    ada.write(lambda frame: frame.register(f'id = "s.a"\nprimary_key.columns = ["id"]\ncolumns = [{column}]'))
    key = '[[foreign_keys]]\nfrom_col = "a"\ntarget = { namespace = "s", table = "a" }\n'
    columns = '[{ name = "id", type = "i64" }, { name = "a", type = "str" }]'
    text = f'namespace = "s"\ntable = "b"\nprimary_key = ["id"]\ncolumns = {columns}\n{key}'
    ada.write(lambda frame: frame.register(text))
    ada.write(lambda frame: frame.put("s.a", {"id": ONE}))
    ada.write(lambda frame: frame.put("s.b", {"id": 1, "a": ONE}))
    with pytest.raises(Invalid, match=r"`a`: .x. is no key of `s\.a`"):
        ada.write(lambda frame: frame.put("s.b", {"id": 2, "a": "x"}))
    with pytest.raises(Invalid, match="still points to"):
        ada.write(lambda frame: frame.delete("s.a", ONE))


def test_of_several_values_that_must_be_unique_the_first_is_named(ada: MirrorNamespace) -> None:
    columns = "".join(f', {{ name = "{name}", type = "i64", unique = true }}' for name in ("z", "b"))
    text = f'id = "s.u"\nprimary_key.columns = ["id"]\ncolumns = [{{ name = "id", type = "i64" }}{columns}]'
    ada.write(lambda frame: frame.register(text))
    ada.write(lambda frame: frame.put("s.u", {"id": 1, "z": 1, "b": 1}))
    with pytest.raises(Invalid, match="column `z`"):
        ada.write(lambda frame: frame.put("s.u", {"id": 2, "z": 1, "b": 1}))
    with pytest.raises(Invalid, match="column `z`"):
        ada.write(lambda frame: frame.put_many("s.u", [{"id": 2, "z": 1, "b": 1}]))


def test_a_frame_that_fails_half_way_is_undone_on_both(mirrored: MirrorNamespace) -> None:
    def work(frame: Any) -> None:
        frame.put("shop.orders", row(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mirrored.write(work)
    with pytest.raises(ZeroDivisionError), mirrored.transaction() as frame:
        work(frame)
    assert mirrored.query(SCAN) == []


def test_generated_keys_are_the_same(ada: MirrorNamespace) -> None:
    ada.write(lambda frame: frame.register(ALL_TYPES))
    written = [ada.write(lambda frame: frame.put("shop.things", {"secret": "s"})).key for _ in range(2)]
    assert written[0] != written[1]
    found = ada.get("shop.things", written[0])
    assert found
    assert found["secret"] == "s"
    assert len(list(ada.frames(None, 10))) == len(list(ada.changes(None, 10))) == 3


def test_a_refusal_in_a_frame_does_not_end_it(ada: MirrorNamespace) -> None:
    ada.write(lambda frame: frame.register(ORDERS))
    with ada.transaction() as frame:
        frame.put("shop.orders", row(1, mail="m"))
        with pytest.raises(Invalid):
            frame.put("shop.orders", row(2, mail="m"))
        with pytest.raises(Invalid):
            frame.put_many("shop.orders", [row(2, mail="m")])
        with pytest.raises(Conflict):
            frame.put("shop.orders", row(1), insert=True)
        frame.put("shop.orders", row(3))
    assert [each["id"] for each in ada.query(SCAN)] == [1, 3]


def test_system_tables_are_alike(ada: MirrorNamespace) -> None:
    adding = "INSERT INTO note VALUES (?, ?, ?) RETURNING weight, size * ?"
    assert ada.write(lambda frame: frame.system(adding, "b", True, 3, 2)) == [(3.0, 2)]
    ada.write(lambda frame: frame.system(adding, "a", None, 0.1, 2))
    assert ada.system("SELECT id, size, weight FROM note ORDER BY id") == [("a", None, 0.1), ("b", 1, 3.0)]
    assert ada.system("SELECT count(*), sum(size), max(weight), avg(weight) FROM note") == [(2, 1, 3.0, 1.55)]
    for refused in ("INSERT INTO note (id) VALUES ('a')", "SELECT nothing FROM note", "DELETE FROM note WHERE"):
        with pytest.raises((NotUniqueError, Invalid)):
            ada.write(methodcaller("system", refused))
    stamp = ada.stamp()
    ada.write(lambda frame: frame.system("DELETE FROM note"))
    assert ada.stamp() != stamp


def test_a_difference_in_system_tables_is_found(ada: MirrorNamespace) -> None:
    ada.make()
    ada.right.write(lambda frame: frame.system("INSERT INTO note (id) VALUES (?)", "a"))
    with pytest.raises(Difference, match="system"):
        ada.system("SELECT id FROM note")
