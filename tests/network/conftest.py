"""What the tests of this room share: web servers on this machine, and guards that are closed."""

from collections.abc import Iterator

import pytest

from tests.outbound.servers import OPENED, Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers over http."""
    with serving(Web()) as server:
        yield server


@pytest.fixture
def other() -> Iterator[Web]:
    """Another one."""
    with serving(Web()) as server:
        yield server


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Closes the guards that a test has made."""
    yield
    while OPENED:
        OPENED.pop().close()
