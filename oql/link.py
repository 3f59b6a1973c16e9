"""Turns the instructions of a program into closures, once a process; the machine only follows them.

A linked instruction is (kind, act, next). A STEP's `act(variables, machine)` gives the step's value; every other
`act(machine)` gives the next place itself. COUNTED ones use up a step of the budget: each pass of a loop does.
Behind a TIMED one the clock is read anew.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from oql import graph, transaction, verbs
from oql.calls import Act, bind, link_step
from oql.evaluate import Variables, looking, plain, predicate, raw
from oql.inner import link_call
from oql.program import BODY, STEPS, Instruction, Program
from oql.records import Opened, elements
from oql.tight import tight
from oql.values import SKIPPED, Multi, Value, equal, text_form

if TYPE_CHECKING:
    from oql.machine import Machine

CONTROL, STEP, COUNTED, TIMED = 0, 1, 2, 3

Linked = tuple[int, Act, int]
Code = list[Linked]


def link(program: Program, *, recording: bool = False) -> Code:
    """The closures of a program's instructions, jumps between steps followed in advance."""
    linked = []
    for at, item in enumerate(program.code):
        kind, make = _LINKERS[item.op]
        act = make(item, at, recording=recording) if item.op in STEPS else make(item, at)
        if item.op == "step" and verbs.table()[item.data["verb"]].may_wait:
            act = _resting(act)
        linked.append((kind, act, _behind(program.code, at + 1)))
    for at, item in enumerate(program.code):
        if item.op in ("loop", "next"):
            linked[at] = _tightened(program, linked, at, recording)
    return linked


def _resting(act: Act) -> Act:
    """A step that may wait for something else than the processor."""

    def rest_and_act(variables: Variables, machine: "Machine") -> Value:
        if machine.unshared:
            machine.rest()
        return act(variables, machine)

    return rest_and_act


def _tightened(program: Program, linked: Code, at: int, recording: bool) -> Linked:
    """The beginning of a loop's passes, which runs them all at once where that can be."""
    _, act, behind = linked[at]
    loop = tight(program, linked, at, recording=recording)
    if loop is None:
        return linked[at]

    def passes(machine: "Machine") -> int:
        if loop.fits(machine) and loop.run(machine):
            return loop.target
        return act(machine)  # type: ignore[no-any-return]  # as every other instruction

    return TIMED, passes, behind


def _behind(code: tuple[Instruction, ...], at: int) -> int:
    for _ in range(len(code)):
        if at >= len(code) or code[at].op != "jump":
            break
        at = code[at].data["target"]
    return at


def _link_begin(item: Instruction, at: int) -> Act:
    operand = raw(item.data["operand"]) if "operand" in item.data else None
    behind = at + 1

    def act(machine: "Machine") -> int:
        machine.open_block(at, operand(machine.variables) if operand else None)
        return behind

    return act


def _link_test(item: Instruction, at: int) -> Act:
    holds, target, behind = predicate(item.data["condition"]), item.data["target"], at + 1

    def act(machine: "Machine") -> int:
        variables = machine.variables
        result = variables["!STATE(IF)"] = holds(variables)
        return behind if result else target

    return act


def _link_case(item: Instruction, at: int) -> Act:
    operand, target, behind = plain(item.data["operand"]), item.data["target"], at + 1
    is_equal = looking(equal)

    def act(machine: "Machine") -> int:
        value = machine.stack[-1].value
        if isinstance(value, Multi):
            value = value.branches[0]
        variables = machine.variables
        return behind if is_equal(value, operand(variables), variables) else target

    return act


def _link_loop(item: Instruction, at: int) -> Act:
    holds, target, behind = predicate(item.data["condition"]), item.data["target"], at + 1
    mentioned = item.data["mentioned"]

    def act(machine: "Machine") -> int:
        variables = machine.variables
        if not holds(variables):
            return target  # type: ignore[no-any-return]  # jump targets are data
        passes = _begin_pass(machine)
        if mentioned:
            variables["!INDEX"], variables["!STATE(WHILE)"] = passes - 1, passes
        return behind

    return act


def _link_next(item: Instruction, at: int) -> Act:
    name, target, behind = item.data["variable"], item.data["target"], at + 1
    mentioned = item.data["mentioned"]

    def act(machine: "Machine") -> int:
        record, variables = machine.stack[-1], machine.variables
        if record.elements is None:
            record.elements = elements(record.value)
        for key, value in record.elements:
            variables[name] = value
            passes = _begin_pass(machine)
            if mentioned:
                variables["!VALUE"], variables["!KEY"] = value, key
                variables["!INDEX"], variables["!STATE(FOREACH)"] = passes - 1, passes
            return behind
        return target  # type: ignore[no-any-return]  # jump targets are data

    return act


def _begin_pass(machine: "Machine") -> int:
    """Begins a pass of the innermost loop; its number, from 1."""
    record = machine.stack[-1]
    record.passes += 1
    if machine.trace.room > 0 or machine.counts_passes:
        machine.passes = (*record.outer, record.passes)
    return int(record.passes)


def _link_end(item: Instruction, at: int) -> Act:
    loop, behind = item.data["loop"], at + 1

    def act(machine: "Machine") -> int:
        record = machine.close_block()
        if loop and not record.passes:
            machine.value = None
        return behind

    return act


def _link_transaction(item: Instruction, at: int) -> Act:
    behind = at + 1

    def act(machine: "Machine") -> int:
        machine.rest()
        transaction.begin(machine, at)
        return behind

    return act


def _link_commit(item: Instruction, at: int) -> Act:
    put, behind = bind(item) if item.data["target"] else None, at + 1

    def act(machine: "Machine") -> int:
        machine.close_block()
        if put:
            put(machine.variables, machine.value)
        return behind

    return act


def _link_bind(item: Instruction, at: int) -> Act:
    put, behind = bind(item), at + 1

    def act(machine: "Machine") -> int:
        put(machine.variables, machine.value)
        return behind

    return act


def _link_capture(item: Instruction, at: int) -> Act:
    behind = at + 1

    def act(machine: "Machine") -> int:
        machine.open_block(at, machine.output)
        machine.stack[-1].at_end = _give_output_back
        machine.output = []
        return behind

    return act


def _give_output_back(machine: "Machine", record: Opened, ended_well: bool) -> None:
    machine.output = record.value


def _link_captured(item: Instruction, at: int, *, recording: bool) -> Act:
    step, behind = link_step(item, at, recording=recording), at + 1

    def act(machine: "Machine") -> int:
        variables = machine.variables
        variables[BODY] = "".join([text_form(value) for value in machine.output])
        try:
            machine.value = step(variables, machine)
        finally:
            del variables[BODY]
        machine.close_block()
        return behind

    return act


def _link_jump(item: Instruction, at: int) -> Act:
    target = item.data["target"]
    return lambda machine: target


def _link_null(item: Instruction, at: int) -> Act:
    behind = at + 1

    def act(machine: "Machine") -> int:
        machine.value = None
        return behind

    return act


def _link_or(item: Instruction, at: int) -> Act:
    target, marks, passed, behind = item.data["target"], item.data["marks"], item.data["passed"], at + 1

    def act(machine: "Machine") -> int:
        if machine.value is None:
            machine.variables["!ERROR"] = None
            return behind
        machine.mark_skipped(marks)
        machine.pass_over(at, len(passed))
        return target  # type: ignore[no-any-return]  # jump targets are data

    return act


def _link_passed(item: Instruction, at: int) -> Act:
    passed, behind = item.data["passed"], at + 1

    def act(machine: "Machine") -> int:
        machine.pass_over(at, len(passed))
        return behind

    return act


def _link_skip(item: Instruction, at: int) -> Act:
    names, marks, target, behind = item.data["names"], item.data["marks"], item.data["target"], at + 1

    def act(machine: "Machine") -> int:
        variables = machine.variables
        if not any(variables.get(name) is SKIPPED for name in names):
            return behind
        machine.mark_skipped(marks)
        machine.pass_over(at, 1)
        return target  # type: ignore[no-any-return]  # jump targets are data

    return act


def _link_group(item: Instruction, at: int) -> Act:
    return lambda machine: machine.open_group(item)


def _link_branch_end(item: Instruction, at: int) -> Act:
    following = item.data["next"]
    return lambda machine: machine.end_branch(following)


def _link_join(item: Instruction, at: int) -> Act:
    return lambda machine: machine.join(item, at + 1)


def _link_close(item: Instruction, at: int) -> Act:
    def act(machine: "Machine") -> int:
        machine.note(at)
        return machine.close_nests(item, at + 1)

    return act


def _link_exit(item: Instruction, at: int) -> Act:
    def act(machine: "Machine") -> int:
        machine.note(at)
        return machine.leave("exit", None)

    return act


def _link_return(item: Instruction, at: int) -> Act:
    operand = raw(item.data["operand"])

    def act(machine: "Machine") -> int:
        value = operand(machine.variables)
        machine.note(at)
        return machine.leave("return", value)

    return act


def _link_graph(item: Instruction, at: int) -> Act:
    needs, first = item.data["needs"], at + 1

    def act(machine: "Machine") -> int:
        machine.rest()
        return machine.leave("return", graph.run(machine, needs, first, machine.context))

    return act


def _link_halt(item: Instruction, at: int) -> Act:
    return lambda machine: machine.halt()


_LINKERS: dict[str, tuple[int, Callable[..., Act]]] = {
    "step": (STEP, link_step),
    "begin": (TIMED, _link_begin),
    "test": (CONTROL, _link_test),
    "case": (CONTROL, _link_case),
    "loop": (COUNTED, _link_loop),
    "next": (COUNTED, _link_next),
    "end": (CONTROL, _link_end),
    "transaction": (TIMED, _link_transaction),
    "commit": (TIMED, _link_commit),
    "call": (TIMED, link_call),
    "bind": (CONTROL, _link_bind),
    "capture": (TIMED, _link_capture),
    "captured": (TIMED, _link_captured),
    "jump": (CONTROL, _link_jump),
    "null": (CONTROL, _link_null),
    "or": (CONTROL, _link_or),
    "passed": (CONTROL, _link_passed),
    "skip": (CONTROL, _link_skip),
    "group": (TIMED, _link_group),
    "branch_end": (CONTROL, _link_branch_end),
    "join": (TIMED, _link_join),
    "close": (CONTROL, _link_close),
    "exit": (CONTROL, _link_exit),
    "return": (CONTROL, _link_return),
    "graph": (TIMED, _link_graph),
    "task": (CONTROL, _link_halt),  # which the graph does itself
    "halt": (CONTROL, _link_halt),
}
