"""`oql check`: all errors and warnings of programs, without running anything."""

import sys
from typing import Any

import click

from oql.cli.programs import expanded, read_program
from oql.cli.terminal import colored


@click.command("check", short_help="Show all errors and warnings of programs.")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print an array with one object for each file.")
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Check each of FILES (`-`: standard input; a folder: its *.oql files) without running anything.

    Exits with 1 when one of them has errors.
    """
    from oql.program import inspect

    sources = [read_program(path) for path in expanded(files)]
    found = [inspect(source.text, source.name) for source in sources]
    if as_json:
        from oql.values import to_json

        click.echo(to_json([{"file": checked.source.name, **checked.as_json()} for checked in found]))
    else:
        for checked in found:
            _show(checked)
        _summary(found)
    sys.exit(any(checked.errors for checked in found))


def _show(checked: Any) -> None:
    from oql import report

    color = colored(sys.stdout)
    for error in checked.errors:
        click.echo(report.error_text(error, checked.source, color))
    for warning in checked.warnings:
        click.echo(report.warning_text(warning, checked.source, color))


def _summary(found: list[Any]) -> None:
    errors = sum(len(checked.errors) for checked in found)
    warnings = sum(len(checked.warnings) for checked in found)
    counts = ", ".join((counted(errors, "error"), counted(warnings, "warning")))
    click.echo(f"{counted(len(found), 'file')} checked: {counts}", err=True)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
