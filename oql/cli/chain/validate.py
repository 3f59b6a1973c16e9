"""`oql chain validate`: everything that can be said of the texts of chains without running them."""

import sys
from typing import TYPE_CHECKING

import click

from oql.cli.chain.files import read_chain_text
from oql.cli.chain.problems import line_of
from oql.cli.check import counted
from oql.cli.programs import each_read
from oql.cli.terminal import colored

if TYPE_CHECKING:
    from chains.problems import Problem


@click.command("validate", short_help="Show what is wrong with the texts of chains.")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print an array with one object for each file.")
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Check the chain in each of FILES (`-`: standard input) without running anything.

    Errors keep a chain from being saved. Warnings and hints do not: variables that nothing sets, texts that are no
    URL, empty fields of pre-tools, variables that no step reads. Exits with 1 when there are errors, with 2 when a file
    cannot be read.
    """
    from chains.examination import examine, shown

    sources, unread = each_read(files, read_chain_text)
    found = [(source, examine(source.text)) for source in sources]
    if as_json:
        from oql.values import to_json

        told = [{"file": source.name, "problems": [*map(shown, problems)]} for source, problems in found]
        click.echo(to_json(told))
    else:
        for source, problems in found:
            for problem in problems:
                click.echo(line_of(source, problem), color=colored(sys.stdout))
        _summary([problems for _, problems in found])
    sys.exit(unread or any(problem.level == "error" for _, problems in found for problem in problems))


def _summary(found: "list[list[Problem]]") -> None:
    levels = [problem.level for problems in found for problem in problems]
    counts = ", ".join((counted(levels.count("error"), "error"), counted(levels.count("warning"), "warning")))
    click.echo(f"{counted(len(found), 'chain')} checked: {counts}", err=True)
