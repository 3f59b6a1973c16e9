"""What holds for all tests. `make check` leaves out the slow ones: whole processes, and programs made by chance."""

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.substrate.postgres_server import last_words, new_database, running_server

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SLOW_FOLDERS = frozenset(
    {
        "accounts",
        "bench",
        "calendars",
        "chains",
        "cli",
        "crash",
        "deliveries",
        "executions",
        "files",
        "fuzz",
        "http",
        "images",
        "jobs",
        "models",
        "network",
        "outbound",
        "people",
        "replication",
        "sandbox",
        "sites",
        "store",
        "stored",
        "substrate",
        "timers",
        "users",
        "worker",
    }
)


# A shell that starts the tests in the background ignores these, and what is ignored is inherited by each process.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

FAST_ONLY = "not slow"
"""What `make check` asks for with `-m`."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the slow folders unread where nothing of them is to run: to load them takes longer than many tests."""
    here = Path(__file__).parent
    slow = collection_path.parent == here and collection_path.name in SLOW_FOLDERS
    return True if slow and config.option.markexpr == FAST_ONLY else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of the folders that are slow as a whole."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in SLOW_FOLDERS or _on_postgres(item):
            item.add_marker(pytest.mark.slow)


def _on_postgres(item: pytest.Item) -> bool:
    """Whether a test runs on the second back end: the same on the first one is among the fast tests."""
    call = getattr(item, "callspec", None)
    given = call.params.values() if call else ()
    asked = getattr(item, "fixturenames", ())
    return any(isinstance(value, str) and value == "postgres" for value in given) or any(
        name.startswith("postgres_") for name in asked
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failure on PostgreSQL what its server has said."""
    report = yield
    server = getattr(item, "funcargs", {}).get("postgres_server")
    if report.failed and server:
        report.sections.append(("what PostgreSQL said last", last_words(server)))
    return report


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL on which databases can be made; all processes of a test run share it."""
    folder = tmp_path_factory.getbasetemp()
    with running_server(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database that the tests of this process share."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database that this test has for itself."""
    with new_database(postgres_server) as url:
        yield url
