"""`oql chain logs`: what an execution has told."""

import sys

import click

from oql import json
from oql.cli.chain.following import follow, record_of, show_end
from oql.cli.chain.options import complete_execution, on_server
from oql.cli.chain.progress import Lines
from oql.cli.chain.server import ChainServer
from oql.cli.terminal import colored

_SILENCE_S = 1.0
"""After so long without an event, an execution that runs has told all that it has to tell now."""


@click.command("logs", short_help="Show what an execution has told.")
@click.argument("execution", metavar="ID", shell_complete=complete_execution)
@click.option("-f", "--follow", "go_on", is_flag=True, help="Go on to the end, then show the result.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON.")
@on_server
def command(server: ChainServer, execution: str, go_on: bool, as_json: bool) -> None:
    """Show the events of the execution ID from its last start on: steps, their output, logs, gates."""
    record = record_of(server, execution)
    if go_on and not as_json:
        follow(server, execution)
        show_end(record_of(server, execution), as_json=False, whole=False)
        return
    lines = Lines(server.address, lambda line: click.echo(line, color=colored(sys.stdout)))
    ended = record["status"] in ("done", "error")
    for event in server.events(execution, None if go_on or ended else _SILENCE_S):
        if as_json:
            click.echo(json.dumps(event.fields))
        else:
            lines.show(event)
