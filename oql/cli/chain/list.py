"""`oql chain list`: the chains of a server, or its executions."""

import sys
from collections.abc import Callable
from typing import Any

import click

from oql.cli.answers import json_text
from oql.cli.chain.options import json_option, on_server
from oql.cli.chain.progress import plain, took
from oql.cli.chain.server import ChainServer
from oql.cli.jobs.shown import moment
from oql.cli.tables import show_table
from oql.messages import shorten

COLORS = {"done": "green", "error": "red", "running": "blue", "pending": "yellow", "skipped": "bright_black"}
_WIDEST = 60


@click.command("list", short_help="List saved chains, executions, or what waits for a person.")
@click.option("--pipelines", is_flag=True, help="The saved pipelines instead.")
@click.option("--runs", is_flag=True, help="The executions, the newest first, instead.")
@click.option("--approvals", is_flag=True, help="What waits for a person, the oldest first, instead.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="So many executions.")
@json_option
@on_server
def command(server: ChainServer, limit: int, as_json: bool, **which: bool) -> None:
    """List the saved chains by name."""
    wanted = [name for name, given in which.items() if given] or ["chains"]
    if len(wanted) > 1:
        raise click.UsageError(f"give one of {', '.join(f'--{name}' for name in wanted)}")
    path, show, nothing = _LISTS[wanted[0]]
    found = server.get(path, **({"limit": limit} if path == "executions" else {}))
    if as_json:
        click.echo(json_text(found))
    elif found:
        show(found)
    else:
        click.echo(nothing, err=True)


def _show_chains(chains: list[dict[str, Any]]) -> None:
    rows = [
        (
            each["name"],
            str(each.get("stepCount", each.get("chainCount", ""))),
            plain(each.get("version", "")),
            _about(each),
        )
        for each in chains
    ]
    show_table(("name", "steps", "version", "about"), rows, sys.stdout, right=("steps",))


def _about(chain: dict[str, Any]) -> str:
    told = f"error: {chain['error']}" if "error" in chain else chain.get("description", "")
    return shorten(plain(told), _WIDEST)


def _show_runs(runs: list[dict[str, Any]]) -> None:
    rows = [
        (
            each["id"], each["status"], each["chainName"], moment(each["startedAt"]),
            took(each["durationMs"]) if "durationMs" in each else "", shorten(plain(each.get("error", "")), _WIDEST),
        )
        for each in runs
    ]  # fmt: skip
    heads = ("execution", "status", "chain", "started", "took", "error")
    show_table(heads, rows, sys.stdout, right=("took",), colors={"status": COLORS})


def _show_approvals(waiting: list[dict[str, Any]]) -> None:
    rows = [
        (
            each["executionId"], each["stepId"], each["chainName"], moment(each["startedAt"]),
            shorten(plain(each["prompt"]), _WIDEST),
        )
        for each in waiting
    ]  # fmt: skip
    show_table(("execution", "step", "chain", "started", "question"), rows, sys.stdout)


_LISTS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], None], str]] = {
    "runs": ("executions", _show_runs, "there are no executions"),
    "approvals": ("approvals", _show_approvals, "nothing waits for a person"),
    "pipelines": ("pipelines", _show_chains, "there are no pipelines: see `oql chain save --help`"),
    "chains": ("chains", _show_chains, "there are no chains: see `oql chain save --help`"),
}
