"""Programs inside programs: EXECUTE OPERATION, INCLUDE and SIDELOAD run a text on the machine of the run around it.

    call   opens an entry, finds the text, and goes to the first instruction of its program
    ...    the inner program: same machine, stack, budget, journal and trace; its paths begin with `3.in.`
    end    RETURN or the last step: closes what it left open, and goes on behind the call
    bind   binds what it gave to the variable behind SET

What the machine knows of the program it follows is kept in a Call meanwhile, so that depth costs memory and never the
host's stack. INCLUDE and SIDELOAD run on the variables of the program around them, an operation on its own.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oql import program, verbs
from oql.budget import weigh
from oql.calls import Act, FanOut, branch_call, link_step, with_branch
from oql.errors import Code, OqlError, ProgramError, Within, failed, limit_reached
from oql.evaluate import RUN, plain
from oql.program import SWITCH, Instruction, Program, compiled_bytes, text_digest
from oql.recording import recorded
from oql.source import Source
from oql.system import request_key
from oql.trace import InnerProgram
from oql.values import Multi, Value

if TYPE_CHECKING:
    from oql.link import Code as LinkedCode
    from oql.machine import Machine
    from oql.records import Opened

_LONGEST_PREFIX = 300
_PREFIX_KEPT = 200

TAINTED = "!TAINTED"
"""Under this name variables hold the names of those that may hold something from outside."""

_OF_THE_RUN = ("!NOW", "!NAMESPACE", "!JOB")
"""System variables that an operation shares with its caller."""


@dataclass(slots=True)
class Call:
    """A step that runs a program, and what the machine goes on with behind it.

    `length`: of the stack below the inner program. `branches`: of a multivariable, all that the step is run with.
    """

    step: "Calling"
    length: int
    outer: "Call | None"
    program: Program
    code: "LinkedCode"
    inner: InnerProgram | None
    variables: dict[str, Value]
    base: int
    levels: int
    passes: tuple[int, ...]
    branches: list[Value] | None = None
    results: list[Value] = field(default_factory=list)

    def roots(self) -> list[Value]:
        """The values that it keeps alive."""
        return [*self.variables.values(), *self.results, *(self.branches or ())]


class Calling:
    """A linked step that runs a program: `begin(machine)` gives where to go on."""

    def __init__(self, item: Instruction, at: int, *, recording: bool) -> None:
        verb = verbs.table()[item.data["verb"]]
        arguments = item.data["modifiers"].get("WITH")
        self.at = at
        self._item = item
        self._find = link_step(item, at, recording=recording)
        self._find_one = branch_call(item, verb)
        if recording and verb.recorded(item.data["modifiers"]):
            self._find_one = recorded(item, verb, self._find_one)
        self._apart = verb.runs_text == "apart"
        self._arguments = plain(arguments) if arguments else None

    def begin(self, machine: "Machine") -> int:
        """Finds the text and goes to its first step; of a multivariable, with its first branch."""
        machine.open_block(self.at, None)
        record: Opened = machine.stack[-1]
        record.call = call = Call(
            self, len(machine.stack), machine.call, machine.program, machine.code, machine.inner, machine.variables,
            machine.base, machine.levels, machine.passes,
        )  # fmt: skip
        record.at_end = _left
        sources = self._item.data["sources"]
        if sources is None or not machine.variables[TAINTED].isdisjoint(sources):
            _permit(machine, self._item)
        try:
            return self._enter(machine, call, self._find(machine.variables, machine))
        except FanOut as raised:
            call.branches = list(raised.value.branches)
            return self.next_branch(machine, call)

    def next_branch(self, machine: "Machine", call: Call) -> int:
        """The same for the next branch of a multivariable."""
        assert call.branches is not None
        number = len(call.results)
        found = self._find_one(with_branch(machine.variables, call.branches[number], number), machine)
        return self._enter(machine, call, found, f"[{number}]")

    def _enter(self, machine: "Machine", call: Call, found: dict[str, Any], suffix: str = "") -> int:
        ready = _compiled(machine, found)
        levels = machine.levels + machine.base + len(machine.stack)
        if levels + ready.depth > machine.context.limits.depth:
            raise limit_reached("blocks inside each other", f"{machine.context.limits.depth:,}")
        machine.look_if_due()  # while the machine is still in the program of the step, whose place a failure has
        variables = self._own_variables(machine) if self._apart else machine.variables
        variables[TAINTED].update(ready.tainted)
        machine.call, machine.program, machine.variables = call, ready, variables
        machine.code = ready.recording if machine.context.journal else ready.linked
        machine.inner = InnerProgram(ready, found["in"], _prefix(machine.inner, self._item.path + suffix))
        machine.trace.enter(machine.inner)
        machine.base, machine.levels = -len(machine.stack), levels
        machine.value, machine.goes_on_at = None, 0
        return SWITCH

    def _own_variables(self, machine: "Machine") -> dict[str, Value]:
        given = self._arguments(machine.variables) if self._arguments else None
        request = {request_key(key): value for key, value in (given or {}).items()}
        machine.budget.hold(weigh(request))
        own = {"!REQUEST": request, RUN: machine, TAINTED: set()}
        return own | {name: machine.variables.get(name) for name in _OF_THE_RUN}


def link_call(item: Instruction, at: int, *, recording: bool = False) -> Act:
    """The beginning of a step that runs a program."""
    return Calling(item, at, recording=recording).begin


def end(machine: "Machine", value: Value) -> int:
    """Ends the innermost inner program, with a value; where to go on."""
    call = machine.call
    assert call is not None
    machine.close_to(call.length)
    _restore(machine, call)
    if call.branches is not None:
        call.results.append(value)
        if len(call.results) < len(call.branches):
            machine.inside = call.step.at, machine.context.monotonic_ns()  # where it fails, should it fail
            place = call.step.next_branch(machine, call)
            machine.inside = None
            return place
        value = Multi(call.results)
    machine.close_block()
    machine.value, machine.goes_on_at = value, call.step.at + 1
    return SWITCH


def fail(machine: "Machine", error: OqlError, status: str) -> Instruction:
    """Leaves the innermost inner program because of an error that nothing in it catches; the step that it fails."""
    call, inner = machine.call, machine.inner
    assert call is not None
    assert inner is not None
    if error.span:
        place = Within(inner.name, Source(inner.program.source.text, inner.name), error.span)
        error.within = (place, *error.within)
    machine.close_to(call.length, status)
    _restore(machine, call)
    step = machine.program.code[call.step.at]
    error.span = step.span
    return step


def _left(machine: "Machine", record: "Opened", ended_well: bool) -> None:
    assert record.call is not None
    _restore(machine, record.call)


def _restore(machine: "Machine", call: Call) -> None:
    """Gives the machine back what it knew of the program around a call."""
    if machine.variables is not call.variables:
        machine.variables.pop(RUN, None)
    machine.call, machine.program, machine.code, machine.inner = call.outer, call.program, call.code, call.inner
    machine.variables, machine.base, machine.levels, machine.passes = (
        call.variables, call.base, call.levels, call.passes,
    )  # fmt: skip
    machine.trace.enter(call.inner)


# texts


def _permit(machine: "Machine", item: Instruction) -> None:
    """Refuses a text that may come from outside, unless the account may run such texts: as it was at first."""
    journal, key = machine.context.journal, f"{machine.key_of(item.path)}!"
    entry = journal.recall(key) if journal else None
    allowed = entry["v"] if entry else machine.context.may_sideload
    if journal and entry is None:
        journal.note({"k": key, "v": allowed})
    if allowed:
        return
    machine.failures.append(key)
    verb = item.data["verb"]
    what = "a text" if verb == "SIDELOAD" else "a place"
    message = f"`{verb}` of {what} that may come from outside the program is not allowed for this account"
    raise failed(
        Code.FORBIDDEN,
        message,
        "make it of texts in the program, or allow it: oql account allow NAME sideload, oql run --allow-sideload",
    )


def _compiled(machine: "Machine", found: dict[str, Any]) -> Program:
    """The program of a text that was found, compiled once in a run. Raises its first static error."""
    journal, budget, limits = machine.context.journal, machine.budget, machine.context.limits
    text = journal.pinned(found["pinned"]) if journal and "pinned" in found else found["text"]
    ready = budget.programs.get(text)
    if ready is None:
        budget.hold_code(compiled_bytes(text))
        try:
            ready = program.load(text, limits)
        except ProgramError as error:
            raise _wrong(error, found["in"], text) from None
        budget.programs[text] = ready
        machine.look()
    return ready


def _wrong(error: ProgramError, name: str, text: str) -> OqlError:
    """The failure of a step whose text is no program."""
    final = any(inner.code is Code.LIMIT_EXCEEDED for inner in error.errors)
    failure = OqlError(error.code, error.message, hint=error.hint, final=final)
    if error.span:
        failure.within = (Within(name, Source(text, name), error.span, error.errors),)
    return failure


def _prefix(inner: InnerProgram | None, path: str) -> str:
    """What the paths of an inner program's steps begin with. Their middle is left out where they would get long."""
    prefix = f"{inner.prefix if inner else ''}{path}.in."
    if len(prefix) <= _LONGEST_PREFIX:
        return prefix
    loops = prefix.count("#", _PREFIX_KEPT)
    return f"{prefix[:_PREFIX_KEPT]}...{'#' * loops}{text_digest(prefix)[:12]}."
