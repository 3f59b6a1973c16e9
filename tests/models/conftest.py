"""What the tests of this room share: a service of models on this machine, and programs that may ask it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from oql import engine, program
from oql.context import Environment
from oql.engine import Outcome
from oql.limits import DEFAULT
from oql.local import local_context
from oql.models import Models
from tests.models.services import Service, serving

Ask = Callable[..., Outcome]


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of models."""
    with serving() as started:
        yield started


@pytest.fixture
def ask(service: Service) -> Iterator[Ask]:
    """Runs a program that may ask the service: `ask(text, protocol=..., variables=..., limits=..., context=...)`."""
    opened: list[Models] = []

    def run(text: str, protocol: str = "openai", **options: Any) -> Outcome:
        models = service.models(protocol, **options.get("endpoint", {}))
        opened.append(models)
        context = local_context("ada", limits=replace(DEFAULT, **options.get("limits", {})), job_id="job")
        context.environment = Environment(models=models)
        for name, value in options.get("context", {}).items():
            setattr(context, name, value)
        return engine.run(program.load(text), context, options.get("variables"))

    yield run
    for models in opened:
        models.close()
