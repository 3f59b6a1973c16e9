"""Leaders and followers as real servers on this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.http.running import Server, running, until
from tests.store.asking import Tenant

TOKEN = "anything"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def leading(folder: Path, **environment: str) -> Iterator[Server]:
    """A leader in development mode, with a name."""
    with running(folder, **{"node_id": "a", "lease_ttl_s": "10", "job_workers": "0", **environment}) as server:
        until(lambda: ready(server))
        yield server


@contextmanager
def following(leader: Server, folder: Path, **environment: str) -> Iterator[Server]:
    """A follower of a server, with the same key."""
    folder.mkdir(exist_ok=True)
    shutil.copy(leader.data / "secret.key", folder)
    more = {"node_id": "b", "workers": "1", "replicate_from": leader.url, "replicate_token": TOKEN, **environment}
    with running(folder, **more) as server:
        yield server


def ready(server: Server) -> bool:
    """Whether a server says that it is ready."""
    return httpx.get(server.url + "/ready", timeout=10).is_success


def ask(server: Server, method: str, path: str, **more: Any) -> httpx.Response:
    """One request below /v1 as an operator."""
    return httpx.request(method, f"{server.url}/v1{path}", headers=HEADERS, timeout=40, **more)


def tenant_of(server: Server, name: str, client: httpx.Client) -> Tenant:
    """A tenant on one of the servers."""
    return Tenant(server, name, TOKEN, client)


def caught_up(follower: Server, leader: Server, name: str) -> None:
    """Waits until a follower has all that a leader has of a tenant."""

    def place(server: Server) -> Any:
        tenants = ask(server, "GET", "/replication/status").json()["tenants"]
        return [each["lsn"] for each in tenants if each["tenant"] == name]

    until(lambda: place(leader) and place(follower) == place(leader))
