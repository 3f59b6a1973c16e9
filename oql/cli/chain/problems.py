"""The problems of the text of a chain, as people see them: a line for each, with its place."""

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from oql.cli.terminal import colored
from oql.source import Source

if TYPE_CHECKING:
    from chains.problems import Problem

_COLORS = {"error": "red", "warning": "yellow", "info": "cyan"}


def line_of(source: Source, problem: "Problem") -> str:
    """A problem with its file, its place, and the step that it is in."""
    level = click.style(problem.level, fg=_COLORS[problem.level], bold=True)
    about = f" in step `{problem.step}`" if problem.step else ""
    field = problem.path.split(".", 2)[2:] if problem.step else [problem.path]
    where = f" {field[0]}:" if field and field[0] else ""
    return f"{source.name}:{problem.line}:{problem.column}: {level}{about}:{where} {problem.message}"


def warn(source: Source, told: Collection[str]) -> None:
    """Shows the warnings on stderr that a text has; of those that a server has told, what only it can know too."""
    from chains.examination import examine

    warnings = [problem for problem in examine(source.text) if problem.level == "warning"]
    for problem in warnings:
        click.echo(line_of(source, problem), err=True, color=colored(sys.stderr))
    known = set(map(str, warnings))
    for warning in told:
        if warning.strip() not in known:
            click.echo(f"warning: {warning.strip()}", err=True)
