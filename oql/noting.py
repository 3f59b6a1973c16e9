"""What functions of loops write for the trace: an entry for each step while there is room, then sums for each place.

Both know the same moments of a pass: a step has ended, an IF was opened or closed. `now` is when the last of them was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from oql.trace import OK, RUNNING

Lines: TypeAlias = list[str]


class Noting(Protocol):
    """The lines of a function of a loop that have to do with the trace. `at` is a place in the code."""

    def beginning(self) -> Lines:
        """Before the first pass."""

    def passing(self) -> Lines:
        """At the beginning of a pass."""

    def step(self, at: int) -> Lines:
        """Behind a step."""

    def opening(self, at: int) -> Lines:
        """Before the first test of an IF."""

    def closing(self, at: int) -> Lines:
        """Behind an IF."""

    def ending(self) -> Lines:
        """After all, also after a failure. Adds what was noted to the steps that were used."""


@dataclass(frozen=True)
class Entries:
    """An entry for each step, as `Machine.follow` notes them."""

    ifs: Sequence[int]

    def beginning(self) -> Lines:
        return [
            "trace, within, outer = machine.trace, machine.inner, machine.stack[-1].outer",
            "note, before = trace.entries.append, len(trace.entries)",
            *[f"e{at} = None" for at in self.ifs],
        ]

    def passing(self) -> Lines:
        return ["passes = outer + (done + 1,)"]

    def step(self, at: int) -> Lines:
        return ["ended = clock()", f"note(({at}, now, ended, {OK!r}, passes, 0, within))", "now = ended"]

    def opening(self, at: int) -> Lines:
        return [f"e{at} = [{at}, now, now, {RUNNING!r}, passes, 0, within]", f"note(e{at})"]

    def closing(self, at: int) -> Lines:
        return ["now = clock()", f"e{at}[2:4] = now, {OK!r}"]

    def ending(self) -> Lines:
        return [
            "reached.steps += len(trace.entries) - before",
            "trace.room -= len(trace.entries) - before",
            *[f"reached.opened[{at}] = e{at}" for at in self.ifs],
        ]


@dataclass(frozen=True)
class Sums:
    """Count and time of each step."""

    steps: Sequence[int]
    ifs: Sequence[int]

    def beginning(self) -> Lines:
        return [f"c{at} = t{at} = s{at} = 0" for at in (*self.steps, *self.ifs)]

    def passing(self) -> Lines:
        return []

    def step(self, at: int) -> Lines:
        return ["ended = clock()", f"c{at} += 1", f"t{at} += ended - now", "now = ended"]

    def opening(self, at: int) -> Lines:
        return [f"s{at} = now"]

    def closing(self, at: int) -> Lines:
        return ["now = clock()", f"c{at} += 1", f"t{at} += now - s{at}"]

    def ending(self) -> Lines:
        all_of_them = (*self.steps, *self.ifs)
        return [
            "counts, times = machine.trace.counts, machine.trace.times",
            *[f"counts[{at}] += c{at}" for at in all_of_them],
            *[f"times[{at}] += t{at}" for at in all_of_them],
            f"reached.steps += {' + '.join(f'c{at}' for at in all_of_them)}",
            *[f"reached.opened[{at}] = [{at}, s{at}]" for at in self.ifs],
        ]


@dataclass(frozen=True)
class OneSum:
    """Count and time of the only step of a loop, whose time is that of the passes."""

    at: int

    def beginning(self) -> Lines:
        return ["start = now"]

    def passing(self) -> Lines:
        return []

    def step(self, at: int) -> Lines:
        return []

    def opening(self, at: int) -> Lines:
        raise AssertionError("there is no IF")

    closing = opening

    def ending(self) -> Lines:
        return [
            "reached.steps += done - first",
            f"machine.trace.counts[{self.at}] += done - first",
            f"machine.trace.times[{self.at}] += clock() - start",
        ]
