"""A program does the same whether it is run itself, or by SIDELOAD: its result, its errors with their places, its
variables."""

from dataclasses import replace

import pytest

from oql.engine import Outcome
from oql.errors import ProgramError
from substrate.interface import Store
from tests.conformance.corpus import Case, Marks, cases
from tests.conformance.differences import differences
from tests.conformance.runs import run
from tests.fuzz.dose import part

WRAPPED = "SIDELOAD ?the_text SET ?what_it_returned AFTER RETURN ?what_it_returned"
ADDED = {"the_text", "what_it_returned"}


def sideloaded(text: str, marks: Marks, store: Store | None = None) -> Outcome:
    """How a text ends that is run by SIDELOAD, told as if it had run itself."""
    within = replace(marks, variables={**marks.variables, "the_text": text}, may_sideload=True)
    outcome = run(WRAPPED, within, store)
    error = outcome.error
    if error and error.within and error.within[0].errors:
        raise ProgramError(error.within[0].errors)
    if error and error.within:
        error.span = error.within[0].span
    return outcome


def comparable(case: Case) -> bool:
    """Whether nothing in a case is about the program as a whole: its limits, trace, warnings, what it may SIDELOAD."""
    marks = case.marks
    forbidden = any(failure.code == "Forbidden" for failure in case.expected.failures) or "Forbidden" in case.program
    return (
        case.path.stem != "30-limits"
        and not (marks.limits or marks.warnings or marks.answers or marks.variables or case.expected.trace)
        and not forbidden
        and "SIDELOAD" not in case.program
        and "INCLUDE" not in case.program
        and "GATHER" not in case.program
        and "CONFIRM" not in case.program
    )


CASES = [case for case in cases() if comparable(case)]
OF_THE_LANGUAGE = [case for case in CASES if case.path.name < "21" and not case.marks.choice]


def test_most_cases_are_compared() -> None:
    assert len(CASES) > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("case", part(CASES, 4), ids=lambda case: case.name)
def test_it_does_what_its_case_demands(case: Case) -> None:
    assert differences(case, None, sideloaded) == ""


@pytest.mark.slow
@pytest.mark.parametrize("case", part(OF_THE_LANGUAGE, 4), ids=lambda case: case.name)
def test_its_variables_are_those_of_the_program(case: Case) -> None:
    marks = replace(case.marks, now=case.marks.now or 1_767_225_600)
    try:
        alone = run(case.program, marks).variables
    except ProgramError:
        return
    inside = sideloaded(case.program, marks).variables
    assert repr({name: inside[name] for name in sorted(inside.keys() - ADDED)}) == repr(dict(sorted(alone.items())))
