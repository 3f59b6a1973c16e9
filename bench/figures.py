"""What a figure is: measurements of ours, each beside a limit or a peer of the same run, and a target."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from statistics import median


class Unit(StrEnum):
    """What a number counts; TIMES is a ratio, SHARE a part of a whole, COUNT a number of things."""

    SECONDS = "s"
    RATE = "/s"
    BYTES = "B"
    TIMES = "x"
    SHARE = "share"
    COUNT = ""

    def text(self, value: float) -> str:
        """A value with three digits and a fitting prefix."""
        if self is Unit.TIMES:
            return f"{_digits(value)} x"
        if self is Unit.COUNT:
            return f"{value:,.0f}"
        if self is Unit.SHARE:
            return f"{100 * value:.1f} %"
        for factor, prefix in _PREFIXES[self]:
            if value >= factor:
                return f"{_digits(value / factor)} {prefix}"
        return f"{value:.3g} {self}"


_PREFIXES: dict[Unit, list[tuple[float, str]]] = {
    Unit.SECONDS: [(1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")],
    Unit.RATE: [(1e6, "M/s"), (1e3, "k/s"), (1, "/s")],
    Unit.BYTES: [(1e6, "MB"), (1e3, "kB"), (1, "B")],
}


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Sample:
    """What the rounds of one run measured, in their order."""

    values: tuple[float, ...]
    unit: Unit

    @property
    def median(self) -> float:
        """The value in the middle."""
        return median(self.values)

    def over(self, other: "Sample") -> "Sample":
        """Round by round how many times the other it is: noise that lasts longer than a round falls out."""
        return Sample(tuple(a / b for a, b in zip(self.values, other.values, strict=True)), Unit.TIMES)

    def __str__(self) -> str:
        return self.unit.text(self.median)

    @property
    def spread(self) -> str:
        """From the least to the largest value."""
        return f"{self.unit.text(min(self.values))} - {self.unit.text(max(self.values))}"


@dataclass(frozen=True, slots=True)
class Absent:
    """A peer that did not run, and why."""

    reason: str = "not installed"

    def __str__(self) -> str:
        return f"NOT RUN: {self.reason}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, and what stands next to it, if anything does.

    `at`: the size that it was measured at, in a figure of growth.
    """

    subject: str
    ours: Sample
    beside: str = ""
    theirs: Sample | Absent | None = None
    at: str = ""

    @property
    def ratio(self) -> Sample | None:
        """How many times theirs ours is."""
        return self.ours.over(self.theirs) if isinstance(self.theirs, Sample) else None


@dataclass(frozen=True, slots=True)
class Target:
    """What the row of one subject should reach: a bound for ours, or for its ratio when the unit is TIMES.

    `beside`: the peer of that row; without it the first row of the subject is meant.
    """

    subject: str
    bound: float
    unit: Unit
    least: bool = False
    beside: str = ""

    @property
    def wanted(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.least else 'at most'} {self.unit.text(self.bound)}"

    def __str__(self) -> str:
        return f"{self.subject}{f', beside {self.beside}' if self.beside else ''}: {self.wanted}"

    def met(self, row: Row) -> bool | None:
        """Whether a row reaches it; None where it does not speak of that row."""
        found = row.ratio if self.unit is Unit.TIMES else row.ours
        if row.subject != self.subject or self.beside not in ("", row.beside) or found is None:
            return None
        return found.median >= self.bound if self.least else found.median <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """A declared figure; `measure(rounds)` gives its rows."""

    name: str
    about: str
    targets: tuple[Target, ...]
    measure: Callable[[int], Iterable[Row]]


@dataclass(slots=True)
class Result:
    """The rows that one run of a figure gave, and the seconds that it took; or why it gave none.

    measured: when, and what of the machine others had meanwhile.
    """

    figure: Figure
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0
    failure: str = ""
    measured: str = ""

    def verdicts(self, row: Row) -> list[tuple[Target, bool]]:
        """The targets that speak of a row, and whether they are met."""
        first = next(other for other in self.rows if other.subject == row.subject)
        spoken = [target for target in self.figure.targets if target.beside or row is first]
        return [(target, met) for target in spoken if (met := target.met(row)) is not None]


_declared: dict[str, Figure] = {}


def figure(name: str, about: str, *targets: Target) -> Callable[[Callable[[int], Iterable[Row]]], Figure]:
    """Declares what the decorated function measures, in one line, and what it should reach."""

    def declare(measure: Callable[[int], Iterable[Row]]) -> Figure:
        assert name not in _declared, name
        _declared[name] = Figure(name, about, targets, measure)
        return _declared[name]

    return declare


def at_most(bound: float, unit: Unit, subject: str, beside: str = "") -> Target:
    """A target that is met by this or less."""
    return Target(subject, bound, unit, beside=beside)


def at_least(bound: float, unit: Unit, subject: str, beside: str = "") -> Target:
    """A target that is met by this or more."""
    return Target(subject, bound, unit, least=True, beside=beside)


def declared() -> dict[str, Figure]:
    """Every figure by its name, group by group: each module in `groups` declares some."""
    for path in sorted((Path(__file__).parent / "groups").glob("*.py")):
        import_module(f"bench.groups.{path.stem}")
    return dict(_declared)
