"""`oql check`: all errors and warnings of programs, without running anything."""

import sys
from pathlib import Path
from typing import Any

import click

from oql.cli.programs import each_read, expanded, read_program
from oql.cli.terminal import colored
from oql.source import Source


@click.command("check", short_help="Show all errors and warnings of programs.")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print an array with one object for each file.")
@click.option("--fix", "repair", is_flag=True, help="Write the fixes that are offered, if a file then has no errors.")
def command(files: tuple[str, ...], as_json: bool, repair: bool) -> None:
    """Check each of FILES (`-`: standard input; a folder: its *.oql files) without running anything.

    Exits with 1 when one of them has errors, with 2 when one cannot be read. With --fix a file is changed only when it
    then has none; standard input goes to standard output with its fixes.
    """
    from oql.program import inspect

    sources, unread = each_read(expanded(files), read_program)
    if repair:
        sources = [_repaired(source) for source in sources]
    found = [inspect(source.text, source.name) for source in sources]
    if as_json:
        from oql.values import to_json

        click.echo(to_json([{"file": checked.source.name, **checked.as_json()} for checked in found]))
    else:
        for checked in found:
            _show(checked)
        _summary(found)
    sys.exit(unread or any(checked.errors for checked in found))


def _repaired(source: Source) -> Source:
    """The source with its fixes, written back, where it has no errors then; else the source as it was."""
    from oql.cli.fmt import replace
    from oql.fixes import repaired
    from oql.program import static_errors

    done = repaired(source.text, static_errors)
    changed = bool(done.fixes) and not done.errors
    if source.name == "<stdin>":
        click.echo(done.text if changed else source.text, nl=False)
    elif changed:
        replace(Path(source.name), done.text)
        click.echo(f"{source.name}: {counted(done.fixes, 'fix')} made", err=True)
    return Source(done.text, source.name) if changed else source


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
    ending = "" if number == 1 else "es" if noun.endswith("x") else "s"
    return f"{number:,} {noun}{ending}"
