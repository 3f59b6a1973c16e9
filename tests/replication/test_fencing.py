"""Who may write: the epoch that each commit looks at, the end of a lease, and what followers have acknowledged."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from substrate.commit import Commit
from substrate.errors import Conflict, Fenced, Unavailable
from substrate.interface import DatabaseError, Frame, Namespace, Store
from substrate.opening import open_control, open_store
from substrate.replication.leases import DATABASE, MIGRATIONS, Followers, Leases
from substrate.replication.standing import Standing, Standings, moment
from tests.http.running import until
from tests.replication.worlds import declare
from worker.replication.keeping import Keeper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def store(url: str, folder: Path) -> Iterator[Store]:
    opened = open_store(url, folder)
    yield opened
    opened.close()


@pytest.fixture
def ada(store: Store) -> Namespace:
    store.namespace("ada").write(declare)
    return store.namespace("ada")


def put(namespace: Namespace, number: int) -> None:
    namespace.write(lambda frame: frame.put("shop.orders", {"id": number, "who": "x"}))


def lead(folder: Path, epoch: int, seconds: float = 60.0) -> Standing:
    standing = Standing("leader", epoch, moment() + seconds, "me")
    Standings(folder).say(standing)
    return standing


def test_a_greater_epoch_fences_all_before_it(ada: Namespace, folder: Path) -> None:
    lead(folder, 2)
    put(ada, 1)
    assert b'"epoch":2' in list(ada.frames(None, 9))[-1][1]
    lead(folder, 1)
    with pytest.raises(Fenced, match="another server"):
        put(ada, 2)
    with pytest.raises(Fenced, match="another server"):
        ada.write(lambda frame: None)
    with pytest.raises(Fenced), ada.transaction():
        pass
    lead(folder, 3)
    put(ada, 3)
    assert [row["id"] for row in ada.query({"Scan": {"schema": "shop.orders"}})] == [1, 3]


def test_a_lease_that_has_run_out_is_none(ada: Namespace, folder: Path) -> None:
    lead(folder, 1, -0.01)
    with pytest.raises(Fenced) as refusal:
        put(ada, 1)
    assert refusal.value.detail == {"leader": "me"}
    assert ada.get("shop.orders", "1") is None


def test_a_lease_that_runs_out_during_a_commit_undoes_it(ada: Namespace, folder: Path) -> None:
    standing = lead(folder, 1)

    def work(frame: Frame) -> None:
        frame.put("shop.orders", {"id": 1, "who": "x"})
        Standings(folder).say(replace(standing, until=moment()))

    with pytest.raises(Fenced):
        ada.write(work)
    assert ada.get("shop.orders", "1") is None


def test_a_lease_of_another_start_of_the_machine_is_none(
    ada: Namespace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("substrate.replication.standing._known", "the start before")
        lead(folder, 1)
    with pytest.raises(Fenced):
        put(ada, 1)


def test_who_takes_the_lease_of_a_shared_store_fences_every_namespace(postgres_database: str, tmp_path: Path) -> None:
    stores = [open_store(postgres_database, tmp_path / name) for name in "ab"]
    leases = Leases(stores[0].control(DATABASE, MIGRATIONS))
    one, other = (
        Keeper(leases, leases, Standings(tmp_path / name), store, name, 30, shared=True)
        for name, store in zip("ab", stores, strict=True)
    )
    try:
        assert one.renew()
        stores[0].namespace("ada").write(declare)
        assert not other.renew()
        assert leases.release("a", time.time())
        assert other.renew()
        with pytest.raises(Fenced, match="another server"):  # it still believes that it has the lease
            put(stores[0].namespace("ada"), 1)
        put(stores[1].namespace("ada"), 2)
        assert not one.renew()
        with pytest.raises(Fenced) as refusal:
            put(stores[0].namespace("ada"), 3)
        assert refusal.value.detail == {"leader": "b"}
    finally:
        for each in stores:
            each.close()


def test_the_epoch_of_a_new_table_is_behind_that_of_the_store(tmp_path: Path) -> None:
    leases = Leases(open_control("", tmp_path, DATABASE, MIGRATIONS))
    assert leases.take("a", 10, 100.0, least=7).epoch == 8
    assert leases.take("a", 10, 105.0, least=7).epoch == 8
    with pytest.raises(Conflict):
        leases.take("b", 10, 114.9)
    assert leases.take("b", 10, 115.0).epoch == 9


def test_a_write_waits_for_its_followers_and_no_longer_than_it_has_to(url: str, folder: Path) -> None:
    store = open_store(url, folder, followers=["b", "c"], sync_seconds=20)
    followers = Followers(store.control(DATABASE, MIGRATIONS))
    ada = store.namespace("ada")
    first = ada.submit(declare)
    until(lambda: store.exists("ada") and ada.lsn().offset)
    followers.acknowledge("b", "ada", ada.lsn(), 1.0)
    assert not first.done()
    followers.acknowledge("c", "ada", ada.lsn(), 1.0)
    first.result(10)
    assert first.degraded is False
    store.close()


def test_a_write_without_its_followers_is_late_and_so_are_those_behind_it(url: str, folder: Path) -> None:
    store = open_store(url, folder, followers=["b"], sync_seconds=0.01)
    followers = Followers(store.control(DATABASE, MIGRATIONS))
    ada = store.namespace("ada")
    for work in (declare, lambda frame: frame.put("shop.orders", {"id": 1, "who": "x"})):
        written = ada.submit(work)
        written.result(10)
        assert written.degraded is True
    followers.acknowledge("b", "ada", ada.lsn()._replace(segment=5), 1.0)
    again = ada.submit(lambda frame: frame.put("shop.orders", {"id": 2, "who": "x"}))
    again.result(10)
    assert again.degraded is False
    store.close()


def test_a_write_is_refused_where_nobody_knows_what_its_followers_have(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(url, folder, followers=["b"], sync_seconds=0.01)
    ada = store.namespace("ada")
    ada.write(declare)

    def places(followers: Followers, tenant: str) -> dict[str, int]:
        raise DatabaseError("busy")

    monkeypatch.setattr(Followers, "places", places)
    put(ada, 1)
    monkeypatch.setattr("substrate.log.SEGMENT_BYTES", 1)
    with pytest.raises(Unavailable, match="how far the followers have come: busy"):
        put(ada, 2)
    assert [row["id"] for row in ada.query({"Scan": {"schema": "shop.orders"}})] == [1]
    store.close()


def test_a_write_that_failed_waits_for_no_follower(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(url, folder, followers=["b"], sync_seconds=60)
    ada = store.namespace("ada")
    ada.make()
    monkeypatch.setattr(Commit, "end", broken)
    with pytest.raises(Unavailable, match="the disk is full"):
        ada.submit(declare).result(10)
    store.close()


def broken(commit: Commit) -> None:
    raise Unavailable("the disk is full")
