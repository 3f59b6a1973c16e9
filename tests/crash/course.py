"""The course of one part of the torture: how much of it there is to be, what was done and found, and word of that.

A part is made of units with numbers, each of which depends on the seed and its number alone, so that one that has found
something can be repeated by itself: `python -m tests.crash.torture NAME --seed SEED --only NUMBER`.
"""

import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

TELL_S = 10.0


@dataclass
class Course:
    """One part. `dose`: how much of it is asked for; `lanes`: how many units are under way at once.

    `only`: the one unit that is to be done, None for all; `until`: when no more is begun, by the clock of `monotonic`.
    Safe to use from several threads.
    """

    name: str
    folder: Path
    dose: int
    seed: int = 1
    lanes: int = 2
    only: int | None = None
    until: float = float("inf")
    done: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _told: float = 0.0

    def chosen(self, number: int = 0) -> random.Random:
        """The chance of one unit."""
        return random.Random(f"{self.seed} {self.name} {number}")

    def units(self, count: int) -> Iterator[int]:
        """The numbers of the units that are to be done, of so many, as long as there is time."""
        for number in range(count) if self.only is None else (self.only,):
            if self.over():
                return
            yield number

    def over(self) -> bool:
        """Whether the time is."""
        return time.monotonic() > self.until

    def enough(self) -> bool:
        """Whether the whole dose is done, or the time is over."""
        return self.done >= self.dose or self.over()

    def each(self, count: int, do: Callable[[int], list[str]], weight: int = 1) -> None:
        """Does so many units, some at once: what each finds is a list of faults. `weight`: the dose of a unit."""
        waiting = self.units(count)

        def go() -> None:
            while True:
                with self._lock:
                    number = next(waiting, None)
                if number is None:
                    return
                self.did(weight, self.tried(number, do))

        with ThreadPoolExecutor(self.lanes) as pool:
            for one in [pool.submit(go) for _ in range(self.lanes)]:
                one.result()

    def tried(self, number: int, do: Callable[[int], list[str]]) -> list[str]:
        """What a unit finds; what it breaks off with is found too."""
        try:
            return [f"{number}: {fault}" for fault in do(number)]
        except Exception as error:  # noqa: BLE001 - a finding too, and the others are to run
            traceback.print_exc()
            return [f"{number}: broken off: {error!r:.2000}"]

    def did(self, count: int, faults: list[str]) -> None:
        """So much more is done, and this was found. Tells of it now and then."""
        with self._lock:
            self.done += count
            self.faults += faults
            for fault in faults:
                _say(f"{self.name}: FOUND {fault}\n")
            if faults or time.monotonic() - self._told > TELL_S:
                self._told = time.monotonic()
                _say(f"{self.name}: {self.done:,} of {self.dose:,}, {len(self.faults)} found\n")

    @property
    def again(self) -> str:
        """How a unit N is repeated."""
        return f"python -m tests.crash.torture {self.name} --seed {self.seed} --only N"


def _say(text: str) -> None:
    sys.stderr.write(time.strftime("%H:%M:%S ") + text)
    sys.stderr.flush()
