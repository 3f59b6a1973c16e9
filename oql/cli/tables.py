"""Tables: aligned columns, with colours where the stream shows them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any

import click

from oql.cli.terminal import colored


def show_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    stream: IO[Any],
    *,
    right: Collection[str] = (),
    colors: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Writes rows under their heads. `right`: columns of numbers; `colors`: column -> text -> colour."""
    if colored(stream):
        _show_rich(heads, rows, stream, right, colors or {})
        return
    for line in aligned(heads, rows, right):
        click.echo(line, file=stream)


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines of a table as plain text."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = zip(heads, row, widths, strict=True)
        line = "  ".join(cell.rjust(width) if head in right else cell.ljust(width) for head, cell, width in cells)
        yield line.rstrip()


def _show_rich(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    stream: IO[Any],
    right: Collection[str],
    colors: Mapping[str, Mapping[str, str]],
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", overflow="fold")
    for row in rows:
        cells = zip(heads, row, strict=True)
        table.add_row(*(Text(cell, style=colors.get(head, {}).get(cell, "")) for head, cell in cells))
    Console(file=stream, highlight=False).print(table)
