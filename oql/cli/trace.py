"""The trace of a run for people: a line for each step, indented by the blocks it stands in."""

import sys
from typing import IO, Any

from oql.cli.tables import show_table

_COLORS = {"Ok": "green", "Error": "red", "Skipped": "bright_black", "Suspended": "yellow"}


def show_trace(trace: list[dict[str, Any]], stream: IO[Any] | None = None) -> None:
    """Writes a trace to a stream, by default to stderr."""
    rows = [_row(entry) for entry in trace]
    show_table(
        ("step", "status", "ms", "class", "place", "path"),
        rows,
        stream or sys.stderr,
        right=("ms",),
        colors={"status": _COLORS},
    )


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    path = str(entry.get("path", ""))
    depth = sum(not part.isdigit() for part in path.split(".")) if path else 0
    count = f" x {entry['count']:,}" if "count" in entry else ""
    return (
        f"{'  ' * depth}{entry['step']}{count}",
        str(entry["status"]),
        f"{entry['duration_ms']:.3f}",
        str(entry["exec_class"]),
        f"{entry.get('line', '')}:{entry.get('column', '')}",
        path,
    )
