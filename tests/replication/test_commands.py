"""`oql backup`, `oql restore` and `oql replicate` as they are typed."""

import shutil
from pathlib import Path

import pytest

from oql.jobs.schema import MIGRATIONS
from substrate.opening import open_store
from tests.cli.calling import here as oql
from tests.http.running import refused
from tests.replication.worlds import change, declare, told

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the namespace ada."""
    store = open_store("", tmp_path / "data", system=MIGRATIONS)
    store.namespace("ada").write(declare)
    change(store.namespace("ada"), 1)
    store.close()
    return tmp_path / "data"


def holds(folder: Path) -> dict[str, object]:
    store = open_store("", folder, system=MIGRATIONS)
    try:
        return told(store.namespace("ada"))
    finally:
        store.close()


def test_there_and_back(data: Path, tmp_path: Path) -> None:
    made = oql("backup", "--to", tmp_path / "backup", "--data", data)
    assert (made.code, "manifest SHA-256" in made.err) == (0, True)
    assert made.out.startswith("ada 0:")
    before = holds(data)
    checked = oql("restore", "--from", tmp_path / "backup", "--check", "--data", tmp_path / "other")
    assert (checked.code, (tmp_path / "other").exists()) == (0, False)
    done = oql("restore", "--from", tmp_path / "backup", "--data", tmp_path / "other")
    assert (done.code, done.out) == (0, made.out)
    assert holds(tmp_path / "other") == before
    again = oql("restore", "--from", tmp_path / "backup", "--data", tmp_path / "other")
    assert (again.code, "--force" in again.err) == (1, True)
    assert oql("restore", "--from", tmp_path / "backup", "--data", tmp_path / "other", "--force").code == 0
    assert holds(tmp_path / "other") == before


def test_up_to_date_and_back_to_a_place(data: Path, tmp_path: Path) -> None:
    place = oql("backup", "--to", tmp_path / "backup", "--data", data).out.split()[1]
    before = holds(data)
    store = open_store("", data, system=MIGRATIONS)
    change(store.namespace("ada"), 2)
    store.close()
    assert oql("backup", "--to", tmp_path / "backup", "--update", "--data", data).out.split()[1] != place
    target = ("--data", tmp_path / "other", "--namespace", "ada")
    assert oql("restore", "--from", tmp_path / "backup", *target, "--to-lsn", place).out == f"ada {place}\n"
    assert holds(tmp_path / "other") == before
    assert oql("restore", "--from", tmp_path / "backup", *target, "--to-lsn", "9:9", "--force").code == 1
    assert oql("restore", "--from", tmp_path / "backup", *target, "--to-lsn", "nine").code == 2


def test_what_is_refused(data: Path, tmp_path: Path) -> None:
    assert oql("backup", "--to", data, "--data", data).code == 1
    assert oql("backup", "--to", tmp_path / "backup", "--namespace", "nobody", "--data", data).code == 1
    assert oql("restore", "--from", tmp_path / "nowhere", "--data", data).code == 1
    assert oql("replicate", "--data", data).code == 2
    assert oql("replicate", "--from", "http://127.0.0.1:1", "--data", data).code == 2
    shutil.copytree(data, tmp_path / "cut")
    (tmp_path / "cut" / "restore.incomplete").touch()
    code, said = refused(tmp_path / "cut")
    assert (code, "oql restore --force" in said) == (1, True)


def test_a_follower_is_no_place_to_write_to_beside_its_server(data: Path) -> None:
    from substrate.errors import Fenced
    from substrate.replication.standing import Standing, Standings

    Standings(data).say(Standing("follower", leader="http://leader:4242"))
    store = open_store("", data, system=MIGRATIONS)
    with pytest.raises(Fenced) as refusal:
        change(store.namespace("ada"), 3)
    assert refusal.value.detail == {"leader": "http://leader:4242"}
    with pytest.raises(Fenced):
        store.namespace("new").make()
    assert store.namespace("ada").query({"Scan": {"schema": "shop.things"}})
    Standings(data).say(Standing())
    change(store.namespace("ada"), 3)
    store.close()
