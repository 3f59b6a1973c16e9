"""The lease goes on being renewed, whatever fails in between, and a takeover makes nothing that was deleted."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oql.settings import Settings
from substrate.errors import NotFound
from substrate.interface import DatabaseError, Lsn, Store
from substrate.opening import open_store
from substrate.replication.leases import DATABASE, MIGRATIONS, Leases
from substrate.replication.standing import Standings
from tests.http.running import until
from tests.replication.worlds import declare
from worker.replication import process
from worker.replication.keeping import Keeper


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "data").mkdir()
    opened = open_store(url, tmp_path / "data")
    yield opened
    opened.close()


def test_a_takeover_passes_over_a_namespace_that_was_deleted_meanwhile(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "ben", "cid"):
        store.namespace(name).write(declare)
    names = store.names()
    monkeypatch.setattr(store, "names", lambda: names)
    leases = Leases(store.control(DATABASE, MIGRATIONS))
    keeper = Keeper(leases, leases, Standings(tmp_path / "data"), store, "a", 30, shared=True, least=4)
    store.delete("ben")
    assert keeper.renew()
    assert [store.exists(name) for name in names] == [True, False, True]
    assert [store.namespace(name).window(Lsn(9, 0), None).epoch for name in ("ada", "cid")] == [5, 5]
    with pytest.raises(NotFound):
        store.namespace("ben").raise_epoch()


@pytest.mark.parametrize("what", ["take", "seen", "control"])
def test_a_round_that_fails_does_not_end_the_renewals(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    failed: list[str] = []
    on: Any = store if what == "control" else Leases
    right = getattr(on, what)

    def fails_once(*given: Any) -> Any:
        if not failed:
            failed.append(what)
            raise DatabaseError("disk I/O error")
        return right(*given)

    monkeypatch.setattr(on, what, fails_once)
    settings, stopping = Settings(data=tmp_path / "data", node_id="a", lease_ttl_s=1), threading.Event()
    keeping = threading.Thread(target=process._keep, args=(settings, store, stopping), daemon=True)
    keeping.start()
    standings = Standings(tmp_path / "data")
    try:
        until(lambda: standings.now().until)
        first = standings.now()
        until(lambda: standings.now().until > first.until)
    finally:
        stopping.set()
        keeping.join(5)
    assert (failed, first.epoch) == ([what], 1)
