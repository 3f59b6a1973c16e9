"""The server that most HTTP tests share, and a client for it."""

from collections.abc import Iterator

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import Server, accounts_of, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server with two workers."""
    with running(tmp_path_factory.mktemp("shared") / "data") as started:
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of the shared server."""
    with httpx.Client(base_url=server.url, timeout=30) as made:
        yield made


@pytest.fixture(scope="session")
def accounts(server: Server) -> Iterator[Accounts]:
    """The accounts of the shared server."""
    opened = accounts_of(server)
    yield opened
    opened.close()
