"""Measures several things in turns, so that whatever else the machine does meets all of them alike."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from bench.figures import Absent, Row, Sample, Unit

Side = Callable[[], float]
Clock = Callable[[], int]
OURS = ""
"""The name of our own side."""

T = TypeVar("T")

_SLICES = 10
_WARMING_SLICES = 10
_SLICE_NS = 2_000_000
_ENOUGH_NS = 2_000_000_000
_SHOWN = 80
"""In each round a side works for some slices, and the best one counts: whoever shares the machine, or a core of it, can
only make them slower. Garbage is collected in them as ever. Slices before them, which do not count, bring code and data
back into the caches of the processor, which others have used meanwhile. Work that takes long has fewer slices."""


def turns(rounds: int, names: Iterable[str]) -> Iterator[str]:
    """Whose turn it is: everybody's once a round, every other round backwards."""
    order = list(names)
    for _ in range(rounds):
        yield from order
        order.reverse()


def in_turns(rounds: int, sides: Mapping[str, Side], unit: Unit) -> dict[str, Sample]:
    """What each side measured in each round."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for name in turns(rounds, sides):
        found[name].append(sides[name]())
    return {name: Sample(tuple(values), unit) for name, values in found.items()}


def compared(
    rounds: int, subject: str, ours: Side, peers: Mapping[str, Side | Absent], unit: Unit = Unit.SECONDS, at: str = ""
) -> list[Row]:
    """Ours beside each peer, one row for each; a peer that fails is shown as absent."""
    return rows_of(tried_in_turns(rounds, {OURS: ours, **peers}), subject, unit, float, at)


def tried_in_turns(rounds: int, sides: Mapping[str, Callable[[], T] | Absent]) -> dict[str, list[T] | Absent]:
    """What each side gave in each round. A side that fails is absent and not asked again; only OURS must not fail."""
    found: dict[str, list[T] | Absent] = {
        name: side if isinstance(side, Absent) else [] for name, side in sides.items()
    }
    for name in turns(rounds, sides):
        given, side = found[name], sides[name]
        if isinstance(given, Absent) or isinstance(side, Absent):
            continue
        try:
            given.append(side())
        except Exception as failure:
            if name == OURS:
                raise
            found[name] = absence(failure)
    return found


def rows_of(
    found: Mapping[str, list[T] | Absent], subject: str, unit: Unit, value: Callable[[T], float], at: str = ""
) -> list[Row]:
    """A value of what each side gave: ours beside each peer, or alone where there is none."""
    samples = {
        name: given if isinstance(given, Absent) else Sample(tuple(map(value, given)), unit)
        for name, given in found.items()
    }
    ours = samples.pop(OURS)
    assert isinstance(ours, Sample)
    return [Row(subject, ours, name, theirs, at) for name, theirs in samples.items()] or [Row(subject, ours, at=at)]


def absence(failure: Exception) -> Absent:
    """What is shown of a peer that failed."""
    if isinstance(failure, ModuleNotFoundError):
        return Absent()
    said = " ".join(str(failure).split()).replace("|", "/")
    return Absent(f"{type(failure).__name__}: {said[:_SHOWN]}")


def again(work: Callable[[], object], parts: int = 1, clock: Clock = time.process_time_ns) -> Side:
    """A side: processor seconds for one part of work that can be done again and again.

    `clock`: `time.perf_counter_ns` where some of the work is done by other processes or threads.
    """

    def measure() -> float:
        gc.collect()
        begun = clock()
        _slices(work, _WARMING_SLICES, begun + _ENOUGH_NS // 2, clock)
        return min(_slices(work, _SLICES, begun + _ENOUGH_NS, clock)) / parts / 1e9

    return measure


def _slices(work: Callable[[], object], count: int, until: int, clock: Clock) -> list[float]:
    """So many slices, or fewer when time is up; one in any case."""
    found = [_slice(work, clock)]
    while len(found) < count and clock() < until:
        found.append(_slice(work, clock))
    return found


def _slice(work: Callable[[], object], clock: Clock) -> float:
    begun = clock()
    repeats = taken = 0
    while taken < _SLICE_NS:
        work()
        repeats += 1
        taken = clock() - begun
    return taken / repeats


def once(things: Sequence[T], work: Callable[[T], object]) -> float:
    """Processor seconds for one of the things, of each of which the work can be done only once."""
    gc.collect()
    length = -(-len(things) // _SLICES)
    slices = [things[start : start + length] for start in range(0, len(things), length)]
    return min(_spent(some, work) / len(some) for some in slices) / 1e9


def _spent(things: Sequence[T], work: Callable[[T], object]) -> int:
    begun = time.process_time_ns()
    for thing in things:
        work(thing)
    return time.process_time_ns() - begun
