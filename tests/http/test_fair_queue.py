"""Accounts that ask at the same time take turns."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

import pytest

from accounts.service import Accounts
from server.fair_queue import MOST_ALONE, SHARED_S, FairQueue
from tests.http.running import CHEAP, TEST_LOGIN, running
from tests.http.wire import Wire


async def _run(queue: FairQueue, account: str, name: str, ended: list[str]) -> None:
    if not queue.passes(account):
        await queue.wait(account)
    ended.append(name)


def test_each_account_has_one_turn_before_another_has_two() -> None:
    async def asked() -> list[str]:
        queue, ended = FairQueue(lambda: 0.0), list[str]()
        names = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]
        await asyncio.gather(*(_run(queue, name[0], name, ended) for name in names))
        return ended

    assert asyncio.run(asked()) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


@pytest.mark.parametrize("alone", [False, True])
def test_whoever_comes_later_passes_those_that_wait_behind_others_of_their_own(alone: bool) -> None:
    async def asked() -> list[str]:
        now = 0.0
        queue, ended = FairQueue(lambda: now), list[str]()
        queue.passes("a")
        now = 2 * SHARED_S if alone else 0.0
        await asyncio.sleep(0)
        flood = [asyncio.create_task(_run(queue, "a", f"a{number}", ended)) for number in range(100)]
        await flood[2]
        await asyncio.gather(_run(queue, "b", "b", ended), *flood)
        return ended

    ended = asyncio.run(asked())
    assert sorted(ended) == sorted(["b", *(f"a{number}" for number in range(100))])
    assert ended.index("b") <= (1 + 2 * MOST_ALONE if alone else 4)


def test_an_account_that_is_alone_begins_some_in_a_round() -> None:
    async def asked() -> list[bool]:
        now = 0.0
        queue = FairQueue(lambda: now)
        queue.passes("another")
        queue.passes("a")
        now = 2 * SHARED_S
        await asyncio.sleep(0)
        assert queue.passes("a")
        await asyncio.sleep(0)
        return [queue.passes("a") for _ in range(MOST_ALONE + 1)]

    assert asyncio.run(asked()) == [True] * MOST_ALONE + [False]


def test_tasks_that_are_cancelled_take_nobodys_turn() -> None:
    async def asked() -> list[str]:
        queue, ended = FairQueue(lambda: 0.0), list[str]()
        tasks = [asyncio.create_task(_run(queue, "a", f"a{number}", ended)) for number in range(4)]
        await asyncio.sleep(0)
        for gone in tasks[1:3]:
            gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tasks[1]
        await tasks[3]
        return ended

    assert asyncio.run(asked()) == ["a0", "a3"]


def test_one_who_comes_behind_a_flood_is_answered_before_most_of_it(tmp_path: Path) -> None:
    """Each program of the flood is a text that nobody has seen, and takes a while to compile."""
    with running(tmp_path / "data", WORKERS="1") as server:
        accounts = Accounts(server.data, password_cost=CHEAP)
        account = accounts.add("ada", "a password of some length", tier="enterprise")
        token = accounts.issue_token(account).secret
        accounts.close()
        with contextlib.ExitStack() as stack:
            flood = [stack.enter_context(Wire(server.port)) for _ in range(60)]
            other = stack.enter_context(Wire(server.port))
            _ask(other, {"auth": TEST_LOGIN, "query": 'EMIT "Hello"'})
            assert other.answer().json()["result"] == "Hello"
            _ask(flood[0], {"query": 'EMIT "Hello"'}, token)
            assert flood[0].answer().json()["result"] == "Hello"
            time.sleep(2 * SHARED_S)  # so it is alone
            for number, wire in enumerate(flood):
                steps = " AFTER ".join(f'UPPER "{number} {step}" SET ?a' for step in range(25))
                _ask(wire, {"query": f'{steps} AFTER EMIT "done"'}, token)
            _ask(other, {"auth": TEST_LOGIN, "query": 'EMIT "Hello"'})
            assert other.answer().json()["result"] == "Hello"
            assert [wire.answer().json()["result"] for wire in flood] == ["done"] * 60
        lines = [line["namespace"] for line in server.lines() if line.get("route") == "/v1/query"]
        assert lines.index("user_test", 1) < 40


def _ask(wire: Wire, body: dict[str, object], token: str | None = None) -> None:
    sent = json.dumps(body).encode()
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{bearer}"
    wire.send(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
