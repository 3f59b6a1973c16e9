"""The server that the tests of jobs share, clients for it, and one of somebody else."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http.running import TEST_LOGIN, Server, accounts_of, running

TEST = (TEST_LOGIN["username"], TEST_LOGIN["password"])
EVE = ("eve", "plum-Anchor-7-violet")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server with two web workers and a job worker."""
    with running(tmp_path_factory.mktemp("jobs") / "data", job_workers="1") as started:
        accounts = accounts_of(started)
        accounts.add(*EVE, tier="enterprise")
        accounts.close()
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of the development account."""
    with httpx.Client(base_url=server.url, timeout=60, auth=TEST) as made:
        yield made


@pytest.fixture
def eve(server: Server) -> Iterator[httpx.Client]:
    """A client of another account."""
    with httpx.Client(base_url=server.url, timeout=60, auth=EVE) as made:
        yield made
