"""Shows the results: a table on the terminal, and the same as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Result, Row, Unit

COLUMNS = ("", "ours", "beside", "theirs", "ratio", "spread of the ratio", "target")
GROWTH = "from the first to the last"
Cells = tuple[str, ...]


def show(console: Console, result: Result) -> None:
    """Prints one figure as a table, or why it has none."""
    title = f"{result.figure.name}: {result.figure.about} ({result.seconds:.0f} s; {result.measured})"
    if result.failure:
        console.print(f"{title}\n{_failed(result)}\n", highlight=False, markup=False)
        return
    head, *lines = _table(result)
    table = Table(*head, title=title, title_justify="left")
    for cells in lines:
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


def table_of(lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; the first line is its head."""
    head, *rest = lines
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rest))


def verdict_of(result: Result, row: Row) -> str:
    """Whether a row reaches its targets; nothing where it has none."""
    return "; ".join(f"{'met' if met else 'MISSED'}: {target.wanted}" for target, met in result.verdicts(row))


def _markdown_of(result: Result) -> str:
    figure = result.figure
    head = f"### {figure.name}\n\n{figure.about[0].upper()}{figure.about[1:]}. Target: {_targets(figure)}."
    measured = f" Measured {result.measured}." if result.measured else ""
    return f"{head}{measured}\n\n{_failed(result) if result.failure else table_of(_table(result))}"


def _failed(result: Result) -> str:
    return f"NOT MEASURED: {result.failure}"


def _targets(figure: Figure) -> str:
    return "; ".join(map(str, figure.targets)) or "none"


def _table(result: Result) -> list[Cells]:
    return list(_growth(result) if any(row.at for row in result.rows) else _beside(result))


def _beside(result: Result) -> Iterable[Cells]:
    """A line for each row."""
    yield COLUMNS
    subject = None
    for row in result.rows:
        again = row.subject == subject
        subject = row.subject
        yield (
            "" if again else row.subject,
            "" if again else str(row.ours),
            row.beside,
            str(row.theirs or ""),
            str(row.ratio or ""),
            row.ratio.spread if row.ratio else "",
            verdict_of(result, row),
        )


def _growth(result: Result) -> Iterable[Cells]:
    """A line for each size, and a column for each subject; how many times theirs ours is stands in brackets."""
    subjects = list(dict.fromkeys(row.subject for row in result.rows))
    cells = {(row.at, row.subject): row for row in result.rows}
    sizes = list(dict.fromkeys(row.at for row in result.rows))
    yield ("", *subjects)
    for at in sizes:
        yield (at, *(_grown(cells.get((at, subject))) for subject in subjects))
    medians = [[row.ours.median for row in result.rows if row.subject == subject] for subject in subjects]
    yield (GROWTH, *(Unit.TIMES.text(found[-1] / found[0]) for found in medians))


def _grown(row: Row | None) -> str:
    if row is None:
        return ""
    return f"{row.ours} ({row.ratio or row.theirs})" if row.theirs else str(row.ours)
