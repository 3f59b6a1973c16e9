"""Runs a program whose forms and questions are answered right away, on the real engine with a real journal."""

import time
from collections.abc import Callable
from random import Random
from typing import Any

from oql import engine
from oql.cache import MemoryCache
from oql.context import Context
from oql.errors import OqlError
from oql.journal import Journal
from oql.limits import Limits
from oql.program import load

Ask = Callable[[str, dict[str, Any]], Any]


def run(text: str, ask: Ask | None, variables: dict[str, Any] | None = None) -> engine.Outcome:
    """How a program ends when `ask(kind, shown)` gives the answers; without it, the run cannot wait for a person."""
    context = Context(
        namespace="test",
        now=0.0,
        monotonic_ns=time.monotonic_ns,
        computing_ns=time.thread_time_ns,
        random=Random(1),
        new_id=str,
        cache=MemoryCache(),
        limits=Limits(),
        journal=Journal("job", ask=ask) if ask else None,
    )
    return engine.run(load(text), context, variables)


def asked_by(text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the only GATHER or CONFIRM of a program shows, with its kind."""
    seen: list[dict[str, Any]] = []

    def ask(kind: str, shown: dict[str, Any]) -> Any:
        seen.append({"kind": kind, **shown})
        return {"approved": True, "reason": None} if kind == "confirm" else {}

    outcome = run(text, ask, variables)
    if outcome.error:
        raise outcome.error
    (only,) = seen
    return only


def failure_of(text: str, ask: Ask | None = None, variables: dict[str, Any] | None = None) -> OqlError:
    """The error that a program must end with."""
    error = run(text, ask, variables).error
    assert error is not None
    return error
