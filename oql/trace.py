"""What people read about a run: an entry for each step, bounded, later passes of loops summed per place."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oql import verbs
from oql.program import Instruction, Program

OK, ERROR, SKIPPED, SUSPENDED = "Ok", "Error", "Skipped", "Suspended"
RUNNING = "Running"
"""The status of a block that is still open. No answer shows it."""

_remarking = threading.Lock()

Remarks = dict[str, Any]
"""What a step has to tell of itself beside the fields of every entry, such as tokens of a language model."""

Entry = Sequence[Any]
"""(place in the code, started ns, ended ns, status, pass numbers, which of the passed-over steps, inner program)"""


@dataclass(frozen=True, slots=True, eq=False)
class InnerProgram:
    """A program that runs inside a step of another. `prefix`: what the paths of its steps begin with, `3.in.`."""

    program: Program
    name: str
    prefix: str


class _Sums:
    """What is counted and timed per place of one program; `inner` is None for the outermost."""

    __slots__ = ("counts", "inner", "others", "times")

    def __init__(self, inner: InnerProgram | None, places: int) -> None:
        self.inner = inner
        self.counts: list[int] | defaultdict[int, int] = [0] * places if places else defaultdict(int)
        self.times: list[int] | defaultdict[int, int] = [0] * places if places else defaultdict(int)
        self.others: dict[tuple[int, int, str], list[int]] = {}

    def add(self, at: int, number: int, status: str, count: int, nanoseconds: int) -> None:
        """Adds to the sums of a place; `number` as in entries, of steps that were passed over."""
        if status == OK:
            self.counts[at] += count
            self.times[at] += nanoseconds
            return
        found = self.others.setdefault((at, number, status), [0, 0])
        found[0] += count
        found[1] += nanoseconds

    def listed(self) -> list[tuple[int, int, str, int, int]]:
        """(place, which of the passed-over steps, status, count, nanoseconds) by place."""
        counted = enumerate(self.counts) if isinstance(self.counts, list) else self.counts.items()
        fine = [(at, 0, OK, count, self.times[at]) for at, count in counted if count]
        return sorted(fine + [(*step, sums[0], sums[1]) for step, sums in self.others.items()])


class Trace:
    """The entries of one machine. Beyond `room`, steps are counted and timed per place and status.

    `places` is how many the program has; 0 for a branch of which there may be thousands, and which sees few of them.
    `counts` and `times` are those of the program that runs at the moment, `inner` or the outermost.
    """

    __slots__ = (
        "_current", "_outermost", "_sums", "_taken_until", "counts", "entries", "inner", "remarks", "room", "times",
    )  # fmt: skip

    def __init__(self, room: int, places: int) -> None:
        self.entries: list[Entry] = []
        self.remarks: dict[int, Remarks] = {}
        self.room = room
        self.inner: InnerProgram | None = None
        self._sums: dict[int, _Sums] = {}  # of inner programs
        self._taken_until = 0  # when the last step of a branch ended
        self._current = self._outermost = sums = _Sums(None, places)
        self.counts, self.times = sums.counts, sums.times

    def enter(self, inner: InnerProgram | None) -> None:
        """From here on notes the steps of an inner program, or of the outermost again."""
        self._current = sums = self._sums_of(inner)
        self.inner, self.counts, self.times = inner, sums.counts, sums.times

    def _sums_of(self, inner: InnerProgram | None) -> _Sums:
        """The sums of a program, wherever it is run: they would be too many, kept for each way that leads to it."""
        if inner is None:
            return self._outermost
        key = id(inner.program)
        if key not in self._sums:
            self._sums[key] = _Sums(inner, 0)
        return self._sums[key]

    def note(self, at: int, started: int, ended: int, status: str, passes: tuple[int, ...], number: int = 0) -> None:
        """Adds an entry, or to the sums when there is no room left.

        One that was passed over is noted for the moment when the one before ended: the one behind may count from then.
        """
        if status == SKIPPED and self.entries:
            started = ended = self._behind_the_last()
        if self.room > 0:
            self.room -= 1
            self.entries.append((at, started, ended, status, passes, number, self.inner))
        else:
            self._current.add(at, number, status, 1, ended - started)

    def _behind_the_last(self) -> int:
        """From when the next step may be timed: the end of the last one; its beginning where that is a block."""
        last = self.entries[-1]
        ended: int = last[1] if isinstance(last, list) else last[2]
        return max(ended, self._taken_until)

    def add(self, at: int, nanoseconds: int, status: str) -> None:
        """Adds a step to the sums of a place."""
        self._current.add(at, 0, status, 1, nanoseconds)

    def open(self, at: int, started: int, passes: tuple[int, ...]) -> list[Any] | None:
        """An entry that is completed when its block ends; None when there is no room left."""
        if self.room <= 0:
            return None
        self.room -= 1
        entry = [at, started, started, RUNNING, passes, 0, self.inner]
        self.entries.append(entry)
        return entry

    def sums(self) -> list[tuple[InnerProgram | None, int, int, str, int, int]]:
        """Of what is not among the entries, by place: its program, and what `_Sums.listed` gives."""
        programs = (self._outermost, *self._sums.values())
        return [(sums.inner, *listed) for sums in programs for listed in sums.listed()]

    def remark(self, remarks: Remarks) -> None:
        """Adds to the entry that comes next, which is that of the step that runs; what is said twice is summed."""
        if self.room <= 0:
            return
        with _remarking:  # of a step that runs once a branch, all say something of one entry
            told = self.remarks.setdefault(len(self.entries), {})
            for name, value in remarks.items():
                counted = isinstance(value, int) and isinstance(told.get(name), int)
                told[name] = told[name] + value if counted else value

    def shown(self, position: int, program: Program, started: int) -> dict[str, Any]:
        """The entry at a position as answers carry it; see `entry_json`."""
        shown = entry_json(self.entries[position], program, started)
        return shown | self.remarks[position] if position in self.remarks else shown

    def take(self, other: "Trace") -> None:
        """Adds what a branch has noted, in its order."""
        fits = other.entries[: max(self.room, 0)]
        before = len(self.entries)
        self.remarks |= {before + place: told for place, told in other.remarks.items() if place < len(fits)}
        self.entries.extend(fits)
        self.room -= len(fits)
        self._taken_until = max([self._taken_until, *(entry[2] for entry in fits)])
        for at, started, ended, status, _, number, inner in other.entries[len(fits) :]:
            self._sums_of(inner).add(at, number, status, 1, ended - started)
        for inner, at, number, status, count, nanoseconds in other.sums():
            self._sums_of(inner).add(at, number, status, count, nanoseconds)


def trace_json(trace: Trace, program: Program, started: int) -> list[dict[str, Any]]:
    """The trace as answers carry it: the published fields first."""
    entries = [entry_json(entry, program, started) for entry in trace.entries]
    for position, told in trace.remarks.items():
        if position < len(entries):  # its step may still run
            entries[position] |= told
    return entries + sums_json(trace, program) if trace.room <= 0 else entries


def sums_json(trace: Trace, program: Program) -> list[dict[str, Any]]:
    """What is not among the entries, summed per place; the path of an inner program's begins with its name."""
    shown = []
    for inner, at, number, status, count, nanoseconds in trace.sums():
        step, exec_class, line, column, template, _ = _label(inner.program if inner else program, at, number)
        path = filled_path(template, ("*",) * template.count("#"))
        path = f"{inner.name}@{inner.program.digest[:8]}.{path}" if inner else path
        summed = {
            "step": step, "status": status, "duration_ms": nanoseconds // 1_000 / 1_000, "exec_class": exec_class,
            "line": line, "column": column, "path": path, "count": count,
        }  # fmt: skip
        shown.append(summed | {"in": inner.name} if inner else summed)
    return shown


def entry_json(entry: Entry, program: Program, started: int) -> dict[str, Any]:
    """One entry; `started`: when the run began, in the nanoseconds of its clock."""
    at, begun, ended, status, passes, number, inner = entry
    step, exec_class, line, column, path, branch = _label(inner.program if inner else program, at, number)
    if inner:
        path = inner.prefix + path
    shown = {
        "step": step,
        "status": status,
        "duration_ms": (ended - begun) // 1_000 / 1_000,
        "exec_class": exec_class,
        "line": line,
        "column": column,
        "path": filled_path(path, passes) if passes else path,
        "started_ms": (begun - started) // 1_000 / 1_000,
    }
    if branch is not None:
        shown["branch"] = branch
    if inner:
        shown["in"] = inner.name
    return shown


Label = tuple[str, str, int, int, str, int | None]


def _label(program: Program, at: int, number: int) -> Label:
    """What the entries of a place have in common, worked out once: step, class, line, column, path, branch.

    `number` tells the steps apart that one instruction passes over.
    """
    found = program.labels.get((at, number))
    if found is None:
        found = program.labels[at, number] = _make_label(program, program.code[at], number)
    return found


def _make_label(program: Program, item: Instruction, number: int) -> Label:
    passed = item.data.get("passed")
    name = passed[number][0] if passed else item.data.get("verb") or item.data["name"]
    place = program.source.position(passed[number][1] if passed else item.span.start)
    verb = verbs.table().get(name)
    path, branch = item.path, item.branch
    if passed and len(passed) > 1:
        path, branch = f"{path}.and{number + 1}", number
    return name, verb.exec_class if verb else "Cpu", place.line, place.column, path, branch


def filled_path(template: str, passes: Sequence[int | str]) -> str:
    """The path with the pass of each loop in its place: `3.body#2.1`; `*` stands for several passes."""
    parts = template.split("#")
    filled = parts[0]
    for number, part in zip(passes, parts[1:], strict=False):
        filled += f"#{number}.{part}"
    return filled
