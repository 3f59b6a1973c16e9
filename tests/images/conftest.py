"""What the tests of this room share: programs on images."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from oql import engine, program
from oql.context import Environment
from oql.engine import Outcome
from oql.limits import DEFAULT
from oql.local import local_context
from oql.outbound import Outbound

Run = Callable[..., Outcome]


@pytest.fixture
def run() -> Run:
    """Runs a program: `run(text, limits={...}, outbound=..., name=value of a variable ...)`."""

    def run(
        text: str, limits: dict[str, Any] | None = None, outbound: Outbound | None = None, **variables: Any
    ) -> Outcome:
        made = local_context("ada", limits=replace(DEFAULT, **(limits or {})), job_id="job")
        made.environment = Environment(outbound)
        return engine.run(program.load(text), made, variables)

    return run
