"""The hosts that a check tells of a program's steps."""

from typing import Any

import pytest

from oql.program import inspect

HOSTS: list[tuple[str, list[str]]] = [
    ('FETCH "https://api.example.com/rates?x=1"', ["api.example.com"]),
    ('FETCH "HTTPS://API.Example.com:443/"', ["api.example.com"]),
    ('FETCH "http://api.example.com:8080/"', ["api.example.com:8080"]),
    ('FETCH "https://bücher.example.com/"', ["xn--bcher-kva.example.com"]),
    ('FETCH "https://api.example.com/users/" & ?id', ["api.example.com"]),
    ('FETCH "https://api.example.com?q=" & ?q & "&x"', ["api.example.com"]),
    ('FETCH "https://api.example.com" & ?path', ["?"]),
    ('FETCH "https://" & ?host & "/"', ["?"]),
    ("FETCH ?url", ["?"]),
    ('FETCH ?host & "https://api.example.com/"', ["?"]),
    ('FETCH "https://ada@example.com/"', []),
    ('FETCH "rates"', []),
    ('POST "https://other.example.com/" AT "https://api.example.com/"', ["api.example.com"]),
    ('WEBHOOK "x" AT "https://hooks.example.com/a"', ["hooks.example.com"]),
    ('INCLUDE "https://lib.example.com/a.oql"', ["lib.example.com"]),
    ('INCLUDE "/root/a.oql"', []),
    ('WRITE "https://example.com/" INTO "/root/a"', []),
    ('CACHE "https://example.com/" AS "k"', []),
]


@pytest.mark.parametrize(("program", "hosts"), HOSTS)
def test_hosts(program: str, hosts: list[str]) -> None:
    [effect] = effects(program)
    assert effect["hosts"] == hosts


READS = [
    ("FETCH ?u", True),
    ('FETCH ?u AS "GET"', True),
    ('FETCH ?u AS "head" FORMAT "response"', True),
    ('FETCH ?u WITH "body"', False),
    ('FETCH ?u AS "POST"', False),
    ("FETCH ?u AS ?m", False),
    ('POST "x" AT ?u', False),
]


@pytest.mark.parametrize(("program", "reads"), READS)
def test_whether_a_step_may_change_something_there(program: str, reads: bool) -> None:
    [effect] = effects(program)
    assert (effect["reads"], effect["writes"]) == ((["url:?"], []) if reads else ([], ["url:?"]))


def effects(program: str) -> list[dict[str, Any]]:
    """What the check tells of the steps of a program."""
    checked = inspect(program)
    assert checked.program is not None, checked.errors
    return checked.program.effects
