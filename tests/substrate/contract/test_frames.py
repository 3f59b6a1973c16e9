"""Frames: all or nothing, one commit for many callers, the log that tells of each."""

import json
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from substrate.errors import Conflict, Invalid, StoreError
from substrate.interface import Frame, Lsn, Namespace, Remembered, Store


def row(number: int) -> dict[str, Any]:
    return {"id": number, "who": f"w{number}", "mail": None}


def put(namespace: Namespace, number: int) -> Lsn:
    """Writes a row; where its frame stands."""
    return namespace.write(lambda frame: frame.put("shop.orders", row(number))).lsn


def read_log(namespace: Namespace) -> list[dict[str, Any]]:
    """All frames, each proven whole and in its place."""
    frames, place = [], Lsn(0, 0)
    for lsn, frame in namespace.frames(None, 1_000_000):
        body, crc = frame.rsplit(b',"crc":"', 1)
        assert crc == b'%08x"}' % zlib.crc32(body)
        read = json.loads(frame)
        assert Lsn(**read["lsn"]) == lsn == place
        assert read["tenant"] == namespace.name
        frames.append(read)
        place = Lsn(place.segment, place.offset + len(frame))
    assert namespace.lsn() == place
    return frames


def test_each_write_leaves_one_frame(ada: Namespace) -> None:
    ada.write(lambda frame: frame.put("shop.orders", row(1)))
    ada.write(lambda frame: frame.put_many("shop.orders", [row(2), row(3)]))
    ada.write(lambda frame: frame.delete("shop.orders", "2"))
    ada.write(lambda frame: frame.delete("shop.orders", "2"))  # nothing to log
    ada.write(lambda frame: frame.update("shop.orders", {"who": "z"}, {"Eq": ["id", 3]}))
    ops = [[(op["op"], op.get("key"), op.get("version")) for op in frame["ops"]] for frame in read_log(ada)]
    assert ops == [
        [("schema", None, 1)],
        [("put", 1, 1)],
        [("put", 2, 1), ("put", 3, 1)],
        [("del", 2, None)],
        [("put", 3, 2)],
    ]
    full = {"id": 3, "who": "z", "price": 9.5, "paid": None, "mail": None}
    assert read_log(ada)[-1]["ops"][0]["row"] == full


def test_secrets_are_not_in_the_log(store: Store) -> None:
    namespace = store.namespace("vault")
    columns = 'columns = [{name="id", type="i64"}, {name="k", type="encrypted"}]'
    namespace.write(lambda frame: frame.register(f'id = "v.keys"\nprimary_key.columns = ["id"]\n{columns}'))
    namespace.write(lambda frame: frame.put("v.keys", {"id": 1, "k": "open sesame"}))
    namespace.write(lambda frame: frame.update("v.keys", {"k": "open barley"}, {"Eq": ["id", 1]}))
    assert namespace.get("v.keys", "1") == {"id": 1, "k": "open barley", "_oc_row_version": 2}
    logged = b"".join(frame for _, frame in namespace.frames(None, 100))
    assert b"sesame" not in logged
    assert b"barley" not in logged


def test_a_work_that_raises_undoes_itself_and_no_other(ada: Namespace) -> None:
    def bad(frame: Any) -> None:
        frame.put("shop.orders", row(100))
        raise ZeroDivisionError

    def good(number: int) -> Callable[[Frame], object]:
        return lambda frame: frame.put("shop.orders", row(number))

    futures = [ada.submit(good(number) if number % 3 else bad) for number in range(60)]
    failed = [number for number, future in enumerate(futures) if isinstance(future.exception(10), ZeroDivisionError)]
    assert failed == list(range(0, 60, 3))
    rows = {one["id"] for one in ada.query({"Scan": {"schema": "shop.orders"}})}
    assert rows == set(range(60)) - set(failed)
    assert len(read_log(ada)) == 1 + 40


def test_what_raises_inside_a_frame_leaves_the_frame_as_it_was(ada: Namespace) -> None:
    with ada.transaction() as frame:
        frame.put("shop.orders", row(1))
        with pytest.raises(Invalid):
            frame.put_many("shop.orders", [row(2), {"id": "x"}])
        with pytest.raises(StoreError):
            frame.put("shop.nothing", row(2))
        assert [one["id"] for one in frame.query({"Scan": {"schema": "shop.orders"}})] == [1]
        assert ada.query({"Scan": {"schema": "shop.orders"}}) == []
    assert [one["id"] for one in ada.query({"Scan": {"schema": "shop.orders"}})] == [1]
    assert [len(frame["ops"]) for frame in read_log(ada)] == [1, 1]


def test_a_transaction_that_raises_leaves_nothing(ada: Namespace) -> None:
    def work() -> None:
        with ada.transaction() as frame:
            frame.put("shop.orders", row(1))
            frame.create_database("other")
            frame.register('id="other.t"\nprimary_key.columns=["a"]\ncolumns=[{name="a",type="str"}]')
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert ada.table_ids() == ["shop.orders"]
    assert ada.databases() == ["shop"]
    assert len(read_log(ada)) == 1
    ada.write(lambda frame: frame.register('id="other.t"\nprimary_key.columns=["b"]\ncolumns=[{name="b",type="str"}]'))
    assert ada.write(lambda frame: frame.put("other.t", {"b": "x"})).version == 1


def test_many_threads_write_at_once(ada: Namespace) -> None:
    with ThreadPoolExecutor(16) as pool:
        written = list(pool.map(lambda n: ada.write(lambda frame: frame.put("shop.orders", row(n))), range(200)))
    assert len({one.lsn for one in written}) == 200
    assert {op["key"] for frame in read_log(ada)[1:] for op in frame["ops"]} == set(range(200))


def test_an_empty_frame_says_where_the_log_is(ada: Namespace) -> None:
    before = ada.lsn()
    assert ada.write(lambda frame: (list(frame.put_many("shop.orders", [])), frame.lsn)) == ([], before)
    assert ada.lsn() == before


def test_the_log_is_read_from_a_place(ada: Namespace) -> None:
    places = [put(ada, number) for number in range(5)]
    assert [lsn for lsn, _ in ada.frames(places[1], 100)] == places[2:]
    assert [lsn for lsn, _ in ada.frames(places[1], 2)] == places[2:4]
    assert list(ada.frames(places[-1], 100)) == []
    with pytest.raises(Conflict) as refused:
        list(ada.frames(Lsn(9, 0), 1))
    assert refused.value.detail["oldest"] == {"segment": 0, "offset": 0}


def test_answers_are_kept_with_what_they_answer(ada: Namespace) -> None:
    answer = Remembered("abc", 200, b'{"ok":true}')

    def work(frame: Any) -> None:
        frame.put("shop.orders", row(1))
        frame.remember("key-1", answer)

    ada.write(work)
    assert ada.remembered("key-1") == answer
    assert ada.remembered("key-2") is None

    def bad(frame: Frame) -> None:
        frame.remember("key-2", answer)
        frame.put("shop.orders", {"id": "x"})

    with pytest.raises(Invalid):
        ada.write(bad)
    assert ada.remembered("key-2") is None


def test_a_handle_sees_what_another_one_declared(store: Store, ada: Namespace, url: str, tmp_path: Any) -> None:
    from substrate.opening import open_store

    other = open_store(url, tmp_path / "data").namespace("ada")
    assert other.table_ids() == ["shop.orders"]
    ada.write(lambda frame: frame.register('id="shop.b"\nprimary_key.columns=["a"]\ncolumns=[{name="a",type="str"}]'))
    assert other.table_ids() == ["shop.b", "shop.orders"]
    other.write(lambda frame: frame.put("shop.b", {"a": "x"}))
    assert other.write(lambda frame: frame.drop("shop.b")) is True
    assert ada.table_ids() == ["shop.orders"]
    ada.write(lambda frame: frame.register('id="shop.b"\nprimary_key.columns=["z"]\ncolumns=[{name="z",type="i64"}]'))
    assert other.query({"Scan": {"schema": "shop.b"}}) == []
    other.write(lambda frame: frame.put("shop.b", {"z": 1}))
    assert ada.get("shop.b", "1") == {"z": 1, "_oc_row_version": 1}


@pytest.mark.parametrize("key", ["a\0b", "\ud800", "k" * 2_001])
def test_a_key_that_no_engine_keeps_is_refused(ada: Namespace, key: str) -> None:
    for work in (
        lambda: ada.write(lambda frame: frame.cache(key, b"1", 0.0, None)),
        lambda: ada.cached(key, 0.0),
        lambda: ada.write(lambda frame: frame.uncache(key, 0.0)),
        lambda: ada.write(lambda frame: frame.cache_for(key, 0.0, 1.0)),
        lambda: ada.remembered(key),
    ):
        with pytest.raises(Invalid, match="a key"):
            work()


def test_what_became_secret_later_was_clear_before(ada: Namespace) -> None:
    table = 'id="v.keys"\nprimary_key.columns=["id"]\ncolumns=[{name="id",type="i64"},{name="k",type="%s"}]'
    ada.write(lambda frame: frame.register(table % "str"))
    ada.write(lambda frame: frame.put("v.keys", {"id": 1, "k": "plain text"}))
    ada.write(lambda frame: frame.drop("v.keys"))
    ada.write(lambda frame: frame.register(table % "encrypted"))
    ada.write(lambda frame: frame.put("v.keys", {"id": 1, "k": "hidden"}))
    ops = [op for _, changed in ada.changes(None, 100) for op in changed if op["op"] == "put"]
    assert [op["row"]["k"] for op in ops] == ["plain text", "hidden"]
