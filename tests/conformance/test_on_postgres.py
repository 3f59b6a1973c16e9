"""The pages of what a namespace keeps say the same where PostgreSQL keeps it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.interface import Store
from substrate.opening import open_store
from tests.conformance.corpus import Case, cases
from tests.conformance.differences import differences

WORDS = ("CACHE ", "CREATE DATABASE ", "TRANSACTION ")
KEEPING = [case for case in cases() if any(word in case.program for word in WORDS)]


@pytest.fixture(scope="module")
def store(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store in a PostgreSQL database."""
    opened = open_store(postgres_url, Path(tmp_path_factory.mktemp("postgres")))
    yield opened
    opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("case", KEEPING, ids=lambda case: case.name)
def test_case_on_postgres(case: Case, store: Store) -> None:
    assert differences(case, store) == ""


def test_whole_pages_are_among_them() -> None:
    assert {case.path.stem[3:] for case in KEEPING} >= {"databases", "rows", "where", "sql", "transactions"}
