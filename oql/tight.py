"""Loops whose passes are quick steps, and IFs of such: when they go on for long, they run as Python functions.

What a pass costs the machine besides its steps (looking the next instruction up, calling closures in closures) is then
most of it. Everything else stays as it was: the budget, the trace, and where a failure is found.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from oql import verbs
from oql.loops import If, Node, Null, Passes, Reached, Step, noted
from oql.program import Instruction, Program
from oql.records import Opened, elements

if TYPE_CHECKING:
    from oql.machine import Machine

_FIRST = 16
"""So many passes run before the limits are looked at; then twice as many each time,"""
_SHORT_NS = 1_000_000
"""until that takes longer than this."""
WARM = 1_000
"""So many passes a loop makes in this process until functions are written for it: about as long as writing takes."""
_MOST_STEPS = 100
_DEEPEST = 10


class Tight:
    """A loop that can run so. Its functions are made when they are first needed."""

    def __init__(self, program: Program, at: int, nodes: list[Node]) -> None:
        self.target: int = program.code[at].data["target"]
        self._loop = program.code[at]
        self._nodes = nodes
        self._steps = _steps(nodes)
        self._seen = 0

    @cached_property
    def _with_entries(self) -> Passes:
        return _function(self._loop, self._nodes, entries=True)

    @cached_property
    def _with_sums(self) -> Passes:
        return _function(self._loop, self._nodes, entries=False)

    def fits(self, machine: "Machine") -> bool:
        """Whether it should run so now: it is worth while, and a pass fits into what is left of the trace."""
        self._seen += 1
        return self._seen > WARM and not 0 < machine.trace.room < self._steps

    def run(self, machine: "Machine") -> bool:
        """Runs passes of the innermost loop of a machine; whether there is none left.

        A failure inside a pass leaves its place and the time when that began in `machine.inside`.
        """
        record, cost = machine.stack[-1], self._steps + 1
        if record.elements is None:
            record.elements = elements(record.value)
        reached, left, most = Reached(record.elements, record.passes, machine.value), 0, _FIRST
        clock = machine.context.monotonic_ns
        try:
            while self.fits(machine) and not reached.ended:
                while left < cost:
                    left += machine.more_steps()
                before, begun = reached.steps, clock()
                self._some(machine, reached, min(left // cost, most))
                left -= reached.steps - before
                most = 2 * most if clock() - begun < _SHORT_NS else 1
                machine.value, record.passes = reached.value, reached.begun
                reached.held = machine.settle(reached.held)
        except BaseException:
            if machine.trace.room > 0 or machine.counts_passes:
                machine.passes = (*record.outer, reached.begun)
            if reached.at is not None:
                self._leave(machine, reached, reached.at)
            raise
        finally:
            machine.value, record.passes = reached.value, reached.begun
            machine.budget.settle(max(left, 0))
        return reached.ended

    def _some(self, machine: "Machine", reached: Reached, most: int) -> None:
        room = machine.trace.room
        if room <= 0:
            self._with_sums(machine.variables, machine, reached, most)
        else:
            self._with_entries(machine.variables, machine, reached, min(most, room // self._steps))

    def _leave(self, machine: "Machine", reached: Reached, at: int) -> None:
        """What a failure finds: the IFs around it are open, as they are where the machine itself runs the loop."""
        machine.inside = at, reached.now
        for node in _around(self._nodes, at):
            entry = reached.opened[node.at]
            kept = entry if len(entry) > 2 else None
            machine.stack.append(Opened(kept, None, machine.passes, (), entry[1], node.at))


def _function(loop: Instruction, nodes: list[Node], *, entries: bool) -> Passes:
    from oql import generate  # it takes time to load

    return generate.function(loop, nodes, entries=entries)


def tight(program: Program, linked: list[tuple[int, Any, int]], at: int, *, recording: bool) -> Tight | None:
    """The loop whose passes begin at a place, if they consist of nothing but what can be written as Python."""
    nodes = _Reader(program, linked, recording).block(at + 1, program.code[at].data["target"] - 1, 0)
    found = list(noted(nodes or ()))
    return Tight(program, at, nodes) if nodes and 0 < len(found) <= _MOST_STEPS else None


class _Reader:
    """Reads the tree of a pass out of the flat code, where jumps stand at the ends of its blocks."""

    def __init__(self, program: Program, linked: list[tuple[int, Any, int]], recording: bool) -> None:
        self._code, self._linked, self._recording = program.code, linked, recording

    def block(self, at: int, end: int, depth: int) -> list[Node] | None:
        """What stands between two places; None if it is something else than quick steps and IFs."""
        nodes: list[Node] = []
        while at < end:
            item = self._code[at]
            if item.op == "null":
                node: Node | None = Null()
            elif item.op == "step" and self._is_quick(at):
                node = Step(at, item, self._linked[at][1])
            elif item.op == "begin" and self._code[at + 1].op == "test" and depth < _DEEPEST:
                node, at = self._if(at, depth + 1)
            else:
                return None
            if node is None:
                return None
            nodes.append(node)
            at += 1
        return nodes

    def _is_quick(self, at: int) -> bool:
        data = self._code[at].data
        verb = verbs.table()[data["verb"]]
        return verb.quick and not (self._recording and verb.recorded(data["modifiers"]))

    def _if(self, begin: int, depth: int) -> tuple[If | None, int]:
        """An IF, and the place of its end."""
        at, end = begin + 1, begin
        arms: list[tuple[int, list[Any], list[Node]]] = []
        while self._code[at].op == "test":
            behind = self._code[at].data["target"]
            end = self._code[behind - 1].data["target"]
            inside = self.block(at + 1, behind - 1, depth)
            if inside is None or len(arms) == _DEEPEST:
                return None, end
            arms.append((at, self._code[at].data["condition"], inside))
            at = behind
        otherwise = self.block(at, end, depth)
        return (If(begin, arms, otherwise), end) if otherwise is not None else (None, end)


def _steps(nodes: list[Node]) -> int:
    """How many steps these take at most."""
    return sum(1 + max(map(_steps, node.blocks()), default=0) if isinstance(node, If) else 1 for node in nodes)


def _around(nodes: list[Node], at: int) -> list[If]:
    """The IFs around a place inside of these, from the outermost."""
    for node in nodes:
        if not isinstance(node, If):
            continue
        if any(test == at for test, _, _ in node.arms):
            return [node]
        for block in node.blocks():
            if any(isinstance(each, Step) and each.at == at for each in block):
                return [node]
            if inside := _around(block, at):
                return [node, *inside]
    return []
