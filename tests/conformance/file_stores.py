"""The files of one run of the corpus: a data folder that nobody had before, and that is gone afterwards."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from substrate.files.opening import FileStore

BASE_URL = "https://oql.example.com"
_numbers = itertools.count()


@contextmanager
def file_store() -> Iterator[FileStore]:
    """An empty one. It costs nothing until something is written."""
    data = Path(tempfile.gettempdir()) / f"oql-files-{os.getpid()}-{next(_numbers)}"
    store = FileStore(data, lambda: BASE_URL)
    try:
        yield store
    finally:
        store.close()
        shutil.rmtree(data, ignore_errors=True)
