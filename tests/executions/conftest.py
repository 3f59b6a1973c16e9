"""The server that the tests of chains over HTTP share, a client of this machine, and one of somebody else."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http.running import Server, accounts_of, running

EVE = ("eve", "plum-Anchor-7-violet")
PAGE = "https://app.example.com"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server with two web workers and a job worker."""
    with running(tmp_path_factory.mktemp("chains") / "data", job_workers="1") as started:
        accounts = accounts_of(started)
        accounts.add(*EVE, tier="enterprise")
        accounts.set_whitelist(EVE[0], [PAGE])
        accounts.close()
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of this machine, which needs no credentials."""
    with httpx.Client(base_url=server.url, timeout=30) as made:
        yield made


@pytest.fixture
def eve(server: Server) -> Iterator[httpx.Client]:
    """A client of another account."""
    with httpx.Client(base_url=server.url, timeout=30, auth=EVE) as made:
        yield made
