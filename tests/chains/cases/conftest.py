"""Where cases run: a namespace for all of them, a service of models, a web server, files."""

from collections.abc import Iterator
from typing import Any

import pytest

from oql.outbound import Outbound
from tests.chains.cases.stage import Stage
from tests.chains.running.driving import Here
from tests.models.services import serving
from tests.outbound.servers import Web, serving as serving_web


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same for all cases, on both engines."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    with serving() as service, serving_web(Web()) as web:
        models, outbound = service.models(), Outbound([web.at])
        given: dict[str, Any] = {"models": models, "outbound": outbound}
        here = Here(tmp_path_factory.mktemp("cases"), url, **given)
        yield Stage(here, service, web)
        here.store.close()
        models.close()
        outbound.close()
