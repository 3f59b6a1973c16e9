"""`oql chain status`: how an execution stands."""

import sys
from typing import Any

import click

from oql.cli.answers import json_text
from oql.cli.chain.following import record_of, show_text
from oql.cli.chain.list import COLORS
from oql.cli.chain.options import complete_execution, json_option, on_server
from oql.cli.chain.progress import plain, took
from oql.cli.chain.server import ChainServer
from oql.cli.jobs.shown import moment
from oql.cli.tables import show_table
from oql.cli.terminal import colored
from oql.messages import shorten

_WIDEST = 60


@click.command("status", short_help="Show how an execution stands.")
@click.argument("execution", metavar="ID", shell_complete=complete_execution)
@click.option("--full", is_flag=True, help="Print all of the result, not its first 2,000 characters.")
@json_option
@on_server
def command(server: ChainServer, execution: str, full: bool, as_json: bool) -> None:
    """Show how the execution ID stands: its steps, its result or error, and what it waits for."""
    record = record_of(server, execution)
    if as_json:
        click.echo(json_text(record))
        return
    _show(record)
    for gate in server.get("approvals") if record["status"] == "running" else ():
        if gate["executionId"] == execution:
            click.echo(f"waits for a person: {plain(gate['prompt'])}\n  oql chain approve {execution} {gate['stepId']}")
    if record["status"] == "done":
        click.echo("result:")
        show_text(str(record.get("result", "")), whole=full)


def _show(record: dict[str, Any]) -> None:
    color, status = colored(sys.stdout), record["status"]
    lines = {
        "execution": record["id"],
        "of": record.get("chainName") or record.get("pipelineName", ""),
        "status": click.style(status, fg=COLORS.get(status)),
        "started": moment(record["startedAt"]),
        "ended": moment(record.get("finishedAt")),
        "took": took(record["durationMs"]) if "durationMs" in record else "",
        "inside": record.get("parentId", ""),
        "error": plain(record.get("error", "")),
    }
    for name, text in lines.items():
        if text:
            click.echo(f"{name:<10}{text}", color=color)
    steps = record.get("steps") or record.get("chains") or {}
    rows = [_row(name, each) for name, each in steps.items()]
    if rows:
        heads = ("step", "status", "took", "tokens", "about")
        show_table(heads, rows, sys.stdout, right=("took", "tokens"), colors={"status": COLORS})


def _row(name: str, step: dict[str, Any]) -> tuple[str, ...]:
    tokens = f"{step['inputTokens']:,} + {step.get('outputTokens', 0):,}" if "inputTokens" in step else ""
    about = step.get("error") or step.get("output") or step.get("result") or ""
    spent = took(step["durationMs"]) if "durationMs" in step else ""
    return name, step["status"], spent, tokens, shorten(plain(about), _WIDEST)
