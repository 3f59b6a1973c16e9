"""EMAIL with a block: what is queued is what the block emitted."""

import pytest

from oql import engine
from oql.context import Environment
from oql.deliveries import listed
from oql.local import local_context
from oql.program import load
from substrate.interface import Namespace


def bodies(namespace: Namespace, program: str) -> list[str]:
    """The bodies of the mails to ada that a program has queued."""
    context = local_context(store=namespace)
    context.environment, context.job_id = Environment(mails=True), "j"
    outcome = engine.run(load(program), context)
    assert outcome.error is None, outcome.error
    return [delivery.payload["body"] for delivery in listed(namespace, "j") if delivery.target == "ada@example.com"]


TO = 'TO "ada@example.com" WITH "News"'


@pytest.mark.parametrize(
    ("block", "body"),
    [
        ('EMIT "<h1>" & ?name & "</h1>"', "<h1>Ada</h1>"),
        ("EMIT 1 AFTER EMIT ?none AFTER EMIT true", "1true"),
        ("FOREACH ?names AS ?n OPEN NEST EMIT ?n & !INDEX CLOSE NEST", "a0b1"),
        ("UPPER ?name SET ?loud", ""),
        ('EMIT "a" AND EMIT "b"', "ab"),
        ('SLEEP "1ms" AND EMIT "b" AFTER EMIT "c"', "bc"),
        ("SIDELOAD 'EMIT `in` AFTER RETURN 1'", "in"),
        ('EMAIL OPEN NEST EMIT "inner" CLOSE NEST TO "eve@example.com" WITH "x" AFTER EMIT "outer"', "outer"),
        ('EMIT "a" AFTER CAST "x" AS "number" OR EMIT "b"', "ab"),
    ],
)
def test_the_body_is_what_the_block_emits(namespace: Namespace, block: str, body: str) -> None:
    before = 'TRIM " Ada " SET ?name ENLIST "a" AND "b" SET ?names'
    assert bodies(namespace, f"{before} EMAIL OPEN NEST {block} CLOSE NEST {TO}") == [body]


def test_a_block_in_a_transaction_sends_with_it_or_not_at_all(namespace: Namespace) -> None:
    block = f'TRANSACTION OPEN NEST EMAIL OPEN NEST EMIT "a" CLOSE NEST {TO} %s CLOSE NEST OR EMIT 1'
    assert bodies(namespace, block % 'CAST "x" AS "number"') == []
    assert bodies(namespace, block % "") == ["a"]
