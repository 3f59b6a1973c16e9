"""`oql chain`: workflows in YAML, checked here and run on a server."""

import click

from oql.cli.commands import Commands

_EPILOG = """\b
Exit codes: 0 done, 1 failed or no server, 2 wrong usage, 3 waiting for a person, 130 interrupted.
"""


@click.group(
    "chain",
    commands=Commands(
        {
            "run": "oql.cli.chain.run",
            "list": "oql.cli.chain.list",
            "status": "oql.cli.chain.status",
            "logs": "oql.cli.chain.logs",
            "approve": "oql.cli.chain.approve",
            "reject": "oql.cli.chain.reject",
            "resume": "oql.cli.chain.resume",
            "cancel": "oql.cli.chain.cancel",
            "save": "oql.cli.chain.save",
            "delete": "oql.cli.chain.delete",
            "validate": "oql.cli.chain.validate",
            "dry-run": "oql.cli.chain.dry_run",
            "schema": "oql.cli.chain.schema",
        }
    ),
    short_help="Run, check and look after chains.",
    epilog=_EPILOG,
)
def command() -> None:
    """Work with chains: workflows in YAML (docs/chains.md).

    \b
    oql chain validate report.yaml
    oql chain dry-run report.yaml -i topic=bees
    oql chain run report.yaml -i topic=bees --server http://127.0.0.1:4242

    validate, dry-run and schema need no server. The others ask the one that --server or OQL_SERVER names, else the one
    of the settings on this machine.
    """
