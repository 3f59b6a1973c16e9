"""`oql repl`: a dialogue; programs are run as they are typed, variables are kept between them."""

import sys

import click

from oql.cli.terminal import is_terminal


@click.command("repl", short_help="Type programs and see what they give.")
@click.option("--namespace", default="local", show_default=True, help="Whose data is used.")
def command(namespace: str) -> None:
    """Type programs and see what they give; variables are kept from one to the next.

    Without a terminal, programs are read from standard input; an empty line ends one.
    """
    from oql.cli.limits import limits_in_force
    from oql.cli.repl.dialogue import Dialogue

    dialogue = Dialogue(limits_in_force(), namespace)
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        from oql.cli.repl.terminal import converse

        converse(dialogue)
    else:
        from oql.cli.repl.piped import read_all

        read_all(dialogue, sys.stdin)
    sys.exit(1 if dialogue.failed and not is_terminal(sys.stdin) else 0)
