"""Loops that run without the machine in between end as those that the trace shows pass by pass."""

from collections import Counter
from dataclasses import replace

import pytest

from oql import engine
from oql.engine import Outcome
from oql.limits import DEFAULT
from oql.local import local_context
from oql.program import load

PROGRAMS = {
    "a counter": 'WHILE ?i IS LESS THAN 40 OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST EMIT ?i',
    "several steps": (
        'WHILE ?i IS LESS THAN 40 OPEN NEST CALCULATE "?i + 1" SET ?i AFTER UPPER "x" SET ?u\n'
        "APPEND ?i INTO ?items SET ?items CLOSE NEST EMIT ?items"
    ),
    "elements": "FOREACH ?items AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST EMIT ?u",
    "fields": "FOREACH ?fields AS ?x OPEN NEST STRING ?all & !KEY & ?x & !INDEX SET ?all CLOSE NEST EMIT ?all",
    "its number": "WHILE ?i IS LESS THAN 9 OPEN NEST CALCULATE !INDEX SET ?i CLOSE NEST EMIT ?i EMIT !INDEX",
    "no pass": 'FOREACH ?nothing AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST AFTER EMIT "not"',
    "loops inside each other": (
        "FOREACH ?items AS ?x OPEN NEST\n  FOREACH ?items AS ?y OPEN NEST STRING ?all & ?x & ?y SET ?all CLOSE NEST\n"
        "CLOSE NEST EMIT ?all EMIT !VALUE"
    ),
    "a failing step": (
        'FOREACH ?items AS ?x OPEN NEST\n  UPPER ?x SET ?u\n  CALCULATE "1 / (?x - 3)" SET ?c\nCLOSE NEST'
    ),
    "a failing step that is caught": (
        'FOREACH ?items AS ?x OPEN NEST CALCULATE "1 / (?x - 3)" SET ?c CLOSE NEST OR EMIT !ERROR(message) EMIT ?c'
    ),
    "a failing condition": 'WHILE ?i MATCHES ?pattern(?i) OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST',
    "a failing list": "FOREACH ?i AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST",
    "a step for each branch": (
        'UPPER "a" SET ?m AND UPPER "b" SET ?m\n'
        "FOREACH ?items AS ?x OPEN NEST LOWER ?m SET ?l CLOSE NEST\n"
        "COLLAPSE ?l SET ?l COLLAPSE ?m SET ?m EMIT ?l"
    ),
}


def run(text: str, entries: int) -> Outcome:
    """A run whose trace has room for some entries."""
    variables = {
        "i": 0, "items": [1, 2, 3, 4, "x"], "fields": {"a": 1, "b": [2]}, "nothing": [], "all": "",
        "pattern": ["0", "1", "("],
    }  # fmt: skip
    context = local_context(limits=replace(DEFAULT, trace_entries=entries))
    return engine.run(load(text), context, variables)


def counted(outcome: Outcome) -> Counter[tuple[str, str, int]]:
    """How often each step ended how, whether its entries are summed or not."""
    found: Counter[tuple[str, str, int]] = Counter()
    for entry in outcome.trace_json():
        found[entry["step"], entry["status"], entry["line"]] += entry.get("count", 1)
    return found


@pytest.mark.parametrize("entries", [0, 1, 7])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_tight_loop_ends_as_any_other(name: str, entries: int) -> None:
    shown, summed = run(PROGRAMS[name], 10_000), run(PROGRAMS[name], entries)
    assert (summed.result, summed.variables) == (shown.result, shown.variables)
    assert counted(summed) == counted(shown)
    assert (summed.error is None) is (shown.error is None)
    if shown.error and summed.error:
        assert (summed.error.code, summed.error.message, summed.error.span) == (
            shown.error.code,
            shown.error.message,
            shown.error.span,
        )


def test_the_sum_of_a_tight_loop_is_its_time() -> None:
    outcome = run('WHILE ?i IS LESS THAN 20000 OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST', 0)
    entries = {entry["step"]: entry for entry in outcome.trace_json()}
    assert entries["CALCULATE"]["count"] == 20_000
    assert 0 < entries["CALCULATE"]["duration_ms"] <= entries["WHILE"]["duration_ms"]


@pytest.mark.parametrize("steps", [1, 3])
def test_a_tight_loop_uses_up_its_steps(steps: int) -> None:
    text = "WHILE 1 IS EQUAL TO 1 OPEN NEST " + 'UPPER "x" SET ?u ' * steps + "CLOSE NEST"
    context = local_context(limits=replace(DEFAULT, trace_entries=0, steps=1_000))
    outcome = engine.run(load(text), context)
    assert outcome.error is not None
    assert outcome.error.code == "LimitExceeded"
    passes = next(entry["count"] for entry in outcome.trace_json() if entry["step"] == "UPPER")
    # The machine around the loop has taken a share of the steps that it does not come to use.
    assert 1_000 // (steps + 1) - 20 <= passes <= 1_000 // (steps + 1)


def test_a_tight_loop_is_called_off() -> None:
    context = local_context(limits=replace(DEFAULT, trace_entries=0, wall_s=0.05))
    outcome = engine.run(load('WHILE 1 IS EQUAL TO 1 OPEN NEST UPPER "x" SET ?u CLOSE NEST'), context)
    assert outcome.error is not None
    assert outcome.error.code == "Timeout"


def test_a_tight_loop_keeps_to_its_memory() -> None:
    context = local_context(limits=replace(DEFAULT, trace_entries=0, memory_bytes=1 << 20))
    outcome = engine.run(load('WHILE 1 IS EQUAL TO 1 OPEN NEST STRING ?t & ?t & "x" SET ?t CLOSE NEST'), context)
    assert outcome.error is not None
    assert outcome.error.code == "LimitExceeded"
