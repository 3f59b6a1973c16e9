"""`oql serve`: the server, in the foreground."""

import sys
from typing import Any

import click

from oql.cli.options import data_option, settings_in_force


@click.command("serve", short_help="Run the server.")
@click.option("--host", help="Address to listen on; default: 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default: 4242, 0 takes a free one.")
@data_option
@click.option("--workers", type=int, help="Web worker processes; default: one for each processor, two at least.")
@click.option("--job-workers", type=int, help="Job worker processes; default: one for each processor, four at most.")
@click.option("--redis", "redis_url", metavar="URL", help="Redis for hints of due work; default: a private one.")
@click.option("--dev", is_flag=True, default=None, help="Development: adds the account test/test.")
@click.option("--allow-public-dev", is_flag=True, default=None, help="Lets --dev listen beyond this machine.")
@click.option("--check", is_flag=True, help="Only look whether it could start, and change nothing.")
def command(data: str | None, check: bool, **flags: Any) -> None:
    """Run the server until Ctrl-C or SIGTERM. It leaves no process behind. SIGUSR2 starts it anew without a gap.

    Every flag is a setting too; `oql settings` lists them all.
    """
    settings = settings_in_force(data, **flags)
    from server import process

    sys.exit(process.check(settings) if check else process.serve(settings))
