"""`oql chain cancel`: ends executions for good."""

import click

from oql.cli.chain.options import complete_execution, on_server
from oql.cli.chain.server import ChainServer
from oql.cli.refusal import Failed
from oql.cli.remote import ServerProblem

_UNKNOWN = 404


@click.command("cancel", short_help="End executions for good.")
@click.argument("executions", metavar="ID...", nargs=-1, required=True, shell_complete=complete_execution)
@on_server
def command(server: ChainServer, executions: tuple[str, ...]) -> None:
    """End the executions ID, whatever they do or wait for; what they have done stays. They cannot be resumed."""
    for execution in executions:
        try:
            server.send("DELETE", "executions", execution)
        except ServerProblem as problem:
            if problem.status != _UNKNOWN:
                raise
            message = f"there is no execution `{execution}` that runs or waits; see `oql chain list --runs`"
            raise Failed(message) from None
        click.echo(f"execution {execution} cancelled")
