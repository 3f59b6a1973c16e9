"""Turns among threads: in the order in which they were asked for."""

import os
import threading

import pytest

from substrate import turns as turns_module
from substrate.errors import Unavailable
from substrate.turns import Patience, Turns


def queue_up(turns: Turns, who: int, seen: list[int]) -> threading.Thread:
    """A thread that waits behind all who wait already, and writes itself down when it has its turn."""

    def take() -> None:
        with turns.turn():
            seen.append(who)

    before = turns.waiting
    thread = threading.Thread(target=take)
    thread.start()
    while turns.waiting == before:
        pass
    return thread


def test_they_are_granted_in_order() -> None:
    turns = Turns()
    seen: list[int] = []
    with turns.turn():
        threads = [queue_up(turns, who, seen) for who in range(10)]
        assert seen == []
    for thread in threads:
        thread.join()
    assert seen == list(range(10))


def test_who_just_had_it_waits_behind_the_others() -> None:
    turns = Turns()
    seen: list[int] = []
    with turns.turn():
        threads = [queue_up(turns, who, seen) for who in range(3)]
    with turns.turn():
        seen.append(99)
    for thread in threads:
        thread.join()
    assert seen == [0, 1, 2, 99]


def test_an_exception_passes_it_on() -> None:
    turns = Turns()
    with pytest.raises(KeyError), turns.turn():
        raise KeyError
    with turns.turn():
        assert turns.waiting == 0


def test_in_a_child_nobody_has_it() -> None:
    turns = Turns()
    with turns.turn():
        child = os.fork()
        if child == 0:
            with turns.turn():
                os._exit(0)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_who_is_out_of_patience_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    monkeypatch.setattr(turns_module, "TURN_SECONDS", 0.05)
    refused: list[Unavailable] = []

    def take() -> None:
        try:
            with turns.turn(Patience()):
                raise AssertionError
        except Unavailable as error:
            refused.append(error)

    with turns.turn():
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        assert len(refused) == 1
        assert turns.waiting == 0
    with turns.turn(Patience()):
        assert turns.waiting == 0
