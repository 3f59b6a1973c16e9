"""Writes the results to where they are read: bench/results.md, and the same tables in docs/performance.md."""

from pathlib import Path

RESULTS = Path(__file__).parent / "results.md"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
COMMAND = "make bench"
BEGIN, END = "<!-- written by make bench: begin -->", "<!-- written by make bench: end -->"

_HEAD = f"""# Results

Written by `{COMMAND}`, which repeats them. [What they mean](../docs/performance.md).
"""


def write(tables: str) -> None:
    """Replaces the tables in both places."""
    RESULTS.write_text(f"{_HEAD}\n{tables}", encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


def with_tables(page: str, tables: str) -> str:
    """A page with other tables between its two marks. Raises ValueError when a mark is missing."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError("the page lacks the marks between which the tables stand")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"
