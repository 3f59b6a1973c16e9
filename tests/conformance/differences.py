"""How what a program of the corpus does differs from what its case demands."""

import json
import re
from collections.abc import Callable

from oql import program
from oql.doubts import Doubt
from oql.engine import Outcome
from oql.errors import OqlError, ProgramError
from oql.source import Source
from oql.values import text_form, to_json
from substrate.interface import Store
from tests.conformance.corpus import Case, Expected, Failure, Marks, canonical
from tests.conformance.runs import run

Run = Callable[[str, Marks, Store | None], Outcome]


def differences(case: Case, store: Store | None = None, how: Run = run) -> str:
    """Runs a case, on this store or on one of SQLite files, and tells what is otherwise; nothing when nothing is."""
    try:
        outcome = how(case.program, case.marks, store)
    except ProgramError as error:
        different = _static_differences(case, error)
    else:
        different = _differences(case, outcome) + _missing_warnings(case)
    if not different:
        return ""
    return f"{case.path.name}:{case.line} {case.title}\n{case.program}\n\n" + "\n".join(different)


def _static_differences(case: Case, error: ProgramError) -> list[str]:
    found = [_shown(one, Source(case.program)) for one in error.errors]
    if not case.expected.failures:
        return [f"expected a result, found the static errors {found}"]
    if case.expected.complete and len(found) != len(case.expected.failures):
        return [f"expected {len(case.expected.failures)} errors, found {found}"]
    checked = zip(case.expected.failures, error.errors, strict=False)
    return [line for failure, one in checked for line in _failed_otherwise(failure, one, case)]


def _differences(case: Case, outcome: Outcome) -> list[str]:
    expected = case.expected
    if expected.complete or (expected.failures and not outcome.error):
        return [f"expected {expected.failures[0].code}, found {_found(outcome)}"]
    if expected.failures and outcome.error:
        different = _failed_otherwise(expected.failures[0], outcome.error, case)
    elif outcome.error:
        different = [f"expected a result, found {_shown(outcome.error, Source(case.program))}"]
    else:
        different = _other_result(expected, outcome)
    return different + _other_trace(expected, outcome)


def _found(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else f"the result {_result(outcome)}"


def _result(outcome: Outcome) -> str:
    return canonical(json.loads(to_json(outcome.result)))


def _other_result(expected: Expected, outcome: Outcome) -> list[str]:
    if expected.pattern is not None:
        text = text_form(outcome.result)
        return [] if re.search(expected.pattern, text) else [f"expected /{expected.pattern}/, found {text}"]
    found = _result(outcome)
    return [] if found in expected.results else [f"expected {' or '.join(expected.results)}", f"found    {found}"]


def _other_trace(expected: Expected, outcome: Outcome) -> list[str]:
    found = tuple(f"{entry['step']} {entry['status']}" for entry in outcome.trace_json())
    if expected.trace is None or expected.trace == found:
        return []
    return [f"expected the trace {list(expected.trace)}", f"found              {list(found)}"]


def _failed_otherwise(failure: Failure, error: OqlError, case: Case) -> list[str]:
    place = _place(error, Source(case.program))
    parts = {"message": error.message, "hint": error.hint or ""}
    parts["says"] = f"{parts['message']}\n{parts['hint']}"
    different = []
    if failure.code != error.code or failure.place not in (None, place):
        different.append(f"expected {failure.code} at {failure.place}, found {_shown(error, Source(case.program))}")
    different += [
        f"expected the {part} to contain `{text}`, found {parts[part]!r}"
        for part, text in failure.texts
        if text not in parts[part]
    ]
    return different


def _missing_warnings(case: Case) -> list[str]:
    if not case.marks.warnings:
        return []
    found = [_place(warning, Source(case.program)) for warning in program.inspect(case.program).warnings]
    return [f"expected a warning at {place}, found {found}" for place in case.marks.warnings if place not in found]


def _place(error: OqlError | Doubt, source: Source) -> str | None:
    if error.span is None:
        return None
    position = source.position(error.span.start)
    return f"{position.line}:{position.column}"


def _shown(error: OqlError, source: Source) -> str:
    return f"{error.code} at {_place(error, source)}: {error.message} (hint: {error.hint})"
