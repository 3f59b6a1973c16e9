"""A backup that is made while others write, and what comes back from it: every row, on both back ends."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from accounts.schema import DATABASE, MIGRATIONS as ACCOUNT_MIGRATIONS
from accounts.service import Accounts
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Frame, Lsn, Namespace, Store
from substrate.opening import open_control, open_store
from tests.http.running import CHEAP
from tests.replication.worlds import change, declare, thing, told
from worker.backup import restoring
from worker.backup.making import Source, bring_up_to_date, make
from worker.backup.manifest import BackupError
from worker.backup.restoring import Wanted


@pytest.fixture
def source(url: str, tmp_path: Path) -> Iterator[Source]:
    """A data folder on either back end, with two namespaces, an account with a token, and a file."""
    folder = tmp_path / "data"
    store = open_store(url, folder, system=MIGRATIONS)
    for name in ("ada", "ben"):
        store.namespace(name).write(declare)
        change(store.namespace(name), len(name))
    accounts = _accounts(url, folder)
    accounts.issue_tenant_token("ada", name="kept", scopes=["read"])
    accounts.close()
    root = folder / "namespaces" / "ada" / "files" / "a"
    root.mkdir(parents=True)
    (root / "file.txt").write_bytes(b"content")
    yield Source(folder, url, store)
    store.close()


def _accounts(url: str, folder: Path) -> Accounts:
    return Accounts(folder, database=open_control(url, folder, DATABASE, ACCOUNT_MIGRATIONS), password_cost=CHEAP)


def restored(backup: Path, folder: Path, url: str = "", **wanted: Any) -> Store:
    """The store of a folder into which a backup was put."""
    asked = Wanted(**wanted)
    manifest = restoring.check(backup, asked)
    folder.mkdir(exist_ok=True)
    restoring.restore_folder(backup, manifest, folder, asked)
    store = open_store(url, folder, system=MIGRATIONS, fenced=False)
    try:
        restoring.restore(backup, manifest, Source(folder, url, store), asked)
    except BaseException:
        store.close()
        raise
    return store


def tokens(url: str, folder: Path) -> list[str]:
    accounts = _accounts(url, folder)
    try:
        return [token.name for token in accounts.list_tenant_tokens("ada")]
    finally:
        accounts.close()


def test_everything_comes_back(source: Source, tmp_path: Path) -> None:
    jobs = source.store.namespace("ada").write(_a_job)
    before = {name: told(source.store.namespace(name)) for name in ("ada", "ben")}
    frames = list(source.store.namespace("ada").frames(None, 1_000))
    make(source, tmp_path / "backup")
    change(source.store.namespace("ada"), 9)
    store = restored(tmp_path / "backup", tmp_path / "other")
    try:
        assert store.names() == ["ada", "ben"]
        assert {name: told(store.namespace(name)) for name in ("ada", "ben")} == before
        assert store.namespace("ada").system("SELECT * FROM job") == jobs != []
        assert list(store.namespace("ada").frames(None, 1_000)) == frames
        assert (tmp_path / "other/namespaces/ada/files/a/file.txt").read_bytes() == b"content"
        assert tokens("", tmp_path / "other") == ["kept"]
        change(store.namespace("ada"), 10)
    finally:
        store.close()


def _a_job(frame: Frame) -> list[Any]:
    frame.system(
        "INSERT INTO job (id, kind, name, state, source, request, options, created, fence, attempts)"
        " VALUES ('j', 'job', 'n', 'complete', 'EMIT 1', '{}', '{}', 1.5, 2, 1)"
    )
    return frame.system("SELECT * FROM job")


def test_a_backup_under_load_is_one_moment(source: Source, tmp_path: Path) -> None:
    """Writers move an amount from one row to another: whatever moment the backup has, the sum is the same."""
    ada = source.store.namespace("ada")
    ada.write(
        lambda frame: frame.put_many("shop.orders", [{"id": n, "who": "x", "price": 100.0} for n in range(500, 540)])
    )
    over = threading.Event()
    moved = [0]

    def move() -> None:
        while not over.is_set():
            ada.write(partial(_move, one=500 + moved[0] % 40, other=500 + (moved[0] * 7 + 3) % 40))
            moved[0] += 1

    def _move(frame: Frame, one: int, other: int) -> None:
        for key, change_of in ((one, -1.0), (other, 1.0)):
            row = frame.get("shop.orders", str(key))
            assert row
            frame.put("shop.orders", {"id": key, "who": "x", "price": row["price"] + change_of})

    writers = [threading.Thread(target=move) for _ in range(2)]
    for writer in writers:
        writer.start()
    begun = moved[0]
    make(source, tmp_path / "backup")
    while moved[0] < begun + 40:
        over.wait(0.01)
    bring_up_to_date(source, tmp_path / "backup")
    over.set()
    for writer in writers:
        writer.join()
    bring_up_to_date(source, tmp_path / "backup")
    asked = {"Filter": {"predicate": {"Ge": ["id", 500]}, "child": {"Scan": {"schema": "shop.orders"}}}}
    base = Lsn(*restoring.check(tmp_path / "backup", Wanted()).namespaces["ada"]["base"])
    assert base < ada.lsn()
    store = restored(tmp_path / "backup", tmp_path / "then", names=("ada",), to=base)
    assert store.namespace("ada").lsn() == base
    assert sum(row["price"] for row in store.namespace("ada").query(asked)) == 4_000
    store.close()
    store = restored(tmp_path / "backup", tmp_path / "now", names=("ada",))
    assert told(store.namespace("ada")) == told(ada)
    store.close()


def test_to_a_place_of_the_log(source: Source, tmp_path: Path) -> None:
    ada = source.store.namespace("ada")
    make(source, tmp_path / "backup")
    change(ada, 20)
    at, wanted = ada.lsn(), told(ada)
    ada.write(lambda frame: frame.purge("shop.orders", None))
    bring_up_to_date(source, tmp_path / "backup")
    store = restored(tmp_path / "backup", tmp_path / "other", names=("ada",), to=at)
    assert told(store.namespace("ada")) == wanted
    store.close()
    for place in (Lsn(0, 1), Lsn(7, 0)):
        with pytest.raises(BackupError, match="expected a place from"):
            restoring.check(tmp_path / "backup", Wanted(("ada",), place))


def test_from_one_back_end_to_the_other(source: Source, tmp_path: Path, postgres_server: str) -> None:
    from tests.substrate.postgres_server import new_database

    make(source, tmp_path / "backup")
    with new_database(postgres_server) as url:
        store = restored(tmp_path / "backup", tmp_path / "other", url)
        assert told(store.namespace("ada")) == told(source.store.namespace("ada"))
        assert tokens(url, tmp_path / "other") == ["kept"]
        store.close()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize("damage", [_cut, _flip, Path.unlink], ids=["cut", "flipped", "missing"])
@pytest.mark.parametrize("path", ["namespaces/ada/store.frames", "control/accounts.json", "manifest.json"])
def test_a_damaged_backup_touches_nothing(
    leader: Store, tmp_path: Path, path: str, damage: Callable[[Path], None]
) -> None:
    leader.namespace("ada").write(declare)
    _accounts("", tmp_path / "leader").list_tenant_tokens("ada")
    make(Source(tmp_path / "leader", "", leader), tmp_path / "backup")
    damage(tmp_path / "backup" / path)
    with pytest.raises(BackupError):
        restored(tmp_path / "backup", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_nothing_is_overwritten_unless_that_is_meant(source: Source, tmp_path: Path) -> None:
    make(source, tmp_path / "backup", ["ada"])
    before = told(source.store.namespace("ada"))
    change(source.store.namespace("ada"), 30)
    source.store.namespace("ada").write(lambda frame: frame.put("shop.things", thing(99, Random(1))))
    ben = told(source.store.namespace("ben"))
    with pytest.raises(BackupError, match="--force"):
        restored(tmp_path / "backup", source.folder, source.url)
    restored(tmp_path / "backup", source.folder, source.url, force=True).close()
    assert told(source.store.namespace("ada")) == before
    assert told(source.store.namespace("ben")) == ben
    with pytest.raises(BackupError, match="is not empty"):
        make(source, tmp_path / "backup")


def test_a_log_of_another_namespace_of_that_name_is_not_taken(leader: Store, tmp_path: Path) -> None:
    source = Source(tmp_path / "leader", "", leader)
    ada: Namespace = leader.namespace("ada")
    ada.write(declare)
    change(ada, 1)
    make(source, tmp_path / "backup")
    leader.delete("ada")
    ada.write(declare)
    change(ada, 2)
    change(ada, 3)
    with pytest.raises(BackupError, match="make a new backup"):
        bring_up_to_date(source, tmp_path / "backup")
    shutil.rmtree(tmp_path / "backup")


def test_a_restore_is_marked_on_the_disk_before_anything_goes(
    leader: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss of power never leaves a folder that is restored in part without its mark."""
    leader.namespace("ada").write(declare)
    make(Source(tmp_path / "leader", "", leader), tmp_path / "backup")
    folder = tmp_path / "other"
    mark = folder / restoring.INCOMPLETE
    done: list[str] = []

    def noted(on: Any, name: str, told: Callable[..., str]) -> None:
        right = getattr(on, name)

        def wrapper(*given: Any) -> Any:
            done.append(told(*given))
            return right(*given)

        monkeypatch.setattr(on, name, wrapper)

    def synced(handle: int) -> str:
        return f"{os.readlink(f'/proc/self/fd/{handle}')}, {'marked' if mark.exists() else 'not marked'}"

    noted(os, "fsync", synced)
    noted(os, "sync", lambda: "all synced")
    noted(restoring, "_restore_namespace", lambda *_: "restoring ada")
    restored(tmp_path / "backup", folder).close()
    begun, ended = done.index("restoring ada"), done.index("all synced")
    assert done[begun - 2 : begun] == [f"{mark}, marked", f"{folder}, marked"]
    assert begun < ended
    assert done[ended + 1 :] == [f"{folder}, not marked"]


def test_what_is_no_backup_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    def refused(folder: Path) -> str:
        with pytest.raises(BackupError) as refusal:
            restoring.check(folder, Wanted())
        return str(refusal.value)

    assert refused(tmp_path / "nowhere") == f"there is no folder {tmp_path / 'nowhere'}"
    assert refused(tmp_path / "taken") == f"{tmp_path / 'taken'} is no backup: it has no manifest.json"
    (tmp_path / "taken" / "manifest.json").write_text("{}")
    assert refused(tmp_path / "taken") == f"{tmp_path / 'taken'} is no backup: it has no manifest.sha256"
    (tmp_path / "taken" / "manifest.sha256").write_text("")
    assert refused(tmp_path / "taken").endswith("is no backup: manifest.json or manifest.sha256 is damaged")


def test_a_folder_that_cannot_take_a_backup_is_told_in_words(leader: Store, tmp_path: Path) -> None:
    source = Source(tmp_path / "leader", "", leader)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    make(source, tmp_path / "backup")

    def refused(folder: Path) -> str:
        with pytest.raises(BackupError) as refusal:
            make(source, folder)
        return str(refusal.value)

    assert refused(tmp_path / "full") == f"{tmp_path / 'full'} is not empty: name a new folder"
    update = "or say --update to bring the backup in it up to date"
    assert refused(tmp_path / "backup") == f"{tmp_path / 'backup'} is not empty: name a new folder, {update}"
    below = tmp_path / "full" / "file" / "backup"
    assert refused(below) == f"no backup can be made in {below}: Not a directory"
