"""The engine does what the description says: it agrees with the reference on programs drawn at random."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, note

from oql import tight
from oql.engine import Outcome
from oql.program import compile_text
from tests.fuzz import reference, state
from tests.fuzz.control import STARTING, programs
from tests.fuzz.dose import dose
from tests.fuzz.engines import SMALL, ending, plain, run
from tests.fuzz.trees import Block, written

LIMITS = replace(SMALL, steps=100_000, trace_entries=100_000, memory_bytes=64 << 20)


def expected_of(program: Block, waits: bool) -> state.Ended:
    try:
        return reference.evaluate(program, STARTING, waits)
    except (state.TooLong, RecursionError):
        assume(False)
        raise


def trace_of(outcome: Outcome) -> list[tuple[str, str]]:
    return [(entry["step"], entry["status"]) for entry in outcome.trace_json()]


def same(outcome: Outcome, expected: state.Ended) -> None:
    found: Any = (*ending(outcome), trace_of(outcome))
    assert found == (expected.code, expected.result, expected.variables, expected.trace)
    assert list(map(type, found[1:2])) == [type(plain(expected.result))]


@dose(1_000)
@given(programs())
def test_engine_and_reference_agree(program: Block) -> None:
    text = written(program, waits=False)
    note(text)
    same(run(compile_text(text), dict(STARTING), LIMITS), expected_of(program, waits=False))


@dose(500)
@given(programs())
def test_loops_agree_that_run_as_functions(program: Block) -> None:
    text = written(program, waits=False)
    note(text)
    compiled, expected = compile_text(text), expected_of(program, waits=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tight, "WARM", 0)
        same(run(compiled, dict(STARTING), LIMITS), expected)
        summed = run(compiled, dict(STARTING), replace(LIMITS, trace_entries=0))
    assert ending(summed) == (expected.code, expected.result, expected.variables)
    counts: Counter[tuple[str, str]] = Counter()
    for entry in summed.trace_json():
        counts[entry["step"], entry["status"]] += entry["count"]
    assert counts == Counter(expected.trace)


@dose(300)
@given(programs(16))
def test_they_agree_when_branches_wait(program: Block) -> None:
    text = written(program, waits=True)
    note(text)
    same(run(compile_text(text), dict(STARTING), LIMITS), expected_of(program, waits=True))
