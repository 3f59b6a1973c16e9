"""The answer to a gate, as `oql chain approve` and `oql chain reject` send it."""

import click

from oql.cli.chain.server import ChainServer
from oql.cli.refusal import Failed
from oql.cli.remote import ServerProblem

_UNKNOWN = 404


def decide(server: ChainServer, execution: str, step: str, *, approved: bool, reason: str | None) -> None:
    """Answers a gate. Failed where it waits for nobody, or was answered before."""
    try:
        server.decide(execution, step, approved=approved, reason=reason)
    except ServerProblem as problem:
        if problem.status != _UNKNOWN:
            raise Failed(f"{problem}{_hint(problem)}") from None
        raise Failed(f"{problem}: {_waiting(server, execution, step)}") from None
    click.echo(f"step `{step}` of {execution} is {'approved' if approved else 'rejected'}")


def _hint(problem: ServerProblem) -> str:
    return ": give --reason TEXT" if "reason is required" in str(problem) else ""


def _waiting(server: ChainServer, execution: str, step: str) -> str:
    """What does wait for a person, where something was meant that does not."""
    steps = [gate["stepId"] for gate in server.get("approvals") if gate["executionId"] == execution]
    if steps:
        return f"step `{step}` of {execution} does not wait; these do: {', '.join(steps)}"
    return f"nothing of {execution} waits for a person; see `oql chain list --approvals`"
