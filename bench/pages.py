"""Writes the results to where they are read: bench/results.md, docs/performance.md, and a few into README.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import quoted, report
from bench.figures import Result
from bench.quotes import QUOTES

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "bench" / "results.json"
RESULTS = ROOT / "bench" / "results.md"
PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"
COMMAND = "make bench"

_HEAD = f"""# Results

Written by `{COMMAND}`, which repeats them. [What they mean](../docs/performance.md).
"""


def write(results: Sequence[Result], machine: Mapping[str, str]) -> None:
    """Replaces the tables in all places."""
    tables = report.markdown(results, machine)
    RESULTS.write_text(f"{_HEAD}\n{tables}", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    page = with_tables(page, "quoted", quoted.table(QUOTES, results) + "\n")
    PAGE.write_text(with_tables(page, "figures", tables), encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    README.write_text(with_tables(readme, "quoted", quoted.short_table(QUOTES, results) + "\n"), encoding="utf-8")


def marks(name: str) -> tuple[str, str]:
    """The lines between which such tables stand."""
    begin, end = (f"<!-- {name}, written by {COMMAND}: {place} -->" for place in ("begin", "end"))
    return begin, end


def with_tables(page: str, name: str, tables: str) -> str:
    """A page with other tables between its two marks. Raises ValueError when a mark is missing."""
    begin, end = marks(name)
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"the page lacks the marks between which the tables stand: {begin}")
    return f"{before}{begin}\n\n{tables}\n{end}{after}"
