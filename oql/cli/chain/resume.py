"""`oql chain resume`: lets a failed execution go on."""

import sys
from typing import Any

import click

from oql.cli.answers import SUSPENDED
from oql.cli.chain.following import record_of, show_end
from oql.cli.chain.options import complete_execution, json_option, on_server
from oql.cli.chain.server import ChainServer
from oql.cli.jobs.following import waiting
from oql.cli.refusal import Failed
from oql.cli.remote import ServerProblem

_RAN = 500


@click.command("resume", short_help="Run what a failed execution has not done.")
@click.argument("execution", metavar="ID", shell_complete=complete_execution)
@click.option("--full", is_flag=True, help="Print all of the result, not its first 2,000 characters.")
@json_option
@on_server
def command(server: ChainServer, execution: str, full: bool, as_json: bool) -> None:
    """Let the failed execution ID go on: steps that are done keep their output, the others run.

    Prints the result when the execution has ended. Exits with 3 where it waits for a person before that.
    """
    answer: dict[str, Any] = {}
    try:
        with waiting(f"execution {execution}"):
            answer = server.send("POST", "executions", execution, "resume", patient=True)
    except ServerProblem as problem:
        if problem.status == 404:
            raise Failed(f"there is no execution `{execution}` there; see `oql chain list --runs`") from None
        if problem.status != _RAN:
            raise
    if "status" in answer and "result" not in answer:
        click.echo(f"execution {execution} waits for a person; see `oql chain list --approvals`", err=True)
        sys.exit(SUSPENDED)
    show_end(record_of(server, execution), as_json=as_json, whole=full)
