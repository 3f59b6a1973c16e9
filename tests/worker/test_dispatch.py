"""Threads of a job worker: fair between namespaces, never all for one, and not stopped by a failure."""

import threading
import time

import pytest

from tests.http.running import until
from tests.worker.conftest import Open
from worker.dispatch import Dispatcher


class Held:
    """A drain that stays until it is let go. `running` is what runs, in order."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.begun: list[str] = []
        self.go = threading.Event()
        self._guard = threading.Lock()

    def drain(self, namespace: str) -> float | None:
        with self._guard:
            self.running.append(namespace)
            self.begun.append(namespace)
        self.go.wait(20)
        with self._guard:
            self.running.remove(namespace)
        return None


def test_a_namespace_gets_half_of_the_threads(open_hints: Open) -> None:
    held = Held()
    dispatcher = Dispatcher(held.drain, open_hints(None), 4)
    dispatcher.start()
    for number in (1, 2):
        assert dispatcher.wake("busy")
        until(lambda: held.running == ["busy"] * number)  # noqa: B023 - called at once
    assert all(dispatcher.wake("busy") for _ in range(8))
    assert dispatcher.wake("other")
    until(lambda: "other" in held.running)
    held.go.set()
    # what was asked for meanwhile is looked at once more
    until(lambda: held.begun.count("busy") == 3)
    dispatcher.stop()


def test_a_mark_during_a_drain_leads_to_another(open_hints: Open) -> None:
    hints, held = open_hints(None), Held()
    dispatcher = Dispatcher(held.drain, hints, 2)
    dispatcher.start()
    hints.mark("a", time.time())
    until(lambda: held.begun == ["a"])
    hints.mark("a", time.time())
    hints.flush()
    held.go.set()
    until(lambda: held.begun == ["a", "a"])
    until(lambda: hints.flush() and hints.due(1e12) == [])
    dispatcher.stop()


def test_who_brings_work_waits_while_all_threads_are_busy(open_hints: Open) -> None:
    held = Held()
    dispatcher = Dispatcher(held.drain, open_hints(None), 2)
    dispatcher.start()
    dispatcher.wake("a")
    dispatcher.wake("b")
    until(lambda: len(held.running) == 2)
    assert not dispatcher.is_free(0.05)
    waiting = threading.Thread(target=dispatcher.wake, args=("c",))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    held.go.set()
    waiting.join(20)
    until(lambda: "c" in held.begun)
    dispatcher.stop()


def test_those_who_waited_get_no_more_than_half_of_the_threads(open_hints: Open) -> None:
    others, held = Held(), Held()
    dispatcher = Dispatcher(lambda name: (held if name == "busy" else others).drain(name), open_hints(None), 4)
    dispatcher.start()
    for number, name in enumerate(("a", "b", "a", "b"), 1):
        dispatcher.wake(name)
        until(lambda: len(others.running) == number)  # noqa: B023 - called at once
    waiting = [threading.Thread(target=dispatcher.wake, args=("busy",)) for _ in range(4)]
    for one in waiting:
        one.start()
    time.sleep(0.1)
    others.go.set()
    for one in waiting:
        one.join(20)
        assert not one.is_alive()
    until(lambda: held.running)
    time.sleep(0.1)
    assert len(held.running) <= 2
    held.go.set()
    dispatcher.stop()


def test_the_marks_are_looked_at_after_any_failure(open_hints: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    hints, drained = open_hints(None), threading.Event()
    monkeypatch.setattr("worker.dispatch.FAILED_SECONDS", 0.01)
    due, failed = hints.due, threading.Event()

    def fail_once(now: float) -> list[tuple[str, int]]:
        if failed.is_set():
            return due(now)
        failed.set()
        raise ValueError("a fault")

    monkeypatch.setattr(hints, "due", fail_once)
    dispatcher = Dispatcher(lambda namespace: drained.set(), hints, 1)
    dispatcher.start()
    assert failed.wait(20)
    hints.mark("a", time.time())
    assert drained.wait(20)
    dispatcher.stop()


def test_a_drain_that_fails_is_tried_again(open_hints: Open) -> None:
    hints, tries = open_hints(None), []

    def drain(namespace: str) -> float | None:
        tries.append(namespace)
        if len(tries) == 1:
            raise ValueError("a fault")
        return None

    dispatcher = Dispatcher(drain, hints, 1)
    dispatcher.start()
    hints.mark("a", time.time())
    until(lambda: tries == ["a", "a"])
    until(lambda: hints.flush() and hints.due(1e12) == [])
    dispatcher.stop()


def test_work_that_is_due_later_is_found_then(open_hints: Open) -> None:
    hints, times = open_hints(None), []

    def drain(namespace: str) -> float | None:
        times.append(time.time())
        return times[0] + 0.5 if len(times) == 1 else None

    dispatcher = Dispatcher(drain, hints, 1)
    dispatcher.start()
    hints.mark("a", time.time())
    until(lambda: len(times) == 2)
    assert times[1] - times[0] >= 0.5
    dispatcher.stop()


def test_nothing_begins_after_the_end(open_hints: Open) -> None:
    hints, held = open_hints(None), Held()
    dispatcher = Dispatcher(held.drain, hints, 2)
    dispatcher.start()
    dispatcher.wake("a")
    until(lambda: held.running == ["a"])
    dispatcher.stop()
    assert not dispatcher.wake("b")
    assert not dispatcher.join(0.05)
    held.go.set()
    assert dispatcher.join(20)
    assert held.begun == ["a"]
