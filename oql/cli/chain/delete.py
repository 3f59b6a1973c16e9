"""`oql chain delete`: deletes saved chains."""

import click

from oql.cli.chain.options import complete_name, on_server
from oql.cli.chain.server import ChainServer


@click.command("delete", short_help="Delete saved chains.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=complete_name)
@click.option("--pipeline", is_flag=True, help="NAME is that of a pipeline.")
@on_server
def command(server: ChainServer, names: tuple[str, ...], pipeline: bool) -> None:
    """Delete the saved chains called NAME. Executions of them go on."""
    for name in names:
        server.send("DELETE", "pipelines" if pipeline else "chains", name)
        click.echo(f"{'pipeline' if pipeline else 'chain'} `{name}` deleted")
