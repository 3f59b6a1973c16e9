"""`oql mcp`: chains as tools of models, over the Model Context Protocol."""

from typing import TYPE_CHECKING

import click

from oql.cli.chain.options import on_server

if TYPE_CHECKING:
    from oql.cli.chain.server import ChainServer


@click.command("mcp", short_help="Serve chains as tools to a model, on stdin and stdout.")
@on_server
def command(server: "ChainServer") -> None:
    """Speak the Model Context Protocol on standard input and output, for a program that has a model use tools.

    The tools list, write, change and run chains on the server that --server or OQL_SERVER names, answer gates, and look
    after schedules and pipelines. What such a program is configured with:

    \b
    {"mcpServers": {"oql": {"command": "oql", "args": ["mcp"],
      "env": {"OQL_SERVER": "https://oql.example.com", "OQL_TOKEN": "..."}}}}
    """
    from oql.cli.mcp.serving import serve

    serve(server)
