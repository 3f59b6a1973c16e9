"""What is said of mistakes, word for word; and that each fix that is offered does what it says."""

import pytest

from oql.errors import OqlError
from oql.fixes import applied, repaired
from oql.program import inspect, static_errors
from oql.report import error_text, warning_text
from oql.source import Source
from tests.conformance.corpus import Marks
from tests.conformance.runs import run
from tests.messages.pages import NAME, Case, cases

CASES = cases()
NOT_YET = cases("not-yet.oqlt")
RUNNING = cases("running.oqlt")
named = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
all_named = pytest.mark.parametrize("case", [*CASES, *NOT_YET], ids=lambda case: case.name)


@all_named
def test_message(case: Case) -> None:
    checked = inspect(case.program, NAME)
    pictures = [error_text(error, checked.source) for error in checked.errors]
    pictures += [warning_text(warning, checked.source) for warning in checked.warnings]
    assert "\n".join(pictures).replace("\r", "") == case.said.replace("\r", "")
    for error in checked.errors:
        assert error.span is not None
        assert 0 <= error.span.start <= error.span.end <= len(case.program)
        if error.fix:
            _takes_away(case.program, error, checked.errors)


@named
def test_every_error_says_what_to_do(case: Case) -> None:
    assert all(error.hint for error in inspect(case.program).errors)


@pytest.mark.parametrize("case", RUNNING, ids=lambda case: case.name)
def test_message_of_a_run(case: Case) -> None:
    error = run(case.program, Marks(may_sideload=True)).error
    assert error
    assert error_text(error, Source(case.program, NAME)) == case.said


@all_named
def test_with_all_its_fixes_a_program_is_as_the_page_says(case: Case) -> None:
    done = repaired(case.program, static_errors)
    if case.fixed is None:
        assert done.errors or not done.fixes
    else:
        assert (done.text.rstrip("\n"), list(done.errors)) == (case.fixed, [])


def _takes_away(program: str, error: OqlError, errors: tuple[OqlError, ...]) -> None:
    """The fix takes its error away, and brings none in front of what it changes."""
    assert error.fix
    left = static_errors(applied(program, error.fix))
    others = {_seen(other) for other in errors if other is not error}
    assert _seen(error) not in {_seen(other) for other in left}
    assert {_seen(one) for one in left if _start(one) < error.fix.span.start} <= others


def _seen(error: OqlError) -> tuple[int, str]:
    return _start(error), error.message


def _start(error: OqlError) -> int:
    return error.span.start if error.span else 0
