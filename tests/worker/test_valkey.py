"""The private Valkey: where it listens, and that nobody else gets in."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from oql.settings import Settings
from tests.http.running import title
from tests.worker.valkeys import PrivateValkey
from worker import valkey
from worker.hints import connect


def test_it_listens_on_a_socket_of_its_owner_only(redis: PrivateValkey, tmp_path: Path) -> None:
    assert redis.socket == tmp_path / "valkey.sock"
    assert stat.S_IMODE(redis.socket.stat().st_mode) == 0o700
    assert title(redis.pid) == "oql: valkey"
    with connect(redis.url) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("save") == {"save": ""}
    assert [path.name for path in tmp_path.iterdir()] == ["valkey.sock"]


def test_a_folder_with_a_long_name_has_its_socket_elsewhere(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)
    path = valkey.socket_path(data)
    assert path
    assert len(os.fsencode(path)) <= 100
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == valkey.socket_path(data)
    other = valkey.socket_path(tmp_path / ("Long" * 30))
    assert other
    assert other != path
    valkey.remove_socket(other)
    server = PrivateValkey(data)
    server.start()
    server.kill()
    valkey.remove_socket(path)
    assert not path.parent.exists()


def test_a_folder_that_somebody_else_may_enter_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, places = tmp_path / ("long" * 30), Path(tempfile.mkdtemp(prefix="oql-test-"))
    monkeypatch.setattr(tempfile, "tempdir", str(places))
    first = valkey.socket_path(data)
    assert first
    assert first.parent.parent == places
    elsewhere = Path("/tmp") / first.parent.name / first.name
    first.parent.chmod(0o777)
    assert valkey.socket_path(data) == elsewhere
    first.parent.rmdir()
    first.parent.symlink_to(elsewhere.parent)
    assert valkey.socket_path(data) == elsewhere
    first.parent.unlink()
    places.rmdir()
    elsewhere.parent.rmdir()


def test_a_redis_that_is_set_is_taken(tmp_path: Path) -> None:
    given = Settings.load(tmp_path, environ={}, redis_url="redis://redis.example.com:6379/1")
    assert valkey.redis_url(given) == "redis://redis.example.com:6379/1"
    assert valkey.redis_url(Settings.load(tmp_path / "a b", environ={})) == f"unix://{tmp_path}/a%20b/valkey.sock"
