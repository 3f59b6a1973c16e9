"""What the tests of types of steps share: a web server, a service of models, and a namespace that reaches both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oql.outbound import Outbound
from tests.chains.running.driving import Here
from tests.models.services import Service, serving
from tests.outbound.servers import Web, serving as serving_web


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of models."""
    with serving() as started:
        yield started


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers over http."""
    with serving_web(Web()) as server:
        yield server


@pytest.fixture
def here(tmp_path: Path, web: Web, service: Service) -> Iterator[Here]:
    """A namespace and its worker."""
    outbound, models = Outbound([web.at]), service.models()
    made = Here(tmp_path / "here", models=models, outbound=outbound)
    yield made
    made.store.close()
    outbound.close()
    models.close()
