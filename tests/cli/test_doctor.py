"""What `oql doctor` says of the machine, of what only its owner may read, and of PostgreSQL."""

import resource
from pathlib import Path
from types import SimpleNamespace

import pytest

import oql
from oql.cli import examination, surroundings
from oql.settings import Settings
from tests.http.running import running

MOUNTS = """/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
server:/export /srv/far\\040away nfs4 rw 0 0
/dev/sdb1 /srv/far\\040away/near xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/oql", "ext4"),
        ("/tmp/oql", "tmpfs"),
        ("/srv/far away/oql", "nfs4"),
        ("/srv/far away/near/oql", "xfs"),
        ("/srv/far awayward", "ext4"),
    ],
)
def test_which_file_system_a_folder_is_on(folder: str, kind: str) -> None:
    assert surroundings.kind_of(Path(folder), MOUNTS) == kind


def test_a_folder_on_another_machine_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "_mounts", lambda: MOUNTS)
    told = {place: surroundings.file_system(SimpleNamespace(data=Path(place))) for place in ("/srv/far away", "/tmp")}
    assert [(each.level, each.found.split(":")[0]) for each in told.values()] == [("fail", "nfs4"), ("warn", "tmpfs")]


def test_what_others_can_read_is_no_secret(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path)
    (tmp_path / "secret.key").write_bytes(b"k" * 32)
    (tmp_path / "secret.key").chmod(0o600)
    assert surroundings.secrets(settings).level == "ok"
    (tmp_path / "oql.toml").touch(0o644)
    found = surroundings.secrets(settings)
    assert (found.level, found.advice) == ("fail", f"chmod 600 {tmp_path / 'oql.toml'}")


def test_a_key_that_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch(0o600)
    found = surroundings.secrets(Settings.load(tmp_path))
    assert found.level == "fail"
    assert found.found.startswith(f"the key {tmp_path / 'secret.key'} is damaged: expected 32 bytes, found 0")


def test_a_layout_is_newer_older_or_ours(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path)
    told = surroundings.layout(settings)
    assert (told.level, told.found) == ("ok", "is brought up to date at the next start")
    (tmp_path / "format.json").write_text('{"version": "9.1.0", "counts": {"accounts": 999}}')
    told = surroundings.layout(settings)
    assert told.level == "fail"
    assert told.found.startswith(f"the data folder {tmp_path} was written by OQL 9.1.0, which is newer than this one")


@pytest.mark.parametrize(("most", "level"), [(256, "fail"), (1024, "warn"), (65_536, "ok")])
def test_few_open_files(most: int, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (256, most))
    assert surroundings.files(None).level == level


@pytest.mark.slow
def test_postgres_has_to_have_room(postgres_url: str, tmp_path: Path) -> None:
    few = Settings.load(tmp_path, store=postgres_url, workers=1, job_workers=1)
    told = surroundings.postgres(few)
    assert (told.level, told.advice) == ("warn", "an answered write may be lost: set fsync, full_page_writes to on")
    assert "at most 108 of this server" in told.found  # 36 for each of three processes
    gone = Settings.load(tmp_path, store="postgresql://nobody@127.0.0.1:1/none")
    assert surroundings.postgres(gone).level == "fail"


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_a_server_of_ours_has(tmp_path: Path, host: str) -> None:
    with running(tmp_path / "data", workers="1", host=host) as server:
        told = examination.port(SimpleNamespace(host=host, port=server.port))
        assert (told.level, told.found) == ("ok", f"{host}:{server.port}: OQL {oql.__version__} answers")
    assert examination.port(SimpleNamespace(host=host, port=server.port)).found == f"{host}:{server.port} is free"
