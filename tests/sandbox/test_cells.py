"""Guests beside each other, and beside everything else that a process does."""

import threading
from dataclasses import replace

import pytest

from oql.context import CancelFlag
from oql.errors import Code
from oql.limits import Limits
from tests.sandbox.guests import guest, run, value

ENDLESS = {"js": "for (;;);", "python": "while True: pass", "wasm": '(module (func (export "run") (loop (br 0))))'}
PATIENT = Limits(computing_s=60, wall_s=60)


@pytest.mark.parametrize("language", ENDLESS)
def test_a_cancelled_run_ends_its_guest_while_other_threads_go_on(language: str) -> None:
    value(
        language,
        {"js": "1", "python": "1", "wasm": '(module (func (export "run") (result i32) i32.const 1))'}[language],
    )
    cancel, outcomes = CancelFlag(), list[str]()

    def endless() -> None:
        outcomes.append(str(guest(language, ENDLESS[language], PATIENT, cancel).error))

    thread = threading.Thread(target=endless)
    thread.start()
    assert [value("js", f"{number} * 2") for number in range(20)] == [2 * number for number in range(20)]
    assert thread.is_alive()
    cancel.set()
    thread.join(30)
    assert outcomes == ["the run was cancelled"]


def test_each_thread_gets_the_end_of_its_own_guest() -> None:
    found: dict[int, set[str]] = {}

    def one(number: int) -> None:
        codes = [f"throw new Error('own {number}')", "function f() { return f() + 1 } f()", f"'value {number}'"]
        outcomes = [guest("js", code, PATIENT) for code in codes * 10]
        found[number] = {str(outcome.error or outcome.result) for outcome in outcomes}

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deep = "the guest broke down: its calls are nested too deeply"
    assert found == {n: {f"Error: own {n} in line 1 of the guest", deep, f"value {n}"} for n in range(4)}


def test_the_memory_of_a_guest_counts_with_the_values_of_its_run() -> None:
    held = 'PAD "x" TO 40000000 SET ?held AFTER '
    taken = "'y'.repeat(40000000).length"
    assert run(f'WEBASSEMBLY "{taken}" AS "js" SET ?r AFTER EMIT ?r', Limits()).result == 40_000_000
    error = run(f'{held}WEBASSEMBLY "{taken}" AS "js" SET ?r AFTER EMIT ?r', Limits()).error
    assert error is not None
    assert error.code is Code.LIMIT_EXCEEDED


def test_a_guest_cannot_take_more_than_its_run_may_hold() -> None:
    small = replace(Limits(), memory_bytes=4 * 2**20)
    assert value("js", "'y'.repeat(1000000).length", small) == 1_000_000
    error = guest("js", "'y'.repeat(4000000).length", small).error
    assert error is not None
    assert "4,194,304 bytes" in error.message


def test_what_a_guest_holds_is_given_back() -> None:
    entries = "".join(f"ENTER \"'x'.repeat(20000000).length\" SET ?v{number} " for number in range(2))
    steps = [f'WEBASSEMBLY AS "js" OPEN NEST {entries} CLOSE NEST' for _ in range(3)]
    assert run(" AFTER ".join([*steps, "EMIT ?v1"]), Limits()).result == 20_000_000


def test_computing_of_a_guest_counts() -> None:
    loop = "let t = 0; for (let i = 0; i < 3e6; i++) t += i; t"
    once = f'WEBASSEMBLY "{loop}" AS "js" SET ?r'
    error = run(" AFTER ".join([once] * 200), Limits(computing_s=0.5)).error
    assert error is not None
    assert error.code is Code.TIMEOUT
