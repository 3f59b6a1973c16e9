"""Everything that can be said of the text of a chain without running it: what is wrong, and what looks so."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chains import document, doubts
from chains.fields import Written
from chains.library import kind_of
from chains.pipelines.document import read_pipeline
from chains.problems import Problem
from oql.formats import FormatError
from oql.formats.yaml import read_with_places


def examine(text: str) -> list[Problem]:
    """Errors, warnings and hints of the text of a chain or pipeline by their place, each with the id of its step."""
    value = _value(text)
    if kind_of(value) == "pipeline":
        problems: Sequence[Problem] = read_pipeline(text).problems
    else:
        found = document.read(text)
        if found.chain:
            doubts.note(found.chain, found.problems)
        problems = found.problems
    ids = _ids(value)
    told = [replace(problem, step=problem.step or _step(problem, ids)) for problem in problems]
    return sorted(told, key=lambda problem: (problem.line, problem.column))


def shown(problem: Problem) -> dict[str, Any]:
    """A problem as JSON: {level, stepId?, message, path?, line?, column?}."""
    about: dict[str, Any] = {
        "stepId": problem.step, "message": problem.message, "path": problem.path, "line": problem.line,
        "column": problem.column,
    }  # fmt: skip
    return {"level": problem.level, **{name: value for name, value in about.items() if value}}


def _value(text: str) -> dict[str, Any]:
    """What stands at the top of a text; nothing where it cannot be read."""
    try:
        value, _ = read_with_places(text, lambda _: None, Written)
    except FormatError:
        return {}
    return value if isinstance(value, dict) else {}


def _ids(value: dict[str, Any]) -> list[str]:
    steps = value.get("steps")
    if not isinstance(steps, list):
        return []
    return [str(step.get("id", "")) if isinstance(step, dict) else "" for step in steps]


def _step(problem: Problem, ids: list[str]) -> str:
    """The id of the step that a path leads into."""
    first, _, rest = problem.path.partition(".")
    number = rest.partition(".")[0]
    if first != "steps" or not number.isdecimal() or int(number) >= len(ids):
        return ""
    return ids[int(number)]
