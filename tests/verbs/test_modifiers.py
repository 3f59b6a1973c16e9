"""Modifiers that stand only together with another: static errors at their place, and brackets inside brackets."""

import pytest

from oql import verbs
from oql.program import inspect


@pytest.mark.parametrize(
    ("program", "column", "message"),
    [
        ("RANDOM FROM 1", 8, "`FROM` of `RANDOM` needs TO"),
        ("RANDOM TO 6 SET ?r", 8, "`TO` of `RANDOM` needs FROM"),
        ("CACHE 5 ON 10", 9, "`ON` of `CACHE` needs AS"),
        ('QUERY "t" FROM "d" FORMAT "desc"', 20, "`FORMAT` of `QUERY` needs SORT BY"),
        ('REPLACE "abc" FROM 0 TO 1 WITH "x" AS "regex"', 36, "`AS` of `REPLACE` needs WHERE"),
    ],
)
def test_a_modifier_without_the_one_it_stands_with(program: str, column: int, message: str) -> None:
    checked = inspect(program)
    [error] = checked.errors
    assert error.span is not None
    assert (error.code, error.message, error.span.start + 1) == ("ParseError", message, column)
    assert error.hint == f"the form is {verbs.table()[program.split()[0]].usage}"


def test_it_is_told_before_any_step_runs() -> None:
    [error] = inspect('WRITE "x" INTO "/root/side.txt" RANDOM FROM 1 SET ?r').errors
    assert error.message == "`FROM` of `RANDOM` needs TO"


@pytest.mark.parametrize(
    "program",
    ["RANDOM", "RANDOM TO 6 FROM 1", 'CACHE 5 ON 10 AS "n"', 'QUERY "t" FROM "d" FORMAT "desc" SORT BY "k"'],
)
def test_together_they_stand_in_any_order(program: str) -> None:
    assert inspect(program).errors == ()


def test_nothing_is_said_of_what_a_syntax_error_cut_off() -> None:
    messages = [error.message for error in inspect("RANDOM FROM 1 %").errors]
    assert messages
    assert not any("needs TO" in message for message in messages)


def test_help_puts_them_into_the_brackets_of_the_other() -> None:
    usage = {name: verbs.table()[name].usage for name in ("RANDOM", "CACHE", "QUERY", "REPLACE")}
    assert usage["RANDOM"] == "RANDOM [FROM whole-number TO whole-number]"
    assert usage["CACHE"] == "CACHE value [AS text [ON duration]]"
    assert '[SORT BY text [FORMAT "asc"|"desc"]] [LIMIT whole-number]' in usage["QUERY"]
    assert '[WHERE text [AS "regex"]]' in usage["REPLACE"]


def test_what_a_verb_names_there_are_modifiers_of_it() -> None:
    for verb in verbs.table().values():
        assert {*verb.only_with, *verb.only_with.values()} <= {*verb.modifiers}, verb.name
