"""The files of one namespace in a data folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.files.folder import NamespaceFiles
from substrate.files.opening import FileStore
from tests.files.asking import NAMESPACE


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder, which is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def store(data: Path) -> Iterator[FileStore]:
    """The files of the data folder, without a quota."""
    made = FileStore(data, lambda: "https://oql.example.com")
    yield made
    made.close()


@pytest.fixture
def files(store: FileStore) -> NamespaceFiles:
    """The files of one namespace."""
    return store.of(NAMESPACE)
