"""Runs a program for a test, on the real engine; values come in as variables."""

import time
import tracemalloc
from random import Random
from typing import Any

from oql import engine
from oql.cache import MemoryCache
from oql.context import Context
from oql.errors import OqlError
from oql.limits import Limits
from oql.program import load


def run(text: str, variables: dict[str, Any] | None = None, **limits: Any) -> engine.Outcome:
    """How a program ends. `variables` are bound before it starts, `limits` are those of the run."""
    context = Context(
        namespace="test",
        now=0.0,
        monotonic_ns=time.monotonic_ns,
        computing_ns=time.thread_time_ns,
        random=Random(1),
        new_id=str,
        cache=MemoryCache(),
        limits=Limits(**limits),
    )
    return engine.run(load(text), context, variables)


def value_of(text: str, variables: dict[str, Any] | None = None) -> Any:
    """What a program gives that must not fail."""
    outcome = run(text, variables)
    if outcome.error:
        raise outcome.error
    return outcome.result


def failure_of(text: str, variables: dict[str, Any] | None = None, **limits: Any) -> OqlError:
    """The error that a program must end with."""
    outcome = run(text, variables, **limits)
    assert outcome.error is not None, outcome.result
    return outcome.error


def peak_of_failure(text: str, variables: dict[str, Any], memory_bytes: int) -> tuple[str, int]:
    """The code of the error that a program must end with, and the most bytes that Python held meanwhile."""
    load(text)
    tracemalloc.start()
    try:
        code = failure_of(text, variables, memory_bytes=memory_bytes).code
        return code, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
