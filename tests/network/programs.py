"""Runs a program for a test of this room: with a way out, and nothing else around it."""

from dataclasses import replace
from typing import Any

from oql import engine
from oql.context import CancelFlag, Environment
from oql.journal import Journal
from oql.limits import DEFAULT
from oql.local import local_context
from oql.outbound import Outbound
from oql.program import load


def run(
    text: str,
    outbound: Outbound | None,
    variables: dict[str, Any] | None = None,
    *,
    journal: Journal | None = None,
    cancel: CancelFlag | None = None,
    **limits: Any,
) -> engine.Outcome:
    """How a program ends. `variables` are bound before it starts, `limits` are those of the run."""
    context = local_context(job_id="job", limits=replace(DEFAULT, **limits), cancel=cancel)
    context.environment, context.journal = Environment(outbound), journal
    return engine.run(load(text), context, variables)


def value_of(text: str, outbound: Outbound, variables: dict[str, Any] | None = None, **options: Any) -> Any:
    """What a program gives that must not fail."""
    outcome = run(text, outbound, variables, **options)
    if outcome.error:
        raise outcome.error
    return outcome.result


def failure_of(
    text: str, outbound: Outbound | None, variables: dict[str, Any] | None = None, **options: Any
) -> tuple[str, str]:
    """Code and message of the error that a program must end with."""
    outcome = run(text, outbound, variables, **options)
    assert outcome.error is not None, outcome.result
    return str(outcome.error.code), outcome.error.message
