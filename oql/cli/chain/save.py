"""`oql chain save`: saves the text of a chain on a server."""

import click

from oql.cli.chain.options import on_server
from oql.cli.chain.saving import save
from oql.cli.chain.server import ChainServer


@click.command("save", short_help="Save chains on a server.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--name", metavar="NAME", help="Under this name; default: the `name` in the text.")
@on_server
def command(server: ChainServer, files: tuple[str, ...], name: str | None) -> None:
    """Save the chain or pipeline in each FILE (`-`: standard input) byte for byte, in place of one of its name."""
    if name and len(files) > 1:
        raise click.UsageError("--name is for one FILE")
    for file in files:
        save(server, file, name)
