"""Shows the results: a table on the terminal, the same as Markdown, and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Result, Row

COLUMNS = ("", "ours", "beside", "theirs", "ratio", "spread of the ratio", "target")
NOT_RUN = "NOT RUN"


def show(console: Console, result: Result) -> None:
    """Prints one figure as a table."""
    table = Table(*COLUMNS, title=f"{result.figure.name}: {result.figure.about}", title_justify="left")
    for cells in _cells(result):
        table.add_row(*cells)
    console.print(table, highlight=False)


def show_list(console: Console, figures: Iterable[Figure]) -> None:
    """Prints what can be measured, with the targets."""
    table = Table("figure", "what it measures", "target")
    for figure in figures:
        table.add_row(figure.name, figure.about, _targets(figure))
    console.print(table, highlight=False)


def markdown(results: Sequence[Result], machine: Mapping[str, str]) -> str:
    """All figures with their tables, and the machine they were measured on."""
    parts = [_markdown_of(result) for result in results]
    described = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    return "\n\n".join([*parts, f"### Machine\n\n{described}"]) + "\n"


def as_json(results: Sequence[Result], machine: Mapping[str, str]) -> dict[str, Any]:
    """Everything that was measured, each round of it, in base units."""
    return {
        "machine": dict(machine),
        "figures": [
            {
                "name": result.figure.name,
                "about": result.figure.about,
                "rows": [_row_json(result, row) for row in result.rows],
            }
            for result in results
        ],
    }


def _row_json(result: Result, row: Row) -> dict[str, Any]:
    verdict = result.verdict(row)
    return {
        "subject": row.subject,
        "unit": row.ours.unit.value,
        "ours": list(row.ours.values),
        "beside": row.beside,
        "theirs": list(row.theirs.values) if row.theirs else None,
        "ratio": row.ratio.median if row.ratio else None,
        "target": str(verdict[0]) if verdict else None,
        "met": verdict[1] if verdict else None,
    }


def _markdown_of(result: Result) -> str:
    figure = result.figure
    lines = [f"### {figure.name}", "", f"{figure.about[0].upper()}{figure.about[1:]}. Target: {_targets(figure)}.", ""]
    lines += [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line(cells) for cells in _cells(result)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _targets(figure: Figure) -> str:
    return "; ".join(map(str, figure.targets)) or "none"


def _cells(result: Result) -> Iterable[tuple[str, ...]]:
    subject = None
    for row in result.rows:
        again = row.subject == subject
        subject = row.subject
        yield (
            "" if again else row.subject,
            "" if again else str(row.ours),
            row.beside,
            str(row.theirs) if row.theirs else NOT_RUN,
            str(row.ratio) if row.ratio else "",
            row.ratio.spread if row.ratio else "",
            _verdict(result, row),
        )


def _verdict(result: Result, row: Row) -> str:
    verdict = result.verdict(row)
    if verdict is None:
        return ""
    target, met = verdict
    return f"{'met' if met else 'MISSED'}: {target.wanted}"
