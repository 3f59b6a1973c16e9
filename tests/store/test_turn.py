"""What requests of one turn of the event loop share, and that none of it lasts any longer."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from server.store.turn import Turn, Writes
from substrate.interface import Frame, Namespace, PutRow, Written
from substrate.opening import open_store
from tests.store.asking import ORDERS

ROW = {"order_id": "o-1", "qty": 1}


def _never() -> None:
    raise AssertionError("no follower has to have it")


def shop(folder: Path) -> Namespace:
    namespace = open_store("", folder).namespace("shop")
    namespace.write(lambda frame: frame.register(ORDERS))
    return namespace


def test_a_snapshot_lasts_for_one_turn(tmp_path: Path) -> None:
    async def read() -> list[bool]:
        seen, namespace, turn = [], shop(tmp_path), Turn()
        for _ in range(2):
            seen.append(turn.reading(namespace).get("shop.orders", "o-1") is not None)
            namespace.write(PutRow("shop.orders", ROW))
            seen.append(turn.reading(namespace).get("shop.orders", "o-1") is not None)
            await asyncio.sleep(0)
        return seen

    assert asyncio.run(read()) == [False, False, True, True]


def test_a_tenant_is_looked_for_once_in_a_turn(tmp_path: Path) -> None:
    namespace, asked = shop(tmp_path), []

    def opened(tenant: str) -> Namespace:
        asked.append(tenant)
        return namespace

    async def ask() -> None:
        turn = Turn()
        for _ in range(2):
            turn.namespace("shop", opened)
            turn.namespace("shop", opened)
            await asyncio.sleep(0)

    asyncio.run(ask())
    assert asked == ["shop", "shop"]


def test_works_of_one_turn_are_told_what_came_of_each(tmp_path: Path) -> None:
    namespace = shop(tmp_path)

    def bad(_: Frame) -> Written:
        raise ZeroDivisionError

    async def write() -> list[object]:
        writes = Writes()
        works: list[Callable[[Frame], Written]] = [PutRow("shop.orders", ROW), bad, PutRow("shop.orders", ROW)]
        done = await asyncio.gather(*(writes.write(namespace, work, _never) for work in works), return_exceptions=True)
        return [each if isinstance(each, BaseException) else each.version for each in done]

    first, second, third = asyncio.run(write())
    assert (first, third) == (1, 2)
    assert isinstance(second, ZeroDivisionError)


def test_a_request_that_goes_away_leaves_its_write(tmp_path: Path) -> None:
    namespace = shop(tmp_path)

    async def write() -> None:
        writes = Writes()
        gone = asyncio.create_task(writes.write(namespace, PutRow("shop.orders", ROW), _never))
        await asyncio.sleep(0)
        gone.cancel()
        await writes.write(namespace, PutRow("shop.orders", ROW), _never)

    asyncio.run(write())
    assert (namespace.get("shop.orders", "o-1") or {})["_oc_row_version"] == 2
