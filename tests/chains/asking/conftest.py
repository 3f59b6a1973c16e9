"""What the tests of this room share: a service of models, a web server, and steps that ask."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chains.asking import answer, attempt_seconds, models_of
from chains.work import Told
from oql.chain_options import ChainOptions
from oql.context import Environment
from oql.local import local_context
from oql.models import Models
from oql.outbound import Outbound
from substrate.files.opening import FileStore
from tests.chains.desk import Desk, at_desk
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


Sit = Callable[..., Desk]


@pytest.fixture
def sit(service: Service, web: Web) -> Iterator[Sit]:
    """A desk that may ask the service and the web server: `sit(step, protocol=..., endpoint=..., chains=..., ...)`."""
    opened: list[Models | Outbound] = []

    def made(step: str, protocol: str = "openai", **options: Any) -> Desk:
        context = local_context("ada")
        models, outbound = service.models(protocol, **options.pop("endpoint", {})), Outbound([web.at])
        chains = replace(ChainOptions(), **options.pop("chains", {}))
        context.environment = Environment(outbound, models=models, chains=chains)
        opened.extend([models, outbound])
        return at_desk(step, context, **options)

    yield made
    for each in opened:
        each.close()


def asked(desk: Desk, **options: Any) -> Told:
    """What a desk's step is answered, as an execution asks for it."""
    step = desk.step
    given: dict[str, Any] = {
        "models": models_of(desk),
        "tools": step.tools,
        "retry": step.retry,
        "seconds": attempt_seconds(desk),
        **options,
    }
    return answer(desk, step.prompt, **given)


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[FileStore]:
    """The files of a data folder."""
    made = FileStore(tmp_path / "data", lambda: "https://oql.example.com")
    yield made
    made.close()
