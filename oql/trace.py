"""What people read about a run: an entry for each step, bounded, later passes of loops summed per place."""

from collections.abc import Sequence
from typing import Any

from oql import verbs
from oql.program import Instruction, Program

OK, ERROR, SKIPPED, SUSPENDED = "Ok", "Error", "Skipped", "Suspended"

Entry = Sequence[Any]
"""(place in the code, started ns, ended ns, status, pass numbers, which of the passed-over steps)"""


class Trace:
    """The entries of one machine. Beyond `room`, steps are counted and timed per place and status."""

    __slots__ = ("counts", "entries", "others", "room", "times")

    def __init__(self, room: int, places: int) -> None:
        self.entries: list[Entry] = []
        self.room = room
        self.counts = [0] * places
        self.times = [0] * places
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
        entry = [at, started, started, OK, passes, 0]
        self.entries.append(entry)
        return entry

    def sums(self) -> list[tuple[int, str, int, int]]:
        """(place, status, count, nanoseconds) of what is not among the entries, by place."""
        fine = [(at, OK, count, self.times[at]) for at, count in enumerate(self.counts) if count]
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
    shown = [_entry_json(entry, program, started) for entry in trace.entries]
    for at, status, count, nanoseconds in trace.sums():
        item = program.code[at]
        step, exec_class = _named(item, 0)
        shown.append(
            {
                "step": step, "status": status, "duration_ms": _milliseconds(nanoseconds), "exec_class": exec_class,
                **_position(program, item.span.start), "path": item.path, "count": count,
            }
        )  # fmt: skip
    return shown


def _entry_json(entry: Entry, program: Program, started: int) -> dict[str, Any]:
    at, begun, ended, status, passes, number = entry
    item = program.code[at]
    step, exec_class = _named(item, number)
    passed = item.data.get("passed")
    place = passed[number][1] if passed else item.span.start
    shown = {
        "step": step,
        "status": status,
        "duration_ms": _milliseconds(ended - begun),
        "exec_class": exec_class,
        **_position(program, place),
        "path": _path(item.path, passes),
        "started_ms": _milliseconds(begun - started),
    }
    if item.branch is not None:
        shown["branch"] = item.branch
    return shown


def _named(item: Instruction, number: int) -> tuple[str, str]:
    passed = item.data.get("passed")
    name = passed[number][0] if passed else item.data.get("verb") or item.data["name"]
    verb = verbs.table().get(name)
    return name, verb.exec_class if verb else "Cpu"


def _position(program: Program, offset: int) -> dict[str, int]:
    position = program.source.position(offset)
    return {"line": position.line, "column": position.column}


def _path(template: str, passes: tuple[int, ...]) -> str:
    """The path with the pass of each loop in its place: `3.body#2.1`."""
    parts = template.split("#")
    filled = parts[0]
    for number, part in zip(passes, parts[1:], strict=False):
        filled += f"#{number}.{part}"
    return filled


def _milliseconds(nanoseconds: int) -> float | int:
    rounded = round(nanoseconds / 1_000_000, 3)
    return int(rounded) if rounded.is_integer() else rounded
