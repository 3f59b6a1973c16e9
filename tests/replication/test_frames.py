"""What a follower makes of frames and dumps: the same namespace, byte for byte in its log; nothing of damaged ones."""

from collections.abc import Iterator

import pytest

from substrate.errors import Conflict
from substrate.interface import Lsn, Namespace, Store
from tests.replication.worlds import change, declare, told

BEGIN = Lsn(0, 0)


@pytest.fixture
def ada(leader: Store) -> Namespace:
    namespace = leader.namespace("ada")
    namespace.write(declare)
    change(namespace, 1)
    return namespace


@pytest.fixture
def copy(follower: Store) -> Namespace:
    return follower.namespace("ada")


def frames(namespace: Namespace, begin: Lsn = BEGIN) -> list[bytes]:
    return [frame for _, frame in namespace.frames_between(begin, Lsn(9, 9), 10_000)]


def test_frames_done_again_give_the_same_namespace(ada: Namespace, copy: Namespace) -> None:
    for seed in range(2, 6):
        change(ada, seed)
    ada.write(lambda frame: frame.drop("shop.orders"))
    whole = frames(ada)
    assert copy.apply(whole[:7], 0) < copy.apply(whole[7:], 0) == ada.lsn()
    assert told(copy) == told(ada)
    assert frames(copy) == whole


def test_a_dump_is_the_namespace_at_one_moment(ada: Namespace, copy: Namespace) -> None:
    dump = ada.dump(whole=False)
    first = [next(dump)]
    before = told(ada)
    change(ada, 2)
    assert copy.load([*first, *dump], whole=False) == before["lsn"]
    assert told(copy) == before
    assert copy.apply(frames(ada, before["lsn"]), 0) == ada.lsn()
    assert told(copy) == told(ada)


def test_a_dump_takes_the_place_of_what_was_there(ada: Namespace, copy: Namespace) -> None:
    copy.write(declare)
    change(copy, 9)
    copy.write(lambda frame: frame.system("INSERT INTO note (id, text) VALUES (1, 'stays')"))
    copy.load(ada.dump(whole=False), whole=False)
    assert told(copy) == told(ada)
    assert copy.system("SELECT text FROM note") == [("stays",)]


def test_versions_go_on_after_deletes(ada: Namespace, copy: Namespace) -> None:
    ada.write(lambda frame: frame.put("shop.orders", {"id": 77, "who": "a"}))
    ada.write(lambda frame: frame.delete("shop.orders", "77"))
    copy.load(ada.dump(whole=False), whole=False)
    for each in (ada, copy):
        assert each.write(lambda frame: frame.put("shop.orders", {"id": 77, "who": "b"})).version == 2


def test_a_migration_is_done_by_the_follower_too(ada: Namespace, copy: Namespace) -> None:
    diff = [{"AddColumn": {"name": "more", "type": "i64", "default": 5}}]
    ada.write(lambda frame: frame.migrate("m1", "shop.orders", diff, "me"))
    copy.load(ada.dump(whole=False), whole=False)
    at = ada.lsn()
    while ada.migration("m1")["state"] != "ReadyToCutover":
        ada.upkeep(1)
    change(ada, 3)
    ada.write(lambda frame: frame.cut_over("m1", "me"))
    copy.apply(frames(ada, at), 0)
    assert ada.query({"Scan": {"schema": "shop.orders"}})[0]["more"] == 5
    assert told(copy)["rows"] == told(ada)["rows"]
    assert copy.migration("m1")["state"] == "Completed"


def _damage(whole: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    yield "a bit", [whole[0][:90] + bytes([whole[0][90] ^ 1]) + whole[0][91:], *whole[1:]]
    yield "one missing", [whole[0], *whole[2:]]
    yield "twice", [whole[0], whole[0]]
    yield "cut", [whole[0][:-3]]
    yield "not a frame", [b"{}"]
    yield "empty", [b""]


def test_damaged_frames_change_nothing(ada: Namespace, copy: Namespace) -> None:
    whole = frames(ada)
    assert copy.apply(whole[:3], 0)
    before = told(copy)
    for what, found in _damage(whole[3:]):
        with pytest.raises(Conflict) as refusal:
            copy.apply(found, 0)
        assert refusal.value.detail["damaged"] is True, what
        assert told(copy) == before, what


def test_a_damaged_dump_changes_nothing(ada: Namespace, copy: Namespace) -> None:
    whole = list(ada.dump(whole=False))
    copy.load(whole, whole=False)
    before = told(copy)
    for found in (whole[:-1], whole[1:], [*whole[:2], *whole[3:]], [*whole, whole[-1]], []):
        with pytest.raises(Conflict):
            copy.load(found, whole=False)
        assert told(copy) == before


def test_frames_of_another_tenant_or_epoch_are_refused(leader: Store, ada: Namespace, copy: Namespace) -> None:
    ben = leader.namespace("ben")
    ben.write(declare)
    copy.make()
    with pytest.raises(Conflict, match="another tenant"):
        copy.apply(frames(ben), 0)
    with pytest.raises(Conflict, match="epoch"):
        copy.apply(frames(ada), -1)


def test_a_window_says_where_its_frames_end(ada: Namespace) -> None:
    whole = ada.frames_between(BEGIN, Lsn(9, 9), 100)
    window = ada.window(BEGIN, 3)
    assert (window.begin, window.end, window.log_end, window.crc) == (BEGIN, whole[3][0], ada.lsn(), None)
    behind = ada.window(whole[3][0], None)
    assert behind.crc == whole[2][1][-10:-2].decode()
    assert ada.window(Lsn(4, 4), None).end == Lsn(4, 4)
