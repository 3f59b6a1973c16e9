"""A program that is run again on what it has recorded ends as it ended, whatever it did, and does nothing again."""

import pytest

from tests.conformance.corpus import Case, cases
from tests.conformance.differences import differences
from tests.conformance.runs import run_twice
from tests.fuzz.dose import part


@pytest.mark.slow
@pytest.mark.parametrize("case", part(cases(), 3), ids=lambda case: case.name)
def test_case_again(case: Case) -> None:
    assert differences(case, None, run_twice) == ""
