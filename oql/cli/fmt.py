"""`oql fmt`: puts programs into the house layout."""

import difflib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from oql.cli.check import counted
from oql.cli.programs import STDIN, each_read, expanded, read_text
from oql.source import Source


@click.command("fmt", short_help="Put programs into the house layout.")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when a file would be changed.")
@click.option("--diff", is_flag=True, help="Show what would be changed, as --check otherwise.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay out FILES in place (`-`: standard input to standard output; a folder: its *.oql files).

    Only blanks and line ends between the words of a program are changed, so that it means the same as before. A file
    with syntax errors is left as it is.
    """
    sources, unread = each_read(expanded(files), read_text)
    broken = changed = 0
    for source in sources:
        written = _written(source)
        if written is None:
            broken += 1
            continue
        different = written != source.text
        changed += different
        if diff:
            click.echo("".join(_diff(source, written)), nl=False)
        elif check:
            _name(source, "would be changed", different)
        elif source.name == "<stdin>":
            click.echo(written, nl=False)
        elif different:
            replace(Path(source.name), written)
            _name(source, "changed", different)
    _summary(len(sources), changed, broken, would=check or diff, quiet=STDIN in files)
    sys.exit(unread or bool(broken or (changed and (check or diff))))


def _written(source: Source) -> str | None:
    """The program in its layout, or None after showing its syntax errors."""
    from oql.cli.answers import show_error
    from oql.errors import ProgramError
    from oql.fmt import format_text

    try:
        return format_text(source.text)
    except ProgramError as error:
        show_error(error, source)
        return None


def _name(source: Source, what: str, different: bool) -> None:
    if different:
        click.echo(f"{source.name} {what}", err=True)


def _summary(files: int, changed: int, broken: int, *, would: bool, quiet: bool) -> None:
    if quiet:
        return
    parts = [f"{changed:,} {'would be changed' if would else 'changed'}", f"{files - changed - broken:,} unchanged"]
    if broken:
        parts.append(f"{broken:,} with errors")
    click.echo(f"{counted(files, 'file')}: {', '.join(parts)}", err=True)


def _diff(source: Source, written: str) -> Iterator[str]:
    before, after = source.text.splitlines(keepends=True), written.splitlines(keepends=True)
    for line in difflib.unified_diff(before, after, source.name, f"{source.name} (laid out)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def replace(path: Path, text: str) -> None:
    """Writes a file so that it is there as a whole, old or new, at any time; its rights stay."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode & 0o7777)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
