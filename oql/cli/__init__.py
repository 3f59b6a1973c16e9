"""The command line. Each command is imported when it is called, so that `oql run` starts fast."""

import atexit
import errno
import gc
import os
import sys
from typing import Any

import click

from oql.cli.commands import Commands

# What is loaded stays to the end and then goes at once. Python would look for cycles in it after every 700 new objects,
# and twice when it ends: together a fifth of the time of a short program.
gc.set_threshold(20_000, 20, 50)
atexit.register(gc.freeze)

_COMMANDS = Commands(
    {
        "run": "oql.cli.run",
        "check": "oql.cli.check",
        "fmt": "oql.cli.fmt",
        "explain": "oql.cli.explain",
        "verbs": "oql.cli.verbs",
        "repl": "oql.cli.repl",
        "serve": "oql.cli.serve",
        "replicate": "oql.cli.replicate",
        "backup": "oql.cli.backup",
        "restore": "oql.cli.restore",
        "worker": "oql.cli.worker",
        "jobs": "oql.cli.jobs",
        "chain": "oql.cli.chain",
        "chains": "oql.cli.chains",
        "mcp": "oql.cli.mcp",
        "settings": "oql.cli.settings",
        "account": "oql.cli.account",
        "token": "oql.cli.token",
        "site": "oql.cli.site",
        "users": "oql.cli.users",
        "doctor": "oql.cli.doctor",
    }
)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

_EPILOG = """\b
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 waiting for a person, 130 interrupted.
Completion in bash: eval "$(_OQL_COMPLETE=bash_source oql)"   (zsh_source, fish_source)
"""


class _Oql(click.Group):
    """All commands. An output that takes nothing more, such as a file on a full disk, is an error like others."""

    def main(self, *arguments: Any, **named: Any) -> Any:
        """Runs a command line."""
        try:
            return super().main(*arguments, **named)
        except OSError as error:
            if error.filename is not None or error.errno not in _NO_ROOM:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed when Python ends
            click.echo(f"error: cannot write the output: {error.strerror}", err=True)
            sys.exit(1)


@click.group(
    cls=_Oql,
    commands=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
@click.version_option(package_name="oql", message="oql %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """OQL: one POST is your backend.

    Without a command, on a terminal, this is `oql repl`.

    \b
    oql run -c 'EMIT "Hello"'      a program, in this process
    oql verbs PAD                  what a verb does
    oql serve --dev                a server, with the account test/test
    """
    if context.invoked_subcommand is None:
        if sys.stdin.isatty() and sys.stdout.isatty():
            context.invoke(_COMMANDS["repl"])
        else:
            click.echo(context.get_help(), err=True)
            context.exit(2)
