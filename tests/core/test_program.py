"""A compiled program: equal for equal texts, the same after JSON, shared by threads, and no larger than its text."""

import threading
from dataclasses import replace

import pytest

from oql import engine, program
from oql.errors import ProgramError
from oql.limits import DEFAULT
from oql.program import FORMAT, Program, cached, compile_text, load
from tests.core.growth import SHAPES, calls
from tests.fuzz.engines import context, run

ALL_KINDS = """
PARSE JSON '{"a": [1, 2.5, null]}' SET ?o AFTER STRING ?o(a)(0) & "x" SET ?o('odd key')(?k)
IF NOT (?o(a)(-1) IS NULL AND (1 IS LESS THAN 2 OR "a" MATCHES "b")) OPEN NEST EMIT 99999999999999999999 CLOSE NEST
ELSE IF ?o IS IN ?l OPEN NEST CLOSE NEST ELSE OPEN NEST RETURN 1.5 CLOSE NEST
IF SOME ?o ARE EQUAL TO -3 OPEN NEST EXIT ALL CLOSE NEST
SWITCH ?o OPEN NEST CASE 1e300 OPEN NEST EMIT 1 CLOSE NEST DEFAULT OPEN NEST CLOSE ALL NESTS CLOSE NEST CLOSE NEST
FOREACH ?l AS ?x OPEN NEST WHILE !INDEX IS NULL OPEN NEST EMIT !REQUEST(header:X-Y) CLOSE NEST CLOSE NEST
EMIT 1 AND SLEEP "1ms" AND NEW ARRAY OPEN NEST 1 AND true CLOSE NEST SET ?m OR CALCULATE "?n + 1" SET ?n AFTER EMIT ?n
NEW JSON OBJECT OPEN NEST SET k AS 1 AND SET ?k AS null CLOSE NEST SET ?q
QUERY "t" FROM "db" WHERE name IS EQUAL TO "x" AND NOT id IS NULL SORT BY "id" FORMAT "desc" LIMIT 3 SET ?rows
DEFINE NEW OPERATION AS "op" OPEN NEST EMIT 1 CLOSE NEST
"""


def test_json_and_back() -> None:
    compiled = compile_text(ALL_KINDS, "all.oql")
    again = Program.from_json(compiled.to_json())
    assert again == compiled
    assert (again.source.name, again.depth, again.skippable) == ("all.oql", 2, frozenset({"n"}))


def test_json_of_the_deepest_condition() -> None:
    for opening, closing in [("(", ")"), ("NOT ", ""), ("(?a IS NULL AND ", ")"), ("NOT (?a IS NULL OR ", ")")]:
        depth = {"(": 199, "NOT ": 199, "(?a IS NULL AND ": 99, "NOT (?a IS NULL OR ": 66}[opening]
        text = f"IF {opening * depth}?b IS EQUAL TO 1.5{closing * depth} OPEN NEST EMIT 1 CLOSE NEST"
        assert Program.from_json(compile_text(text).to_json()) == compile_text(text)


def test_another_format_is_refused() -> None:
    data = compile_text("EMIT 1").to_json().replace(b'"format":%d' % FORMAT, b'"format":0')
    with pytest.raises(ValueError, match="program format 0 is not 3; compile the text again"):
        Program.from_json(data)


def test_a_text_is_compiled_once() -> None:
    text = "EMIT 'compiled once'"
    assert cached(text) is None
    assert load(text) is load(text)
    assert cached(text) is load(text)


def test_limits_belong_to_what_is_kept() -> None:
    text = "IF 1 IS NULL OPEN NEST IF 1 IS NULL OPEN NEST EMIT 1 CLOSE NEST CLOSE NEST"
    assert load(text).depth == 2
    with pytest.raises(ProgramError, match="more than 1 blocks stand inside each other"):
        load(text, replace(DEFAULT, depth=1))


def test_a_program_that_is_too_long_is_not_read() -> None:
    with pytest.raises(ProgramError, match="longer than 10 bytes"):
        load("EMIT ]]]]]]", replace(DEFAULT, program_bytes=10))
    assert load("EMIT 'é'", replace(DEFAULT, program_bytes=9)).source.text == "EMIT 'é'"
    with pytest.raises(ProgramError, match="longer than 8 bytes"):
        load("EMIT 'é'", replace(DEFAULT, program_bytes=8))


def test_runs_of_one_program_do_not_see_each_other() -> None:
    compiled = compile_text(
        "NEW ARRAY SET ?out FOREACH ?l AS ?x OPEN NEST "
        'STRING ?x AND SLEEP "0ms" AND STRING ?x & "!" SET ?y AFTER APPEND ?y INTO ?out CLOSE NEST '
        'STRING ?name SET ?m AND STRING "b" SET ?m AFTER UPPER ?m SET ?m AFTER EMIT ?out AFTER EMIT ?m & !ERROR(code)'
    )
    found: dict[int, object] = {}

    def one(number: int) -> None:
        name = f"n{number}"
        found[number] = engine.run(compiled, context(), {"name": name, "l": [number] * 20}).result

    threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: "[" + ",".join([f'"{n}!"'] * 20) + f"]N{n}" for n in range(16)}


def test_the_caller_keeps_its_variables() -> None:
    given = {"a": [1], "o": {"k": [2]}}
    outcome = run("APPEND 2 INTO ?a AFTER APPEND 3 INTO ?a AFTER STRING 1 SET ?o(k)(0) AFTER EMIT ?a", given)
    assert (outcome.result, given) == ([1, 2, 3], {"a": [1], "o": {"k": [2]}})


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_program_twice_as_long_is_twice_the_work(shape: str) -> None:
    """Counted in calls, not timed: each program is read, checked, compiled, and made ready to run."""
    once, twice = (calls(SHAPES[shape](size)) for size in (4_000, 8_000))
    assert twice < 2.6 * once


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_program_is_not_much_larger_than_its_text(shape: str) -> None:
    """Its JSON shows what it holds: paths and names do not grow with the depth of its blocks without an end."""
    text = SHAPES[shape](40_000)
    compiled = program.inspect(text).program
    factor = len(compiled.to_json()) / len(text) if compiled else 0
    assert factor < 150
