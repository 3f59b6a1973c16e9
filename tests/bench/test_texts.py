"""The programs that are measured are programs, of the size they are said to have, and never the same."""

import pytest

from bench.texts import program_text
from oql import engine
from oql.local import local_context
from oql.program import inspect


@pytest.mark.parametrize("size", [100, 1_000, 10_000, 100_000])
def test_a_measured_program_runs_well(size: int) -> None:
    text = program_text(size, 7)
    assert size * 0.88 <= len(text) <= size
    checked = inspect(text)
    assert checked.program is not None, checked.errors
    assert engine.run(checked.program, local_context()).error is None


def test_another_seed_is_another_program() -> None:
    assert len({program_text(100, seed) for seed in range(50)}) == 50
    assert program_text(1_000, 1) == program_text(1_000, 1)
