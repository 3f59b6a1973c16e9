"""A follower beside peers that are not what they seem."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from oql.settings import Settings
from substrate.interface import DatabaseError, Lsn, Store
from substrate.opening import open_store
from substrate.replication.leases import DATABASE, MIGRATIONS, Followed, Followers, Leases
from tests.http.running import until
from tests.replication.worlds import change, declare, told
from worker.replication import process
from worker.replication.asking import Server
from worker.replication.following import Following

pytestmark = pytest.mark.slow


class Peer(ThreadingHTTPServer):
    """Answers as a leader whose frames are those of a store, but for what `twist` makes of them. `acks`: what came."""

    def __init__(self, leader: Store, twist: Callable[[list[bytes]], list[bytes]], epoch: int) -> None:
        self.leader, self.twist, self.epoch = leader, twist, epoch
        self.acks: list[Any] = []
        super().__init__(("127.0.0.1", 0), _Answers)
        self.daemon_threads = False  # those that answer have ended when it is closed


class _Answers(BaseHTTPRequestHandler):
    server: Peer

    def do_GET(self) -> None:
        if self.path.startswith("/v1/admin"):
            self._answer(200, ["ada"])
            return
        asked = httpx.URL(self.path).params
        if int(asked["epoch"]) != self.server.epoch:
            told = {"error": "conflict", "message": "another epoch", "detail": {"epoch": self.server.epoch}}
            self._answer(409, told)
            return
        ada = self.server.leader.namespace("ada")
        begin = Lsn(0, int(asked.get("since_offset", "-1")) + 1)
        found = [frame for _, frame in ada.frames_between(begin, Lsn(9, 9), 100)]
        end = ada.lsn()
        self._answer(200, [frame.hex() for frame in self.server.twist(found)], {"X-OC-Log-End": f"0:{end.offset}"})

    def do_POST(self) -> None:
        self.server.acks.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(200, {"ok": True})

    def _answer(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def followed(peer: Peer, folder: Path) -> Iterator[tuple[Store, Followers, Leases]]:
    """A follower of a peer."""
    folder.mkdir(exist_ok=True)
    shutil.copy(folder.with_name("leader") / "secret.key", folder)
    thread = threading.Thread(target=peer.serve_forever, daemon=True)
    thread.start()
    try:
        with follower_of(f"http://127.0.0.1:{peer.server_port}", "t", folder) as found:
            yield found
    finally:
        peer.shutdown()
        peer.server_close()


@contextmanager
def follower_of(url: str, token: str, folder: Path) -> Iterator[tuple[Store, Followers, Leases]]:
    """A follower in this process."""
    store = open_store("", folder, fenced=False)
    control = store.control(DATABASE, MIGRATIONS)
    followers, leases, stopping = Followers(control), Leases(control), threading.Event()
    follower = Following(store, leases, followers, url, token, "b", stopping)
    thread = threading.Thread(target=follower.run, daemon=True)
    thread.start()
    try:
        yield store, followers, leases
    finally:
        stopping.set()
        thread.join(5)
        store.close()


def stopped(followers: Followers) -> str:
    """Waits until a follower has stopped; why it did."""
    until(lambda: [each for each in followers.followed() if each.state == "stopped"])
    return followers.followed()[0].reason


@pytest.fixture
def filled(leader: Store) -> Store:
    leader.namespace("ada").write(declare)
    change(leader.namespace("ada"), 1)
    return leader


def _flipped(frames: list[bytes]) -> list[bytes]:
    return [*frames[:3], frames[3][:60] + bytes([frames[3][60] ^ 1]) + frames[3][61:]] if len(frames) > 3 else frames


def _shuffled(frames: list[bytes]) -> list[bytes]:
    return [frames[0], *frames[2:]] if len(frames) > 2 else frames


@pytest.mark.parametrize(("twist", "why"), [(_flipped, "checksum"), (_shuffled, "expected")])
def test_damage_stops_it(filled: Store, tmp_path: Path, twist: Any, why: str) -> None:
    with followed(Peer(filled, twist, 0), tmp_path / "b") as (store, followers, _):
        assert why in stopped(followers)
        assert not store.exists("ada") or store.namespace("ada").lsn() < filled.namespace("ada").lsn()


def test_it_acknowledges_what_it_has_and_keeps_the_epoch(filled: Store, tmp_path: Path) -> None:
    peer = Peer(filled, lambda frames: frames, 4)
    ada = filled.namespace("ada")
    with followed(peer, tmp_path / "b") as (store, _, leases):
        end = ada.lsn()
        wanted = {"follower": "b", "tenant": "ada", "lsn": {"segment": end.segment, "offset": end.offset}}
        until(lambda: wanted in peer.acks)
        assert leases.epoch() == 4
        assert told(store.namespace("ada"))["versions"]["shop.orders"] == told(ada)["versions"]["shop.orders"]


def test_a_lower_epoch_is_refused(filled: Store, tmp_path: Path) -> None:
    store = open_store("", tmp_path / "b", fenced=False)
    Leases(store.control(DATABASE, MIGRATIONS)).seen(5)
    store.close()
    with followed(Peer(filled, lambda frames: frames, 4), tmp_path / "b") as (store, followers, _):
        assert "epoch 4" in stopped(followers)
        assert not store.exists("ada")


def test_a_leader_that_has_less_is_not_followed(filled: Store, tmp_path: Path) -> None:
    store = open_store("", tmp_path / "b", fenced=False)
    ada = filled.namespace("ada")
    store.namespace("ada").apply([frame for _, frame in ada.frames_between(Lsn(0, 0), Lsn(9, 9), 100)], 0)
    store.close()
    filled.delete("ada")
    ada.write(declare)
    with followed(Peer(filled, lambda frames: frames, 0), tmp_path / "b") as (_, followers, _):
        assert "before this one" in stopped(followers)


def test_a_fault_of_a_round_does_not_end_it(filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[str] = []
    right = Server.get

    def fails_once(server: Server, path: str, **params: object) -> Any:
        if not failed:
            failed.append(path)
            raise RuntimeError("a fault of ours")
        return right(server, path, **params)

    monkeypatch.setattr(Server, "get", fails_once)
    with followed(Peer(filled, lambda frames: frames, 0), tmp_path / "b") as (store, _, _):
        until(lambda: store.exists("ada"))
    assert failed == ["/admin/tenants"]


def test_why_a_tenant_is_followed_no_longer_is_noted_in_the_end(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []
    right = Followers.note

    def fails_once(followers: Followers, followed: Followed) -> None:
        if followed.state == "stopped" and not failed:
            failed.append(followed.tenant)
            raise DatabaseError("disk I/O error")
        right(followers, followed)

    monkeypatch.setattr(Followers, "note", fails_once)
    with followed(Peer(filled, _flipped, 0), tmp_path / "b") as (_, followers, _):
        assert "checksum" in stopped(followers)
    assert failed == ["ada"]


def test_what_cannot_begin_to_follow_begins_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, stopping = open_store("", tmp_path / "b", fenced=False), threading.Event()
    failed: list[str] = []
    right = store.control

    def fails_once(name: str, migrations: Any) -> Any:
        if not failed:
            failed.append(name)
            raise DatabaseError("disk I/O error")
        return right(name, migrations)

    asked = threading.Event()

    def run(_: Following) -> None:
        asked.set()
        stopping.wait()

    monkeypatch.setattr(store, "control", fails_once)
    monkeypatch.setattr(Following, "run", run)
    settings = Settings(data=tmp_path / "b", replicate_from="http://127.0.0.1:1", replicate_token="t")
    thread = threading.Thread(target=process._follow, args=(settings, store, stopping), daemon=True)
    thread.start()
    try:
        assert asked.wait(10)
    finally:
        stopping.set()
        thread.join(5)
        store.close()
    assert failed == [DATABASE]
