"""After an error the parser goes on behind the broken step: every mistake shows once, in its place, and no other."""

import pytest

from oql.errors import OqlError
from oql.parser import MAX_ERRORS, parse
from oql.program import inspect
from oql.source import Source


def places(text: str) -> list[str]:
    """The places of all static errors."""
    source = Source(text)
    found = []
    for error in inspect(text).errors:
        assert error.span is not None
        position = source.position(error.span.start)
        found.append(f"{position.line}:{position.column}")
    return found


def messages(text: str) -> list[str]:
    return [error.message for error in inspect(text).errors]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EMIT 1", []),
        ("UPER 'a'", ["1:1"]),
        ("UPER 'a'\nLOWR 'b'\nEMIT 1\nTRM 'c'", ["1:1", "2:1", "4:1"]),
        ("EMIT AFTER EMIT 1 AFTER EMIT", ["1:1", "1:25"]),
        ("EMIT ; AFTER EMIT ;", ["1:6", "1:19"]),
        ("IF 1 IS EQUAL TO OPEN NEST EMIT 1 CLOSE NEST\nEMIT ]", ["1:18", "2:6"]),
        ("IF 1 IS EQUAL TO 1 OPEN NEST UPER 'a' CLOSE NEST\nLOWR 'a'", ["1:30", "2:1"]),
        ("IF 1 IS EQUAL TO 1 OPEN NEST EMIT ] AFTER EMIT [ CLOSE NEST", ["1:35", "1:48"]),
        ("EMIT 1 CLOSE NEST\nEMIT ]", ["1:8", "2:6"]),
        ("EMIT 'a\nEMIT 1", ["1:6"]),
        ("EMIT 1 (* no end", ["1:8"]),
        ("EMIT ] (* CLOSE NEST AFTER EMIT [ *) AFTER EMIT [", ["1:6", "1:49"]),
        ("EMIT ] 'AFTER EMIT [' AFTER EMIT [", ["1:6", "1:34"]),
        ("FOREACH ?l OPEN NEST EMIT 1 CLOSE NEST\nUPER 1", ["1:12", "2:1"]),
        ("SWITCH 1 OPEN NEST CASE OPEN NEST EMIT 1 CLOSE NEST CLOSE NEST\nUPER 1", ["1:25", "2:1"]),
        ("EMIT 1 WITH 2\nUPPER 'a' SET ?a FROM 3", ["1:8", "2:18"]),
        ('UPER "a" EMIT !NOWW SPLIT "a" EMIT "b" WITH "c"', ["1:1", "1:15", "1:21", "1:40"]),
        ("UPER 'a' (* EMIT !NOWW *) WITH 'EMIT !NOWW' EMIT 'x'", ["1:1"]),
        ("EMIT ] EMIT 'x' & COUNT 'y'", ["1:6"]),
        ("IF ?a = 1 OPEN NEST\nEMIT !NOWW\nCLOSE NEST", ["1:7", "2:6"]),
        ('IF 1 IS EQUAL 1 OPEN NEST\nUPER "x"\nEMIT !NOWW CLOSE NEST\nLOWR "x"', ["1:6", "2:1", "3:6", "4:1"]),
        (
            "IF ?a = 1 OPEN NEST UPER 1 CLOSE NEST ELSE IF ?b = 2 OPEN NEST LOWR 1 CLOSE NEST",
            ["1:7", "1:21", "1:50", "1:64"],
        ),
        ("FOREACH ?l ?x OPEN NEST UPER ?x CLOSE NEST LOWR 1", ["1:12", "1:25", "1:44"]),
        ("SWITCH 1 ] OPEN NEST CASE ] OPEN NEST UPER 1 CLOSE NEST CLOSE NEST", ["1:10", "1:27", "1:39"]),
        ("UNLESS 1 IS NULL OPEN NEST EMIT !NOWW CLOSE NEST", ["1:1", "1:33"]),
        ("GATHER OPEN NEST ?n FORMAT FOO AS 'x' AND ?m FORMAT BAR 'c' AS 'y' CLOSE NEST", ["1:28", "1:53"]),
    ],
)
def test_every_mistake_shows_in_its_place(text: str, expected: list[str]) -> None:
    assert places(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IF ?t STARTS 'a' OPEN NEST EMIT 1 CLOSE NEST", ["1:7"]),
        ("IF ?x EXISTS OPEN NEST EMIT 1 CLOSE NEST", ["1:7"]),
        ("IF ?x IS GREATER THAN 1 AND IS LESS THAN 5 OPEN NEST EMIT 1 CLOSE NEST", ["1:25"]),
        ("IF 1 IS NULL OPEN NEST EMIT 1 SET CLOSE NEST EMIT 2", ["1:35"]),
        ("IF 1 IS NULL OPEN NEST EMIT 1 CLOSE NEST else OPEN NEST EMIT 2 CLOSE NEST", ["1:42"]),
        ("IF 1 IS NULL OPEN NEST CLOSE NEST ELSE 2 IS NULL OPEN NEST CLOSE NEST ELSE OPEN NEST CLOSE NEST", ["1:40"]),
        ("FOREACH ?l AS ?x OPN NEST IF ?x IS NULL OPEN NEST EMIT 1 CLOSE NEST CLOSE NEST EMIT 2", ["1:18"]),
        ("FOREACH ?l AS ?x OPEN NEST EMIT 1 CLSE NEST EMIT 2", ["1:35"]),
        ("IF 1 IS NULL OPEN NEST EMIT 1 CLOSE CLOSE NEST EMIT 2", ["1:31"]),
        ("SWITCH 1 OPEN NEST WHEN 1 OPEN NEST EMIT 1 CLOSE NEST CLOSE NEST", ["1:20"]),
        ("DEFINE CRON 'c' 'c' ON SCHEDULE '0 3 * * *' OPEN NEST EMIT 1 CLOSE NEST", ["1:17"]),
        ("TRANSACTION OPEN NEST DEFIN NEW OPERATION AS 'x' OPEN NEST SLEEP '1s' CLOSE NEST CLOSE NEST", ["1:23"]),
    ],
)
def test_one_mistake_brings_no_other(text: str, expected: list[str]) -> None:
    assert places(text) == expected


def test_a_block_without_an_end_is_shown_where_it_begins() -> None:
    text = "IF 1 IS NULL OPEN NEST\n  IF 2 IS NULL OPEN NEST\n    EMIT 1\n  CLOSE NEST\n"
    assert (places(text), messages(text)) == (["1:14"], ["the block that begins here has no end"])


def test_a_mistake_inside_a_block_does_not_hide_the_rest_of_the_block() -> None:
    text = "FOREACH ?l AS ?x OPEN NEST\n  UPER ?x\n  AFTER EMIT ?x WITH 1\nCLOSE NEST\nEMIT 1 AT 2"
    assert places(text) == ["2:3", "3:17", "5:8"]


def test_blocks_that_are_indented_are_passed_over_as_well() -> None:
    text = "IF 1 IS NULL OPEN NEST\n  IF 1 IS OPEN NEST\n    EMIT 1\n  CLOSE NEST\n  UPER 1\n  CLOSE NEST\nLOWR 1"
    assert places(text) == ["2:8", "5:3", "7:1"]


def test_static_errors_and_syntax_errors_come_in_the_order_of_the_text() -> None:
    assert places("EMIT 1 WITH 2\nUPER 1\nEMIT !NWO\n") == ["1:8", "2:1", "3:6"]


def test_so_many_errors_are_enough() -> None:
    assert len(parse("EMIT ]\n" * (2 * MAX_ERRORS))[1]) == MAX_ERRORS
    assert len(inspect("EMIT 1 WITH 2\n" * (2 * MAX_ERRORS)).errors) == MAX_ERRORS


def test_half_a_surrogate_pair_is_an_error_and_can_be_shown() -> None:
    assert places("EMIT 'a\ud800'") == ["1:8"]
    assert places('EMIT "\\ud800"') == ["1:6"]
    assert places('EMIT "\\ud83d\\ude00"') == []


def test_errors_are_of_the_language() -> None:
    errors = parse("EMIT \x00 AFTER \ufeff EMIT \u202e")[1]
    assert [type(error) for error in errors] == [OqlError] * len(errors)
    assert errors
