"""`oql chain reject`: answers a gate."""

import click

from oql.cli.chain.deciding import decide
from oql.cli.chain.options import complete_gate, on_server
from oql.cli.chain.server import ChainServer


@click.command("reject", short_help="End an execution at a gate.")
@click.argument("execution", metavar="ID", shell_complete=complete_gate)
@click.argument("step", metavar="STEP", shell_complete=complete_gate)
@click.option("--reason", metavar="TEXT", help="Why; some gates want a reason.")
@on_server
def command(server: ChainServer, execution: str, step: str, reason: str | None) -> None:
    """Reject what the step STEP of the execution ID asks: the execution fails there.

    What waits for an answer is listed by `oql chain list --approvals`.
    """
    decide(server, execution, step, approved=False, reason=reason)
