"""The server that most tests of the store share, and tenants of it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http.running import Server, accounts_of, running
from tests.store.asking import Tenant, new_name


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server with two workers: any bearer may do anything."""
    with running(tmp_path_factory.mktemp("store") / "data") as started:
        yield started


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as made:
        yield made


@pytest.fixture
def tenant(server: Server, client: httpx.Client) -> Tenant:
    """A tenant that holds nothing."""
    return Tenant(server, new_name(), "anything", client)


@pytest.fixture
def shop(tenant: Tenant) -> Tenant:
    """A tenant with the table shop.orders."""
    tenant.declare()
    return tenant


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is not in development mode: tokens count, and so do rates."""
    settings = {"dev": "false", "store_rate_per_minute": "100000", "store_burst": "100000"}
    with running(tmp_path_factory.mktemp("guarded") / "data", **settings) as started:
        yield started


@pytest.fixture(scope="session")
def operator(guarded: Server) -> str:
    """The token of an operator of the guarded server."""
    accounts = accounts_of(guarded)
    try:
        return accounts.issue_tenant_token(None, name="ops").secret
    finally:
        accounts.close()
