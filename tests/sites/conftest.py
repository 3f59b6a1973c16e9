"""The server that most tests of sites share, and what its sites are made and visited with.

The tests in a browser need a Chromium on the machine; `tests/people` says at the end of a run where they are left out.
"""

from collections.abc import Iterator

import pytest

from tests.http.running import Server, running
from tests.people.browser import executable
from tests.sites.visiting import Visitor

collect_ignore = [] if executable() else ["test_in_a_browser.py"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server with two web workers and a job worker."""
    with running(tmp_path_factory.mktemp("sites") / "data", job_workers="1") as started:
        yield started


@pytest.fixture
def shop(server: Server) -> Iterator[Visitor]:
    """A visitor of the site `shop`, who can also change it."""
    with Visitor(server, "shop") as visitor:
        yield visitor
