"""What a check tells of the steps: which things they read and write, as far as the text names them."""

import pytest

from oql.program import inspect


@pytest.mark.parametrize(
    ("step", "reads", "writes"),
    [
        ('QUERY "t" FROM "d1"', ["table:d1.t"], []),
        ('COUNT "t" FROM "d2"', ["table:d2.t"], []),
        ('QUERY ?t FROM "d1"', ["table:d1.?"], []),
        ('QUERY "t" FROM ?d', ["table:?.t"], []),
        ('INSERT ?o INTO "t" FROM "d1"', [], ["table:d1.t"]),
        ('UPDATE ?o INTO "t" FROM "d1" WHERE k IS EQUAL TO 1', [], ["table:d1.t"]),
        ('CREATE TABLE "t" FROM "d1" WITH "k TEXT"', [], ["table:d1.t"]),
        ('SQL "SELECT 1" FROM "d1"', ["database:d1"], []),
        ('TABLE LIST "d1"', ["database:d1"], []),
        ('GRAPH NEIGHBORS "a" FROM "d1.t" WITH "next"', ["table:d1.t"], []),
        ('CACHE ?v AS "k"', [], ["cache:k"]),
    ],
)
def test_what_a_step_touches(step: str, reads: list[str], writes: list[str]) -> None:
    program = inspect(step).program
    assert program is not None
    [effect] = program.effects
    assert (effect["reads"], effect["writes"]) == (reads, writes)
