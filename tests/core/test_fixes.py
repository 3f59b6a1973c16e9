"""A fix is offered only where it leaves nothing new wrong in what it has replaced."""

import pytest

from oql.program import inspect


@pytest.mark.parametrize(
    ("text", "fixes"),
    [
        ("HASH", [None, None]),  # two errors at one place, of which a block around the step would make three
        ('EMIT 1 AFTER CAST AFTER EMIT "a"', [None, None]),
        # `ATTACH` would be wrong in place of `HEADER`
        ('STATUS 201 AFTER 1_000 AFTER HEADER AFTER EMIT "a"', [None, None, None]),
        # a CALCULATE in front would only move the second error, in a block that was there before
        (
            'WHILE ?i IS THAN 3 OPEN NEST !INDEX & ";" AFTER CALCULATE "?i + 1" SET ?i CLOSE NEST',
            ["IS GREATER THAN", None],
        ),
        ('UPER "a" AFTER LOWWER "b" AFTER HASH', ["UPPER", "LOWER", None, None]),  # what stays is in nobody's way
    ],
)
def test_fixes_that_are_offered(text: str, fixes: list[str | None]) -> None:
    assert [error.fix.text if error.fix else None for error in inspect(text).errors] == fixes
