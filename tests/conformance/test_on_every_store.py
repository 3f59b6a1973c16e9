"""The pages of what a namespace keeps say the same on PostgreSQL, and each step of them on it and SQLite at once."""

from collections.abc import Iterator

import pytest

from oql.jobs.schema import MIGRATIONS
from substrate.interface import Store
from substrate.opening import open_store
from tests.conformance.corpus import Case, cases
from tests.conformance.differences import differences
from tests.substrate.mirror.opening import mirror_store
from tests.substrate.postgres_server import new_database

WORDS = (
    "CACHE ", "CREATE DATABASE ", "TRANSACTION ", "DEFINE CRON ", "WATCH ", "WEBHOOK ", "EMAIL ", "REGISTER ", "LOGIN ",
    "CALENDAR ", "TEXT PUT ",
)  # fmt: skip
KEEPING = [case for case in cases() if any(word in case.program for word in WORDS)]


@pytest.fixture(scope="module", params=["postgres", "mirror"])
def store(
    request: pytest.FixtureRequest, postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store in a PostgreSQL database, and one that mirrors it on files of SQLite.

    The database is its own: cases leave hundreds of namespaces, and others delete what they find in that of all tests.
    """
    folder = tmp_path_factory.mktemp(request.param)
    with new_database(postgres_server) as url:
        if request.param == "mirror":
            with mirror_store(url, folder, MIGRATIONS) as mirror:
                yield mirror
        else:
            opened = open_store(url, folder, system=MIGRATIONS)
            yield opened
            opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("case", KEEPING, ids=lambda case: case.name)
def test_case_on(store: Store, case: Case) -> None:
    assert differences(case, store) == ""


def test_whole_pages_are_among_them() -> None:
    whole = {
        "databases",
        "rows",
        "where",
        "sql",
        "transactions",
        "crons",
        "watches",
        "deliveries",
        "calendar",
        "fulltext",
    }
    assert {case.path.stem[3:] for case in KEEPING} >= whole
