"""`oql worker`: one more process that runs jobs."""

import sys

import click

from oql.cli.options import data_option, settings_in_force


@click.command("worker", short_help="Run jobs, beside a server or on another machine.")
@data_option
@click.option("--redis", "redis_url", metavar="URL", help="The Redis of the servers; default: the one of the folder.")
def command(data: str | None, redis_url: str | None) -> None:
    """Run jobs until Ctrl-C or SIGTERM, as the job workers of `oql serve` do.

    On another machine it needs the same OQL_STORE and OQL_REDIS_URL, and the secret.key of the servers' data folder.
    """
    settings = settings_in_force(data, redis_url=redis_url)
    from server.process import work

    sys.exit(work(settings))
