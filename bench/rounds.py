"""Measures several things in turns, so that whatever else the machine does meets all of them alike."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from bench.figures import Row, Sample, Unit

Side = Callable[[], float]

T = TypeVar("T")

_SLICES = 10
_WARMING_SLICES = 10
_SLICE_NS = 2_000_000
"""In each round a side works for some slices, and the best one counts: whoever shares the machine, or a core of it, can
only make them slower. Garbage is collected in them as ever. Slices before them, which do not count, bring code and data
back into the caches of the processor, which others have used meanwhile."""


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
    rounds: int, subject: str, ours: Side, peers: Mapping[str, Side | None], unit: Unit = Unit.SECONDS
) -> list[Row]:
    """Ours beside each peer, one row for each; a peer that is None did not run."""
    present = {name: side for name, side in peers.items() if side is not None}
    found = in_turns(rounds, {"": ours, **present}, unit)
    return [Row(subject, found[""], name, found.get(name)) for name in peers]


def again(work: Callable[[], object], parts: int = 1) -> Side:
    """A side: processor seconds for one part of work that can be done again and again."""

    def measure() -> float:
        gc.collect()
        for _ in range(_WARMING_SLICES):
            _slice(work)
        return min(_slice(work) for _ in range(_SLICES)) / parts / 1e9

    return measure


def _slice(work: Callable[[], object]) -> float:
    begun = time.process_time_ns()
    repeats = taken = 0
    while taken < _SLICE_NS:
        work()
        repeats += 1
        taken = time.process_time_ns() - begun
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
