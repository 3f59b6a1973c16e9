"""Warnings: what is allowed in a program but probably not meant."""

import pytest

from oql.program import inspect

KEPT = ('DEFINE CRON "c" ON SCHEDULE "0 3 * * *"', 'DEFINE NEW OPERATION AS "o"', 'WATCH "stream:s" ON "message"')


@pytest.mark.parametrize("verb", KEPT)
def test_a_block_that_is_kept_sees_only_its_own_variables(verb: str) -> None:
    outer = inspect(f'STRING "x" SET ?v AFTER {verb} OPEN NEST EMIT ?v CLOSE NEST').warnings
    assert [doubt.message for doubt in outer] == ["`?v` is never set, so it is null"]
    assert inspect(f'{verb} OPEN NEST STRING "x" SET ?v AFTER EMIT ?v CLOSE NEST').warnings == []


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ('CALCULATE "5 + "', "expected a value, found the end"),
        ('SLEEP "5 parsecs"', "expected a duration"),
        ('WATCH "tabel:a.b" ON "insert" OPEN NEST EMIT 1 CLOSE NEST', "`tabel` is not a kind of source"),
        ('DEFINE CRON "c" ON SCHEDULE "61 * * * *" OPEN NEST EMIT 1 CLOSE NEST', "expected a minute"),
        ('REPLICATE "a" WITH "often"', "expected a whole number"),
        ('CREATE TABLE "t" FROM "d" WITH "id NUMBR"', "at character 4 of the columns: expected the type"),
    ],
)
def test_a_constant_text_that_cannot_be_read(program: str, message: str) -> None:
    [doubt] = inspect(program).warnings
    assert f" cannot read this text: {message}" in doubt.message


@pytest.mark.parametrize("program", ['CALCULATE "?n + 1"', 'SLEEP "5s"', 'REPLICATE "a" WITH "3"', "SLEEP ?long"])
def test_texts_that_can_be_read(program: str) -> None:
    assert [doubt.message for doubt in inspect(program).warnings if "cannot read" in doubt.message] == []
