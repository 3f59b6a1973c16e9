"""What people read about a run: an entry for each step, bounded, later passes of loops summed per place."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from oql import verbs
from oql.program import Instruction, Program

OK, ERROR, SKIPPED, SUSPENDED = "Ok", "Error", "Skipped", "Suspended"
RUNNING = "Running"
"""The status of a block that is still open. No answer shows it."""

Entry = Sequence[Any]
"""(place in the code, started ns, ended ns, status, pass numbers, which of the passed-over steps)"""


class Trace:
    """The entries of one machine. Beyond `room`, steps are counted and timed per place and status.

    `places` is how many the program has; 0 for a branch of which there may be thousands, and which sees few of them.
    """

    __slots__ = ("counts", "entries", "others", "room", "times")

    def __init__(self, room: int, places: int) -> None:
        self.entries: list[Entry] = []
        self.room = room
        self.counts: list[int] | defaultdict[int, int] = [0] * places if places else defaultdict(int)
        self.times: list[int] | defaultdict[int, int] = [0] * places if places else defaultdict(int)
        self.others: dict[tuple[int, str], list[int]] = {}

    def note(self, at: int, started: int, ended: int, status: str, passes: tuple[int, ...], number: int = 0) -> None:
        """Adds an entry, or to the sums when there is no room left."""
        if self.room > 0:
            self.room -= 1
            self.entries.append((at, started, ended, status, passes, number))
        else:
            self.add(at, ended - started, status)

    def add(self, at: int, nanoseconds: int, status: str, count: int = 1) -> None:
        """Adds to the sums of a place."""
        if status == OK:
            self.counts[at] += count
            self.times[at] += nanoseconds
            return
        found = self.others.setdefault((at, status), [0, 0])
        found[0] += count
        found[1] += nanoseconds

    def open(self, at: int, started: int, passes: tuple[int, ...]) -> list[Any] | None:
        """An entry that is completed when its block ends; None when there is no room left."""
        if self.room <= 0:
            return None
        self.room -= 1
        entry = [at, started, started, RUNNING, passes, 0]
        self.entries.append(entry)
        return entry

    def sums(self) -> list[tuple[int, str, int, int]]:
        """(place, status, count, nanoseconds) of what is not among the entries, by place."""
        counted = enumerate(self.counts) if isinstance(self.counts, list) else self.counts.items()
        fine = [(at, OK, count, self.times[at]) for at, count in counted if count]
        return sorted(fine + [(at, status, sums[0], sums[1]) for (at, status), sums in self.others.items()])

    def take(self, other: "Trace") -> None:
        """Adds what a branch has noted, in its order."""
        fits = other.entries[: max(self.room, 0)]
        self.entries.extend(fits)
        self.room -= len(fits)
        for at, started, ended, status, *_ in other.entries[len(fits) :]:
            self.add(at, ended - started, status)
        for at, status, count, nanoseconds in other.sums():
            self.add(at, nanoseconds, status, count)


def trace_json(trace: Trace, program: Program, started: int) -> list[dict[str, Any]]:
    """The trace as answers carry it: the published fields first."""
    return [*(entry_json(entry, program, started) for entry in trace.entries), *sums_json(trace, program)]


def sums_json(trace: Trace, program: Program) -> list[dict[str, Any]]:
    """What is not among the entries, summed per place."""
    shown = []
    for at, status, count, nanoseconds in trace.sums():
        step, exec_class, line, column, template, _ = _label(program, at, 0)
        path = filled_path(template, ("*",) * template.count("#"))
        shown.append(
            {
                "step": step, "status": status, "duration_ms": _milliseconds(nanoseconds), "exec_class": exec_class,
                "line": line, "column": column, "path": path, "count": count,
            }
        )  # fmt: skip
    return shown


def entry_json(entry: Entry, program: Program, started: int) -> dict[str, Any]:
    """One entry; `started`: when the run began, in the nanoseconds of its clock."""
    at, begun, ended, status, passes, number = entry
    step, exec_class, line, column, path, branch = _label(program, at, number)
    shown = {
        "step": step,
        "status": status,
        "duration_ms": _milliseconds(ended - begun),
        "exec_class": exec_class,
        "line": line,
        "column": column,
        "path": filled_path(path, passes) if passes else path,
        "started_ms": _milliseconds(begun - started),
    }
    if branch is not None:
        shown["branch"] = branch
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


def _milliseconds(nanoseconds: int) -> float | int:
    microseconds = nanoseconds // 1_000
    return microseconds / 1_000 if microseconds % 1_000 else microseconds // 1_000
