"""A run as JSON: every single measurement of it, from which the pages can be written again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.figures import Absent, Figure, Result, Row, Sample, Unit

Run = tuple[list[Result], dict[str, str]]
"""The results, and the machine that they were measured on."""


def as_json(results: Sequence[Result], machine: Mapping[str, str]) -> dict[str, Any]:
    """Everything that was measured, each round of it, in base units."""
    return {"machine": dict(machine), "figures": [_result_json(result) for result in results]}


def write(path: Path, results: Sequence[Result], machine: Mapping[str, str]) -> None:
    """Keeps a run in a file."""
    path.write_text(json.dumps(as_json(results, machine), indent=1) + "\n", encoding="utf-8")


def read(path: Path, figures: Mapping[str, Figure]) -> Run:
    """What a file keeps. Figures that are no longer declared are left out, those that it lacks have failed."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    found = {each["name"]: _result(figures[each["name"]], each) for each in kept["figures"] if each["name"] in figures}
    results = [found.get(name) or Result(figure, failure="not in this run") for name, figure in figures.items()]
    return results, kept["machine"]


def keep(path: Path, results: Sequence[Result], machine: Mapping[str, str], figures: Mapping[str, Figure]) -> None:
    """Puts what a run has measured in the place of what a file keeps of these figures, and what it says of the machine.

    The file need not be there. A figure that the run could not measure stays as it was.
    """
    measured = {result.figure.name: result for result in results if not result.failure}
    if path.exists() and measured.keys() < figures.keys():
        machine = {
            **machine,
            "put together": "of several runs; each figure says when it was measured, where that is known",
        }
        results = [measured.get(result.figure.name) or result for result in read(path, figures)[0]]
    write(path, results, machine)


def _result_json(result: Result) -> dict[str, Any]:
    rows = [_row_json(result, row) for row in result.rows]
    about = {"name": result.figure.name, "about": result.figure.about, "seconds": round(result.seconds, 1)}
    about |= {"measured": result.measured} if result.measured else {}
    return about | ({"failure": result.failure} if result.failure else {}) | {"rows": rows}


def _row_json(result: Result, row: Row) -> dict[str, Any]:
    verdicts = result.verdicts(row)
    return {
        "subject": row.subject,
        "at": row.at,
        "unit": row.ours.unit.value,
        "ours": list(row.ours.values),
        "beside": row.beside,
        "theirs": list(row.theirs.values) if isinstance(row.theirs, Sample) else None,
        "absent": row.theirs.reason if isinstance(row.theirs, Absent) else None,
        "ratio": row.ratio.median if row.ratio else None,
        "target": "; ".join(str(target) for target, _ in verdicts) or None,
        "met": all(met for _, met in verdicts) if verdicts else None,
    }


def _result(figure: Figure, kept: Mapping[str, Any]) -> Result:
    rows = [_row(each) for each in kept["rows"]]
    return Result(figure, rows, kept["seconds"], kept.get("failure", ""), kept.get("measured", ""))


def _row(kept: Mapping[str, Any]) -> Row:
    unit = Unit(kept["unit"])
    theirs = Sample(tuple(kept["theirs"]), unit) if kept["theirs"] else None
    absent = Absent(kept["absent"]) if kept["absent"] else None
    return Row(kept["subject"], Sample(tuple(kept["ours"]), unit), kept["beside"], theirs or absent, kept["at"])
