"""`oql explain`: the compiled form of a program, and what its steps touch."""

import json

from oql.explain import condition_text, explain
from oql.program import Program, compile_text
from tests.cli.calling import oql


def test_the_listing_shows_steps_jumps_and_places() -> None:
    program = compile_text('ENLIST 1 SET ?a\nAFTER FOREACH ?a AS ?x OPEN NEST EMIT ?x(k)(-1) & "b" CLOSE NEST', "a.oql")
    rows = [line.split() for line in explain(program).splitlines()]
    assert rows[0] == ["a.oql:", "7", "instructions,", "blocks", "up", "to", "1", "deep"]
    assert [" ".join(row) for row in rows[2:9]] == [
        "0 step ENLIST 1 SET ?a 1 1:1",
        "1 begin FOREACH ?a 2 2:7",
        "> 2 next ?x else 5 2 2:7",
        '3 step EMIT ?x(k)(-1) & "b" 2.body#1 2:34',
        "4 jump to 2 2.body#1 2:24",
        "> 5 end 2 2:7",
        "6 halt",
    ]
    assert rows[10:] == [["effects:", "none"]]


def test_a_failure_that_or_catches_has_its_place() -> None:
    listing = explain(compile_text('PARSE JSON ?t SET ?o AFTER KEYS ?o SET ?k OR EMIT "bad"'))
    first, second = listing.splitlines()[2:4]
    assert "fails to" in first
    assert "fails to" in second
    assert next(line for line in listing.splitlines() if "EMIT" in line).startswith(">")


def test_effects_name_what_is_read_and_written() -> None:
    listing = explain(compile_text('CACHE "k" SET ?c\nAFTER CACHE ?c AS "q" ON 5\nAFTER FLUSH ?c'))
    assert listing.splitlines()[-4:] == [
        "effects:",
        "  line 1  CACHE (Io)  reads cache:k",
        "  line 2  CACHE (Io)  writes cache:q",
        "  line 3  FLUSH (Io)  writes cache:?",
    ]


def test_conditions_read_as_they_are_written() -> None:
    written = '?a IS NOT EQUAL TO 1 AND (?b IS NULL OR NOT ?c(x)(?y) CONTAINS "z") OR !INDEX IS LESS THAN 3'
    program = compile_text(f"IF {written} OPEN NEST EMIT 1 CLOSE NEST")
    test = next(item for item in program.code if item.op == "test")
    shown = condition_text(test.data["condition"])
    again = compile_text(f"IF {shown} OPEN NEST EMIT 1 CLOSE NEST")
    assert shown == ('(?a IS NOT EQUAL TO 1 AND (?b IS NULL OR NOT (?c(x)(?y) CONTAINS "z"))) OR !INDEX IS LESS THAN 3')
    assert condition_text(next(item for item in again.code if item.op == "test").data["condition"]) == shown


def test_the_command_lists_and_keeps() -> None:
    called = oql("explain", "-", stdin="EMIT 1")
    assert (called.code, called.out.splitlines()[0], called.err) == (0, "<stdin>: 2 instructions, no blocks", "")
    kept = oql("explain", "-", "--json", stdin="EMIT 1")
    assert Program.from_json(kept.out.encode()).source.text == "EMIT 1"
    assert json.loads(kept.out)["name"] == "<stdin>"


def test_a_program_with_errors_is_not_explained() -> None:
    called = oql("explain", "-", stdin="UPER 1")
    assert (called.code, called.out) == (1, "")
    assert called.err.startswith("error[ParseError]: `UPER` is not a verb")
