"""`oql explain`: the compiled form of a program."""

import sys

import click

from oql.cli.programs import read_program


@click.command("explain", short_help="Show the compiled steps and effects of a program.")
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print the compiled program as it is kept.")
def command(file: str, as_json: bool) -> None:
    """Show what FILE (`-`: standard input) is compiled to, and what its steps touch. Nothing runs.

    Each line is an instruction: its number, `>` when something jumps there, what it does, where a failure goes that
    an OR catches, the path of its step in the trace, and its line and column.
    """
    from oql.cli.answers import show_error
    from oql.errors import ProgramError
    from oql.explain import explain
    from oql.program import compile_text

    source = read_program(file)
    try:
        program = compile_text(source.text, source.name)
    except ProgramError as error:
        show_error(error, source)
        sys.exit(1)
    click.echo(program.to_json() if as_json else explain(program), nl=as_json)
