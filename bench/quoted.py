"""The figures that people quote: one line each, taken from the tables of a run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.figures import Result, Row
from bench.report import Cells, table_of, verdict_of

HEAD = ("", "ours", "beside", "theirs", "ratio", "target")
SHORT = ("", "ours", "beside", "theirs")


@dataclass(frozen=True, slots=True)
class Quote:
    """A row of a figure in words of its own. `short`: it stands in the README too.

    `beside`: which of the peers of the subject; without it the first.
    """

    words: str
    figure: str
    subject: str
    beside: str = ""
    short: bool = False


def table(quotes: Iterable[Quote], results: Sequence[Result]) -> str:
    """All of them, with their targets."""
    return table_of([HEAD, *(_line(quote, results) for quote in quotes)])


def short_table(quotes: Iterable[Quote], results: Sequence[Result]) -> str:
    """Those for the README."""
    return table_of([SHORT, *(_line(quote, results)[: len(SHORT)] for quote in quotes if quote.short)])


def row_of(quote: Quote, results: Sequence[Result]) -> tuple[Result, Row] | None:
    """What is quoted, and the figure it is of; None where it was not measured."""
    for result in results:
        for row in result.rows if result.figure.name == quote.figure else ():
            if row.subject == quote.subject and quote.beside in ("", row.beside):
                return result, row
    return None


def _line(quote: Quote, results: Sequence[Result]) -> Cells:
    found = row_of(quote, results)
    if found is None:
        return quote.words, "NOT MEASURED", quote.beside, "", "", ""
    result, row = found
    theirs, ratio = str(row.theirs or ""), str(row.ratio or "")
    return quote.words, str(row.ours), row.beside, theirs, ratio, verdict_of(result, row)
