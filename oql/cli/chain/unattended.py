"""An execution that is followed where nobody can answer: to its end, or until it waits for a person."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from chains.executions.events import FINAL
from oql.cli.answers import SUSPENDED, json_text
from oql.cli.chain.server import ChainServer, Event

OVER = ("done", "error")
_QUIET_S = 1.0
_LONGEST_QUIET_S = 8.0
_MOST_RUNS = 200
_FORM = "Waits for a form: "


def events_until_it_waits(server: ChainServer, execution: str, *, after: int | None = None) -> Iterator[Event]:
    """The events of an execution up to its end, or to where all is quiet and a person is asked.

    after: the number of the last event that is known. It is looked at more and more seldom while nothing comes.
    """
    quiet, form = _QUIET_S, False
    while True:
        before = after
        for event in server.events(execution, quiet, after=after):
            after = event.number or after
            form = str(event.fields.get("message", "")).startswith(_FORM)
            yield event
            if event.fields["type"] in FINAL:
                return
        if form or open_gates(server, execution) or _is_over(server, execution):
            return
        quiet = min(2 * quiet, _LONGEST_QUIET_S) if after == before else _QUIET_S


def _is_over(server: ChainServer, execution: str) -> bool:
    return str(server.get("executions", execution)["status"]) in OVER


def open_gates(server: ChainServer, execution: str) -> list[Mapping[str, Any]]:
    """The gates of an execution that wait for an answer, those of executions inside it too."""
    gates = server.get("approvals")
    if not gates:
        return []
    parents = {run["id"]: run.get("parentId", "") for run in server.get("executions", limit=_MOST_RUNS)}
    return [gate for gate in gates if execution in _around(gate["executionId"], parents)]


def _around(execution: str, parents: Mapping[str, str]) -> Iterator[str]:
    """An execution, and all that it is inside of."""
    while execution:
        yield execution
        execution = parents.get(execution, "")


def leave_waiting(server: ChainServer, record: Mapping[str, Any], *, as_json: bool) -> None:
    """Says how to answer an execution that waits for a person, and exits with 3."""
    if as_json:
        click.echo(json_text(record))
    there = f" --server {server.address}"
    click.echo(f"execution {record['id']} waits for a person", err=True)
    for gate in open_gates(server, record["id"]):
        click.echo(f"  oql chain approve {gate['executionId']} {gate['stepId']}{there}", err=True)
    click.echo(f"and then: oql chain logs {record['id']} --follow{there}", err=True)
    sys.exit(SUSPENDED)
