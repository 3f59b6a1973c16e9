"""`oql replicate`: a server that follows another one."""

import sys
from typing import Any

import click

from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Refused


@click.command("replicate", short_help="Follow another server, and serve reads.")
@click.option("--from", "replicate_from", metavar="URL", help="The server that is followed.")
@click.option(
    "--token", "replicate_token", metavar="TOKEN", help="Its operator's token; better in OQL_REPLICATE_TOKEN."
)
@click.option("--name", "node_id", metavar="NODE", help="As which it acknowledges; default: the name of the machine.")
@click.option("--host", help="Address to listen on; default: 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default: 4242, 0 takes a free one.")
@data_option
@click.option("--workers", type=int, help="Web worker processes; default: one for each processor, two at least.")
def command(data: str | None, **flags: Any) -> None:
    """Follow another server until Ctrl-C or SIGTERM.

    It takes over what the leader writes, answers reads from its own store, and refuses writes. To make it the leader,
    end it and run `oql serve` on the same data folder.
    """
    settings = settings_in_force(data, job_workers=0, **flags)
    if not settings.replicate_from:
        raise Refused("expected --from URL, or the setting `replicate_from`")
    if not settings.replicate_token and not settings.dev:
        raise Refused("expected an operator's token of that server in OQL_REPLICATE_TOKEN")
    from server.process import serve

    sys.exit(serve(settings))
