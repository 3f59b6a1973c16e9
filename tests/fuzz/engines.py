"""Runs programs on the engine for the fuzz tests, with small limits and without chance."""

import time
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from oql import engine
from oql.cache import MemoryCache
from oql.context import CancelFlag, Context
from oql.limits import Limits
from oql.program import Program, compile_text
from oql.values import SKIPPED, Multi

T = TypeVar("T")

SMALL = Limits(steps=3_000, computing_s=1.0, wall_s=3.0, memory_bytes=1 << 20, output_bytes=1 << 16)
"""Limits in which a program that behaves ends well, and one that does not ends at once."""


class First(Random):
    """Randomness that always chooses the first."""

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]  # typeshed names another protocol
        return seq[0]

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return 0 if stop is None else start


def context(limits: Limits = SMALL, cancel: CancelFlag | None = None, **others: Any) -> Context:
    """The context of a run in which nothing is left to chance."""
    return Context(
        namespace="user_test",
        now=1_767_225_600.0,
        monotonic_ns=time.perf_counter_ns,
        computing_ns=time.thread_time_ns,
        random=First(7),
        new_id=lambda version: f"00000000-0000-{version}000-8000-000000000000",
        cache=MemoryCache(),
        limits=limits,
        cancel=cancel or CancelFlag(),
        **others,
    )


def run(program: str | Program, variables: dict[str, Any] | None = None, limits: Limits = SMALL) -> engine.Outcome:
    """How a program ends."""
    compiled = compile_text(program) if isinstance(program, str) else program
    return engine.run(compiled, context(limits), variables)


def plain(value: Any) -> Any:
    """A value without multivariables: each is the array of its branches."""
    if isinstance(value, Multi):
        return [plain(branch) for branch in value.branches]
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    assert value is not SKIPPED, "the skip mark has become a value"
    return value


def ending(outcome: engine.Outcome) -> tuple[str | None, Any, dict[str, Any]]:
    """What two runs of equal programs have in common: error code, result, variables."""
    code = str(outcome.error.code) if outcome.error else None
    return code, plain(outcome.result), {name: plain(value) for name, value in outcome.variables.items()}
