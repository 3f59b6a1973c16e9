"""The order of the entries of a trace: that of the steps, and the same by the times at which they started."""

from dataclasses import replace
from typing import Any

import pytest

from oql import engine
from oql.limits import DEFAULT
from oql.local import local_context
from oql.program import compile_text
from oql.progress import whole
from tests.people.asking import run


def entries_of(text: str) -> list[dict[str, Any]]:
    """The trace of a program whose questions are all answered with no."""
    return run(text, lambda kind, shown: {"approved": False, "reason": None}).trace_json()


FAILS = ['PARSE JSON "{"', 'CONFIRM "ok?"']


@pytest.mark.parametrize("fails", FAILS)
def test_steps_that_a_failure_passes_over(fails: str) -> None:
    found = entries_of(f'{fails} AFTER EMIT "yes" AFTER EMIT "sure" OR EMIT "no"')
    assert [(entry["path"], entry["status"]) for entry in found] == [
        ("1", "Error"), ("2", "Skipped"), ("3", "Skipped"), ("4", "Ok"),
    ]  # fmt: skip


PASSING_OVER = [
    *(f'{fails} AFTER EMIT "yes" AFTER EMIT "sure" OR EMIT "no"' for fails in FAILS),
    "STRING 1 OR EMIT 2 AFTER EMIT 3",
    "IF 1 IS EQUAL TO 1 OPEN NEST CLOSE NEST AFTER STRING 1 OR EMIT 2 AFTER EMIT 3",
    "STRING 1 OR STRING 2 SET ?a AFTER IF 1 IS EQUAL TO 1 OPEN NEST CLOSE NEST AFTER EMIT ?a AFTER EMIT 4",
    'IF 1 IS EQUAL TO 1 OPEN NEST PARSE JSON "{" AFTER EMIT 1 CLOSE NEST AFTER EMIT 2 OR EMIT 3',
    'SLEEP "5ms" AND SLEEP "1ms" OR EMIT 2 AFTER EMIT 3',
    "STRING 1 OR STRING 2 SET ?a AFTER EMIT ?a AFTER EMIT 4",
    "RANGE FROM 0 TO 3 SET ?l AFTER FOREACH ?l AS ?i OPEN NEST STRING ?i OR EMIT 2 AFTER STRING 3 CLOSE NEST",
]


@pytest.mark.parametrize("program", PASSING_OVER)
def test_no_step_starts_before_the_one_that_was_passed_over(program: str) -> None:
    found = entries_of(program)
    skipped = [number for number, entry in enumerate(found) if entry["status"] == "Skipped"]
    assert skipped
    for number in skipped:
        before, here, after = found[:number], found[number], found[number + 1 :]
        assert all(entry["started_ms"] <= here["started_ms"] for entry in before)
        assert all(entry["started_ms"] >= here["started_ms"] for entry in after)


@pytest.mark.parametrize("program", PASSING_OVER)
def test_a_run_that_was_resumed_tells_its_steps_in_the_same_order(program: str) -> None:
    found = entries_of(program)
    alone = [entry for entry in found if "branch" not in entry]  # branches start at once, in any order
    assert [entry for entry in whole(found) if "branch" not in entry] == alone


@pytest.mark.parametrize(
    ("body", "skipped"),
    [
        ("STRING ?i OR STRING 2", 1),
        ("STRING ?i OR STRING 2 AND STRING 3 AND STRING 4", 3),
        ("STRING ?a AFTER STRING ?a AFTER STRING 5", 2),
    ],
)
def test_steps_that_are_passed_over_take_room_too(body: str, skipped: int) -> None:
    text = f"STRING 1 OR STRING 2 SET ?a AFTER FOREACH ?l AS ?i OPEN NEST {body} CLOSE NEST"
    context = local_context(limits=replace(DEFAULT, trace_entries=30))
    found = engine.run(compile_text(text), context, {"l": list(range(100))}).trace_json()
    assert len([entry for entry in found if "count" not in entry]) == 30
    told = {"Ok": 0, "Skipped": 0}
    for entry in found:
        told[entry["status"]] += entry.get("count", 1)
    assert told == {"Ok": 1 + 1 + 100, "Skipped": 1 + 100 * skipped}  # before the loop, the loop itself, its passes
