"""Tests of pages in a real Chromium, against servers on this machine. A run without one says that it left them out."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from chains.browser import Visits
from chains.browser.chromium import processes
from oql.context import CancelFlag
from oql.outbound import Outbound
from tests.outbound.servers import Web, serving
from tests.people.browser import NAMES, executable

MISSING = "" if executable() else f"found none of {', '.join(NAMES)}"
MISSING = MISSING or ("" if find_spec("playwright") else "the package `playwright` is not installed")
collect_ignore = ["test_pages.py", "test_step.py"] if MISSING else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which tests were left out, and what would make them run."""
    if MISSING:
        terminalreporter.section("NOT RUN")
        terminalreporter.line(f"tests/chains/browser: {MISSING}")


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """A server that answers over http."""
    with serving(Web()) as server:
        yield server


@pytest.fixture(scope="module")
def other() -> Iterator[Web]:
    """Another one, which the guard of these tests does not let anybody reach."""
    with serving(Web()) as server:
        yield server


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """Within the block, browsers have their profiles in a folder of its own; at its end none of them is left."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before
        assert processes(folder) == []
        assert list(Path(folder).iterdir()) == []


@contextmanager
def visits(web: Web, left: Callable[[], float] = lambda: 60.0, cancel: CancelFlag | None = None) -> Iterator[Visits]:
    """A browser that may reach `web` alone. Nothing of it is left at the end."""
    outbound, calling = Outbound([web.at]), (cancel or CancelFlag()).calling
    with (
        leaving_nothing(),
        Visits(executable() or "", outbound, size=(400, 300), left=left, calling=calling) as opened,
    ):
        yield opened
    outbound.close()
