"""A namespace with system tables, a web server and a mail server for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from oql.jobs.schema import MIGRATIONS
from oql.outbound import Outbound
from substrate.interface import Namespace, Store
from substrate.opening import open_store
from tests.deliveries.inbox import Inbox, receiving
from tests.outbound.servers import Web, serving


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of SQLite files, and one in a PostgreSQL database."""
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    opened = open_store(url, Path(tmp_path_factory.mktemp("store")), system=MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def namespace(store: Store) -> Namespace:
    """An empty namespace."""
    return store.namespace(f"test_{uuid4().hex}")


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that takes webhooks."""
    with serving(Web()) as server:
        yield server


@pytest.fixture
def outbound(web: Web) -> Iterator[Outbound]:
    """A guard that allows the server, and a port where nobody listens."""
    opened = Outbound([web.at, "127.0.0.1:9"])
    yield opened
    opened.close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A server that takes mails."""
    with receiving(Inbox()) as server:
        yield server
