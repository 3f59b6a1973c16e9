"""`oql chain run`: runs a chain on a server, and shows what it tells."""

import sys
from typing import Any

import click

from oql.cli.chain.files import input_option, missing_told, values
from oql.cli.chain.following import follow, record_of, show_end
from oql.cli.chain.options import complete_chain, json_option, on_server
from oql.cli.chain.saving import is_file, save
from oql.cli.chain.server import ChainServer
from oql.cli.chain.unattended import OVER, leave_waiting
from oql.cli.refusal import Failed
from oql.cli.remote import ServerProblem
from oql.cli.terminal import is_terminal


@click.command("run", short_help="Run a chain, and follow it to its end.")
@click.argument("name", metavar="NAME|FILE", shell_complete=complete_chain)
@input_option
@click.option("--pipeline", is_flag=True, help="NAME is that of a pipeline.")
@click.option("--detach", is_flag=True, help="Print the id, and do not wait.")
@click.option("--full", is_flag=True, help="Print all of the result, not its first 2,000 characters.")
@json_option
@on_server
def command(
    server: ChainServer, name: str, inputs: Any, pipeline: bool, detach: bool, full: bool, as_json: bool
) -> None:
    """Run the saved chain NAME, or the one in FILE, which is saved first (`./x`, `x.yaml`, `-`: standard input).

    What happens goes to stderr, the result to stdout; it exits with 1 where the chain fails. What `oql chain validate`
    warns of in FILE is shown first. A gate is shown with the commands that answer it; where standard input is no
    terminal, it exits with 3 then. Ctrl-C asks whether to cancel the execution, which else goes on.
    """
    given = values(inputs)
    kind, saved = save(server, name, None) if is_file(name) else ("pipelines" if pipeline else "chains", name)
    path = ("pipelines", saved, "execute") if kind == "pipelines" else ("execute", saved)
    try:
        execution = str(server.send("POST", *path, body={"input": given})["executionId"])
    except ServerProblem as problem:
        raise Failed(_hinted(server, str(problem), saved)) from None
    if detach:
        click.echo(execution)
        return
    follow(server, execution, quiet=as_json, unattended=not is_terminal(sys.stdin))
    record = record_of(server, execution)
    if record["status"] not in OVER:
        leave_waiting(server, record, as_json=as_json)
    show_end(record, as_json=as_json, whole=full)


def _hinted(server: ChainServer, told: str, name: str) -> str:
    """What the server says, with what to do about it."""
    if told.startswith("Missing required input"):
        return missing_told(told)
    if told != f'Chain "{name}" not found':
        return told
    from oql.errors import nearest

    guess = nearest(name, [chain["name"] for chain in server.get("chains")])
    return told + (f"; did you mean `{guess}`?" if guess else "; see `oql chain list`")
