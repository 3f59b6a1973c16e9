"""An execution that is followed to its end: its events, Ctrl-C, and how the command ends."""

import sys
from contextlib import nullcontext
from functools import partial
from typing import Any

import click

from oql.cli import interrupt
from oql.cli.answers import json_text, show_result
from oql.cli.chain.progress import progress
from oql.cli.chain.server import ChainServer
from oql.cli.chain.unattended import events_until_it_waits
from oql.cli.refusal import Failed
from oql.cli.terminal import is_terminal
from oql.jobs.executions import CANCELLED

RESULT_CHARACTERS = 2_000
"""Of a result, unless all of it is asked for."""


def follow(server: ChainServer, execution: str, *, quiet: bool = False, unattended: bool = False) -> None:
    """Shows what an execution tells until it ends. Exits where the person leaves it with Ctrl-C.

    unattended: nobody can answer it, so that it is followed no further where it waits for a person.
    """
    events = partial(events_until_it_waits, server) if unattended else server.events
    shown, after = progress(server.address), None
    while True:
        try:
            with nullcontext() if quiet else shown.at_work():
                for event in events(execution, after=after):
                    after = event.number or after
                    if not quiet:
                        shown.show(event)
            return
        except KeyboardInterrupt:
            _interrupted(server, execution)


def _interrupted(server: ChainServer, execution: str) -> None:
    """Asks what is to become of the execution; comes back where it is followed again."""
    answer = ""
    if is_terminal(sys.stdin):
        try:
            answer = click.prompt(
                "\nCancel the execution? y: cancel it, n: leave it running, Enter: follow it again",
                default="", show_default=False, err=True,
            ).strip().lower()  # fmt: skip
        except (click.Abort, KeyboardInterrupt, EOFError):
            answer = "n"
        if answer.startswith("y"):
            server.send("DELETE", "executions", execution)
            click.echo(f"execution {execution} is cancelled", err=True)
            sys.exit(interrupt.EXIT_CODE)
        if not answer.startswith("n"):
            return
    click.echo(
        f"execution {execution} goes on: oql chain logs {execution} --follow --server {server.address}", err=True
    )
    sys.exit(interrupt.EXIT_CODE)


def record_of(server: ChainServer, execution: str) -> dict[str, Any]:
    """The record of an execution, or of a pipeline. Failed where there is none."""
    kind = "pipeline-executions" if execution.startswith("pip_") else "executions"
    record: dict[str, Any] = found(server, execution, kind, execution)
    return record


def found(server: ChainServer, execution: str, *path: str) -> Any:
    """What a path about an execution gives. Failed where there is no such execution."""
    from oql.cli.remote import ServerProblem

    try:
        return server.get(*path)
    except ServerProblem as problem:
        if problem.status == 404:
            raise Failed(f"there is no execution `{execution}` there; see `oql chain list --runs`") from None
        raise


def show_end(record: dict[str, Any], *, as_json: bool, whole: bool) -> None:
    """The result on stdout; exits with 1 where the execution failed."""
    if as_json:
        click.echo(json_text(record))
    elif record["status"] == "done":
        show_text(str(record.get("result", "")), whole=whole)
    if record["status"] == "error":
        if not as_json:
            go_on = f"; `oql chain resume {record['id']}` runs what is not done"
            cancelled = record.get("error") == CANCELLED
            click.echo(f"error: {record.get('error', '')}{'' if cancelled else go_on}", err=True)
        sys.exit(1)


def show_text(text: str, *, whole: bool) -> None:
    """A result, or as much of it as fits on a screen."""
    show_result(text if whole else text[:RESULT_CHARACTERS])
    if not whole and len(text) > RESULT_CHARACTERS:
        click.echo(f"({RESULT_CHARACTERS:,} of {len(text):,} characters; --full shows all)", err=True)
