"""Every case of the corpus: its program, run by the real language, ends as the case says."""

import pytest

from tests.conformance.corpus import Case, cases
from tests.conformance.differences import differences


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    assert differences(case) == ""
