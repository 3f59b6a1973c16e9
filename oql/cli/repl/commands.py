"""What may be said in a dialogue besides programs: `:help`, `:vars`, `:trace`, `:load`, `:clear`, `:quit`."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from oql.cli.programs import read_program
from oql.cli.refusal import Refused
from oql.cli.tables import show_table
from oql.cli.verbs import find
from oql.errors import nearest
from oql.messages import shorten
from oql.values import kind_of, text_form

if TYPE_CHECKING:
    from oql.cli.repl.dialogue import Dialogue


SAID = {"help": ":help", "quit": ":quit", "exit": ":quit"}
"""What people type for a command, who do not know yet how it is written."""


def carry_out(dialogue: "Dialogue", line: str) -> None:
    """Does what a line such as `:help UPPER` says."""
    name, _, rest = line.partition(" ")
    command = COMMANDS.get(name)
    try:
        if command is None:
            guess = nearest(name, COMMANDS)
            raise Refused(f"`{name}` is not a command; {f'did you mean `{guess}`?' if guess else 'try `:help`'}")
        command(dialogue, rest.strip())
    except Refused as refused:
        dialogue.failed = True
        refused.show()


def _help(_dialogue: "Dialogue", name: str) -> None:
    """:help [VERB]   this list, or everything about a verb"""
    from oql.reference import help_text

    if name:
        click.echo(help_text(find(name)), nl=False)
        return
    for command in dict.fromkeys(COMMANDS.values()):
        click.echo(command.__doc__)
    click.echo("Anything else is a program. An open block, text or chain goes on with the next line.")
    click.echo("?_ is the value of the last step that kept it nowhere. Tab completes, Ctrl-C stops, Ctrl-D leaves.")


def _vars(dialogue: "Dialogue", _rest: str) -> None:
    """:vars          the variables and their values"""
    rows = [(f"?{n}", kind_of(v), shorten(text_form(v), 60)) for n, v in sorted(dialogue.variables.items())]
    if rows:
        show_table(("variable", "kind", "value"), rows, sys.stdout)
    else:
        click.echo("no variables")


def _trace(dialogue: "Dialogue", rest: str) -> None:
    """:trace [on|off]   the steps of the last run, or of every run from now on"""
    if rest not in ("", "on", "off"):
        raise Refused(f"expected `:trace`, `:trace on` or `:trace off`, found `:trace {rest}`")
    if rest:
        dialogue.tracing = rest == "on"
        click.echo(f"trace is {rest}")
    else:
        dialogue.show_trace()


def _load(dialogue: "Dialogue", path: str) -> None:
    """:load FILE     runs a program from a file"""
    if not path:
        raise Refused("expected `:load FILE`")
    dialogue.run(read_program(path))


def _clear(dialogue: "Dialogue", _rest: str) -> None:
    """:clear         forgets all variables"""
    dialogue.variables = {}


def _quit(dialogue: "Dialogue", _rest: str) -> None:
    """:quit          leaves"""
    dialogue.ended = True


COMMANDS: dict[str, Callable[["Dialogue", str], None]] = {
    ":help": _help, ":vars": _vars, ":trace": _trace, ":load": _load, ":clear": _clear, ":quit": _quit, ":q": _quit,
}  # fmt: skip
"""Every command by its name."""
