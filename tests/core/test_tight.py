"""Loops that run as Python functions end as those that the machine follows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from oql import engine, generate, json, loops, tight
from oql.engine import Outcome
from oql.limits import DEFAULT
from oql.local import local_context
from oql.program import Instruction, Program, compile_text

PROGRAMS = {
    "a counter": 'WHILE ?i IS LESS THAN 40 OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST EMIT ?i',
    "two counters": (
        'WHILE ?i IS LESS THAN ?most OPEN NEST CALCULATE "?i * 2 + ?i - ?i + 1" SET ?i CALCULATE "?i" SET ?j CLOSE NEST'
    ),
    "a counter that grows large": (
        'WHILE ?i IS LESS THAN 1e40 OPEN NEST CALCULATE "?i * ?i + 3" SET ?i STRING ?all & ?i & " " SET ?all CLOSE NEST'
    ),
    "a counter that becomes a fraction": 'WHILE ?i IS LESS THAN 4 OPEN NEST CALCULATE "?i + 0.5" SET ?i CLOSE NEST',
    "a counter in a text": 'STRING "0" SET ?i\nWHILE ?i IS LESS THAN 4 OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST',
    "a counter that is not set": 'WHILE ?k IS NULL OPEN NEST CALCULATE "1 + 1" SET ?k CLOSE NEST EMIT ?k',
    "several steps": (
        'WHILE ?i IS LESS THAN 40 OPEN NEST CALCULATE "?i + 1" SET ?i AFTER UPPER "x" SET ?u\n'
        "APPEND ?i INTO ?items SET ?items CLOSE NEST EMIT ?items"
    ),
    "elements": "FOREACH ?items AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST EMIT ?u",
    "elements that are texts": "FOREACH ?texts AS ?x OPEN NEST UPPER ?x SET ?u REVERSE ?u SET ?r(0) CLOSE NEST EMIT ?r",
    "fields": "FOREACH ?fields AS ?x OPEN NEST STRING ?all & !KEY & ?x & !INDEX SET ?all CLOSE NEST EMIT ?all",
    "its number": "WHILE ?i IS LESS THAN 9 OPEN NEST CALCULATE !INDEX SET ?i CLOSE NEST EMIT ?i EMIT !INDEX",
    "no pass": 'FOREACH ?nothing AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST AFTER EMIT "not"',
    "an empty pass": "FOREACH ?items AS ?x OPEN NEST CLOSE NEST EMIT ?x",
    "loops inside each other": (
        "FOREACH ?items AS ?x OPEN NEST\n  FOREACH ?items AS ?y OPEN NEST STRING ?all & ?x & ?y SET ?all CLOSE NEST\n"
        "CLOSE NEST EMIT ?all EMIT !VALUE"
    ),
    "an IF": (
        'WHILE ?i IS LESS THAN 20 OPEN NEST\n  CALCULATE "?i + 1" SET ?i\n'
        '  IF ?i IS GREATER THAN 7 OPEN NEST UPPER "a" SET ?u CLOSE NEST\n'
        '  ELSE IF ?i IS EQUAL TO "3" OPEN NEST LOWER "B" SET ?u CLOSE NEST\n'
        "  ELSE OPEN NEST IF ?u IS NULL OPEN NEST CLOSE NEST ELSE OPEN NEST LENGTH ?u SET ?n CLOSE NEST CLOSE NEST\n"
        "CLOSE NEST\nEMIT ?u EMIT !STATE(IF)"
    ),
    "nothing but an IF": (
        "FOREACH ?items AS ?x OPEN NEST\n"
        '  IF ?x IS EQUAL TO 3 OPEN NEST UPPER "found" SET ?u CLOSE NEST\nCLOSE NEST EMIT ?u'
    ),
    "a step that fails in an IF": (
        "FOREACH ?items AS ?x OPEN NEST\n  IF ?x IS GREATER THAN 2 OPEN NEST\n"
        '    IF ?x IS NOT NULL OPEN NEST CALCULATE "1 / (?x - 3)" SET ?c CLOSE NEST\n  CLOSE NEST\n'
        "CLOSE NEST OR EMIT !ERROR(message) EMIT ?x"
    ),
    "an IF that fails": (
        'FOREACH ?items AS ?x OPEN NEST\n  UPPER "a" SET ?u\n'
        "  IF ?u MATCHES ?pattern(?x) OPEN NEST LOWER ?u SET ?l CLOSE NEST\nCLOSE NEST"
    ),
    "a failing step": (
        'FOREACH ?items AS ?x OPEN NEST\n  UPPER ?x SET ?u\n  CALCULATE "1 / (?x - 3)" SET ?c\nCLOSE NEST'
    ),
    "a failing step that is caught": (
        'FOREACH ?items AS ?x OPEN NEST CALCULATE "1 / (?x - 3)" SET ?c CLOSE NEST OR EMIT !ERROR(message) EMIT ?c'
    ),
    "a failing step that is caught in the loop": (
        'FOREACH ?items AS ?x OPEN NEST CALCULATE "1 / (?x - 3)" SET ?c OR STRING "none" SET ?c CLOSE NEST EMIT ?c'
    ),
    "a failing condition": 'WHILE ?i MATCHES ?pattern(?i) OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST',
    "a failing list": "FOREACH ?i AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST",
    "a step for each branch": (
        'UPPER "a" SET ?m AND UPPER "b" SET ?m\n'
        "FOREACH ?items AS ?x OPEN NEST LOWER ?m SET ?l CLOSE NEST\n"
        "COLLAPSE ?l SET ?l COLLAPSE ?m SET ?m EMIT ?l"
    ),
    "a step for each branch in an IF": (
        'UPPER "a" SET ?m AND UPPER "b" SET ?m\n'
        "FOREACH ?items AS ?x OPEN NEST\n"
        "  IF ?x IS NOT NULL OPEN NEST LOWER ?m SET ?l UPPER ?l SET ?n CLOSE NEST\nCLOSE NEST\n"
        "COLLAPSE ?l SET ?l COLLAPSE ?m SET ?m COLLAPSE ?n SET ?n EMIT ?l"
    ),
}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops run as functions from their first pass."""
    monkeypatch.setattr(tight, "WARM", 0)


def run(text: str, entries: int) -> Outcome:
    """A run whose trace has room for some entries."""
    variables = {
        "i": 0, "items": [1, 2, 3, 4, "x"], "texts": ["a", "b", "c"], "fields": {"a": 1, "b": [2]}, "nothing": [],
        "all": "", "pattern": ["0", "1", "("], "most": 50,
    }  # fmt: skip
    context = local_context(limits=replace(DEFAULT, trace_entries=entries))
    return engine.run(compile_text(text), context, variables)


def counted(outcome: Outcome) -> Counter[tuple[str, str, int]]:
    """How often each step ended how, whether its entries are summed or not."""
    found: Counter[tuple[str, str, int]] = Counter()
    for entry in outcome.trace_json():
        found[entry["step"], entry["status"], entry["line"]] += entry.get("count", 1)
    return found


def listed(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Step, status and path of each entry, in their order."""
    return [(entry["step"], entry["status"], entry["path"]) for entry in outcome.trace_json()]


@pytest.mark.parametrize("entries", [0, 1, 7, 8, 30, 10_000])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_tight_loop_ends_as_any_other(name: str, entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tight, "WARM", 10_000)
    followed = run(PROGRAMS[name], 10_000)
    monkeypatch.setattr(tight, "WARM", 0)
    found = run(PROGRAMS[name], entries)
    assert (found.result, found.variables) == (followed.result, followed.variables)
    assert counted(found) == counted(followed)
    assert listed(found)[:entries] == listed(followed)[:entries]
    assert (found.error is None) is (followed.error is None)
    if followed.error and found.error:
        assert (found.error.code, found.error.message, found.error.span) == (
            followed.error.code,
            followed.error.message,
            followed.error.span,
        )


def test_a_loop_runs_as_a_function_when_it_goes_on_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bool] = []
    written = generate.function

    def function(loop: Instruction, nodes: Sequence[loops.Node], *, entries: bool) -> loops.Passes:
        made.append(entries)
        return written(loop, nodes, entries=entries)

    monkeypatch.setattr(generate, "function", function)
    program = compile_text("FOREACH ?texts AS ?x OPEN NEST UPPER ?x SET ?u CLOSE NEST")

    def made_after(passes: int) -> list[bool]:
        context = local_context(limits=replace(DEFAULT, trace_entries=tight.WARM + 10))
        engine.run(program, context, {"texts": ["x"] * passes})
        return made

    assert made_after(tight.WARM - 10) == []
    assert made_after(20) == [True]
    assert made_after(tight.WARM) == [True]
    assert made_after(tight.WARM + 20) == [True, False]


def test_a_text_of_a_program_is_never_code() -> None:
    text = (
        "FOREACH ?texts AS ?x OPEN NEST\n  UPPER ?x SET ?u\n"
        "  IF ?u IS EQUAL TO 1 OPEN NEST LOWER ?u SET ?l CLOSE NEST\nCLOSE NEST"
    )
    strange = "x') or quit() or ('\n\\"
    program = compile_text(text)
    renamed = Program.from_json(program.to_json().replace(b'"u"', json.dumps(strange)))
    outcome = engine.run(renamed, local_context(), {"texts": ["a"] * (tight.WARM + 10)})
    assert outcome.variables[strange] == "A"


@pytest.mark.usefixtures("at_once")
def test_the_sum_of_a_tight_loop_is_its_time() -> None:
    outcome = run('WHILE ?i IS LESS THAN 20000 OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST', 0)
    entries = {entry["step"]: entry for entry in outcome.trace_json()}
    assert entries["CALCULATE"]["count"] == 20_000
    assert 0 < entries["CALCULATE"]["duration_ms"] <= entries["WHILE"]["duration_ms"]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("steps", [1, 3])
def test_a_tight_loop_uses_up_its_steps(steps: int) -> None:
    text = "WHILE 1 IS EQUAL TO 1 OPEN NEST " + 'UPPER "x" SET ?u ' * steps + "CLOSE NEST"
    context = local_context(limits=replace(DEFAULT, trace_entries=0, steps=1_000))
    outcome = engine.run(compile_text(text), context)
    assert outcome.error is not None
    assert outcome.error.code == "LimitExceeded"
    passes = next(entry["count"] for entry in outcome.trace_json() if entry["step"] == "UPPER")
    # The machine around the loop has taken a share of the steps that it does not come to use.
    assert 1_000 // (steps + 1) - 20 <= passes <= 1_000 // (steps + 1)


@pytest.mark.usefixtures("at_once")
def test_a_tight_loop_is_called_off() -> None:
    context = local_context(limits=replace(DEFAULT, trace_entries=0, wall_s=0.05))
    outcome = engine.run(compile_text('WHILE 1 IS EQUAL TO 1 OPEN NEST UPPER "x" SET ?u CLOSE NEST'), context)
    assert outcome.error is not None
    assert outcome.error.code == "Timeout"


@pytest.mark.usefixtures("at_once")
def test_a_tight_loop_keeps_to_its_memory() -> None:
    context = local_context(limits=replace(DEFAULT, trace_entries=0, memory_bytes=1 << 20))
    outcome = engine.run(
        compile_text('WHILE 1 IS EQUAL TO 1 OPEN NEST STRING ?t & ?t & "x" SET ?t CLOSE NEST'), context
    )
    assert outcome.error is not None
    assert outcome.error.code == "LimitExceeded"
