"""The machine: follows linked instructions, keeps what is open on a stack of its own, and notes every step.

    follow          the loop: take an instruction, act, note it, go on
    fail            a failure: close what is open there, go to the OR that takes over, or out
    open_group      AND: pure branches one after the other in this machine, waiting ones in machines of their own
                    (oql/parallel.py)

It reads no clock and no randomness but its context's. Nothing here recurses with the depth of a program; only AND
groups that wait inside each other start machines from machines, at most `_MAX_LEVEL` deep.
"""

from typing import Any

from oql import inner
from oql.budget import MEMORY_GRAIN, Budget, weigh
from oql.calls import FanOut
from oql.context import Context
from oql.errors import OqlError, as_error
from oql.evaluate import RUN
from oql.journal import Suspended
from oql.link import STEP, TIMED
from oql.parallel import fan_out, run_branches
from oql.program import FAIL, SWITCH, Instruction, Program
from oql.records import LOOP_VARIABLES, Branch, Group, Opened
from oql.serving import ALONE_NS, Serving, size_of
from oql.trace import ERROR, OK, SKIPPED, SUSPENDED, InnerProgram, Trace
from oql.transaction import EndedTransaction, Transaction, Uncommitted
from oql.values import SCALARS, SKIPPED as SKIP_MARK, Value

_MAX_LEVEL = 12


class Machine(Serving):
    """Follows one line of a program: the whole of it, or one branch of an AND group that waits."""

    # How every machine begins; most never change what stands here, so that making one is cheap.
    value: Value = None
    base = 0  # this and the length of the stack: records of the program that are open
    call: inner.Call | None = None  # the innermost step of this machine that runs a program
    inner: InnerProgram | None = None
    levels = 0  # blocks open around the program, in those that run it
    goes_on_at = 0  # where to go on in another program
    passes: tuple[int, ...] = ()
    failure: OqlError | None = None
    inside: tuple[int, int] | None = None  # place of a step that failed in a tight loop, and when it began
    leaving: tuple[str, Value] | None = None
    error: OqlError | None = None
    returned: Value = None
    transaction: Transaction | EndedTransaction | None = None
    making = 0  # bytes of texts that operands were joined to and that no variable holds
    may_suspend = True  # whether a step may wait longer than this run lasts
    computed = 0
    unshared = 0  # nanoseconds that it has computed since it last waited

    def __init__(
        self,
        program: Program,
        context: Context,
        budget: Budget,
        variables: dict[str, Value],
        level: int,
        trace: Trace | None = None,
    ) -> None:
        self.program = program  # that of the innermost call
        self.code = program.recording if context.journal else program.linked
        self.context = context
        self.budget = budget
        self.variables = variables
        self.level = level
        self.trace = trace or Trace(context.limits.trace_entries, len(program.code))
        self.output: list[Value] = []
        self.stack: list[Any] = []
        self.counts_passes = context.journal is not None
        self.failures: list[str] = []  # keys of steps that failed, and nothing has caught it yet
        self.partial: list[Value] = []  # what a step has given so far that runs once a branch
        self.look_at = budget.started + ALONE_NS
        variables[RUN] = self

    # the loop

    def follow(self, at: int) -> None:  # noqa: C901 - one loop: a call for each part would double its cost
        """Follows instructions until the program or the branch ends; what went wrong is left in `error`."""
        clock = self.context.monotonic_ns
        noted = self.trace
        note, room = noted.entries.append, noted.room
        left = held = 0
        self.computed = self.context.computing_ns()  # of the thread that is to follow
        now = clock()
        while at != FAIL:
            code, within, counts, times = self.code, self.inner, noted.counts, noted.times
            try:
                while True:
                    kind, act, following = code[at]
                    if kind:
                        left -= 1
                        if left < 0:
                            left = self.more_steps() - 1
                    if kind != STEP:
                        at = act(self)
                        if at < 0:
                            break
                        if kind == TIMED:
                            now = clock()
                        room = noted.room  # steps that are passed over take some of it
                        continue
                    self.value = value = act(self.variables, self)
                    ended = clock()
                    if room > 0:
                        noted.room = room = room - 1
                        note((at, now, ended, OK, self.passes, 0, within))
                    else:
                        counts[at] += 1
                        times[at] += ended - now
                    if value.__class__ not in SCALARS:
                        held += len(value) if value.__class__ is str else weigh(value)
                        if held > MEMORY_GRAIN:
                            held = self._hold(held)
                    now = ended
                    if now > self.look_at:
                        self._look(now)
                    at = following
            except Exception as raised:  # noqa: BLE001 - a fault of ours is reported, the server goes on
                if self.inside:
                    (at, now), self.inside = self.inside, None
                at = self._caught(at, raised, now)
            if at == SWITCH:
                at = self.goes_on_at
            now, room = clock(), noted.room
        if self.unshared:
            self.rest()
        self.budget.settle(left if left > 0 else 0, self.used())
        self.variables.pop(RUN, None)  # no cycle is left that would keep the values alive

    def _caught(self, at: int, raised: Exception, started: int) -> int:
        """Where to go on after what an instruction has raised."""
        if isinstance(raised, Uncommitted):
            return self.fail(raised.at, raised, started)
        if not isinstance(raised, FanOut):
            return self.fail(at, as_error(raised, self.context.report), started)
        begun = self.context.monotonic_ns()
        try:
            return fan_out(self, at, raised.value, started)
        except Exception as inside:  # noqa: BLE001 - as above
            return self.fail(at, as_error(inside, self.context.report), begun)

    def more_steps(self) -> int:
        """Some steps to go on with."""
        now = self.context.monotonic_ns()
        if now > self.look_at:
            self._look(now)
        return self.budget.take_steps()

    def settle(self, held: int) -> int:
        """Charges memory where it has become much, and looks when it is time to; the bytes still to be charged."""
        self.look_if_due()
        return self._hold(held) if held > MEMORY_GRAIN else held

    def _hold(self, size: int) -> int:
        self.budget.hold(size, coming=0)
        return 0

    def roots(self) -> list[Value]:
        """Everything that keeps values alive, for counting memory."""
        kept = [value for record in self.stack for value in record.roots()]
        return [*list(self.variables.values()), *self.output, self.value, *self.partial, *kept]

    # blocks

    def open_block(self, at: int, value: Value) -> None:
        """Opens a block at its first instruction."""
        now = self.context.monotonic_ns()
        variables = self.variables
        saved = tuple([variables.get(name) for name in LOOP_VARIABLES])
        entry = self.trace.open(at, now, self.passes)
        self.stack.append(Opened(entry, value, self.passes, saved, now, at))

    def close_block(self, status: str = OK) -> Opened:
        """Closes the innermost block: completes its entry, gives the loop around it its variables back.

        A transaction is committed, or rolled back with another status than OK. Raises Uncommitted.
        """
        record: Opened = self.stack[-1]
        if record.at_end:
            record.at_end(self, record, status == OK)
        self.stack.pop()
        now = self.context.monotonic_ns()
        if record.entry is None:
            self.trace.add(record.at, now - record.started, status)
        else:
            record.entry[2:4] = now, status
        if record.passes:
            self.variables.update(zip(LOOP_VARIABLES, record.saved, strict=True))
        self.passes = record.outer
        return record

    def _close_down_to(self, keep: int, status: str = OK) -> None:
        """Closes what is open in the program but `keep` records."""
        self.close_to(keep - self.base, status)

    def close_to(self, length: int, status: str = OK) -> None:
        """Closes what lies higher on the stack, in whichever program."""
        while len(self.stack) > length:
            if isinstance(self.stack[-1], Opened):
                self.close_block(status)
            else:
                self._drop_group(self.stack.pop())

    def _drop_group(self, group: Group) -> None:
        unfinished = self.output
        self._join_output(group)
        self.variables = group.base
        self.output.extend(unfinished)

    def _join_output(self, group: Group) -> None:
        """What the branches that have ended gave out, behind what was given out before the group."""
        self.output = group.output
        for branch in group.branches:
            self.output.extend(branch.output)

    def note(self, at: int) -> None:
        """An entry for a step that takes no time: leaving blocks or the program."""
        now = self.context.monotonic_ns()
        self.trace.note(at, now, now, OK, self.passes)

    def pass_over(self, at: int, count: int) -> None:
        """Entries for steps that are not run."""
        now = self.context.monotonic_ns()
        for number in range(count):
            self.trace.note(at, now, now, SKIPPED, self.passes, number)

    def mark_skipped(self, names: list[str]) -> None:
        """Marks the variables that a step would have bound and that have no value."""
        for name in names:
            self.variables.setdefault(name, SKIP_MARK)

    # failures and leaving

    def fail(self, at: int, error: OqlError, started: int) -> int:
        """Where to go on after a failure: the OR that takes over, the end of the branch, or out."""
        status = SUSPENDED if isinstance(error, Suspended) else ERROR
        error.__traceback__ = error.__context__ = None  # they would keep the machine and its values alive
        item = self.program.code[at]
        if error.span is None:
            error.span = item.span
        if item.op == "step":
            self.trace.note(at, started, self.context.monotonic_ns(), status, self.passes)
        if error.final:
            self.error = error
        while error.final or item.on_error == FAIL:
            if self.call is None:
                self.error = error
                self.close_to(0, status)
                return FAIL
            item = inner.fail(self, error, status)
        target = item.on_error
        self._close_down_to(item.keep, ERROR)
        self.variables["!ERROR"] = {"code": str(error.code), "message": error.message}
        self.value = None
        self.failure = error if self.program.code[target].op == "branch_end" else None
        if not self.failure:
            self.failures.clear()
        return target

    def close_nests(self, item: Instruction, behind: int) -> int:
        """CLOSE ALL NESTS: out of every block of this line, and of those around its AND group when that has ended."""
        data = item.data
        if data["target"] is not None:
            self._close_down_to(data["keep"])
        if data["enclosed"]:
            self.leaving = ("close", None)
        return behind if data["target"] is None else int(data["target"])

    def leave(self, how: str, value: Value) -> int:
        """EXIT ALL and RETURN: to the end of the branch when inside an AND group, else out of the run or program."""
        innermost = next((i for i in reversed(range(len(self.stack))) if isinstance(self.stack[i], Group)), -1)
        if how == "return" and self.call and innermost < self.call.length:
            return inner.end(self, value)
        if innermost < 0:
            if value is not None and not self.output:
                self.budget.emit(size_of(value))
            self.close_to(0)
            self.returned = value
            return FAIL
        group = self.stack[innermost]
        self.close_to(innermost + 1)
        self.leaving = (how, value)
        self.goes_on_at = int(group.ends[group.index])
        return SWITCH

    def halt(self) -> int:
        """Behind the last step of a program."""
        return inner.end(self, None) if self.call else FAIL

    # AND groups

    def open_group(self, item: Instruction) -> int:
        """Begins an AND group: here with its first branch, or, when branches wait, all of them at once."""
        data = item.data
        group = Group(self.variables, self.output, self.value, data["sets"], data["ends"], data["shares"])
        self.stack.append(group)
        if data["waits"] and self.level < _MAX_LEVEL:
            self.rest()
            run_branches(self, data["starts"], group)
            return int(data["join"])
        self.variables, self.output = dict(group.base), []
        return int(data["starts"][0])

    def end_branch(self, following: int) -> int:
        """Ends a branch and begins the next one, or goes to the join."""
        group: Group = self.stack[-1]
        bound = group.bound(self.variables)
        group.branches.append(Branch(bound, self.output, self.failure, self.value, self.leaving))
        self.failure = self.leaving = None
        if group.alone:
            return FAIL
        group.index += 1
        self.variables, self.output, self.value = dict(group.base), [], group.value
        return following

    def join(self, item: Instruction, behind: int) -> int:
        """All branches have ended: their variables and output come together, or the first failure counts."""
        group: Group = self.stack.pop()
        self.variables = group.base
        self._join_output(group)
        group.merge()
        failure = group.failure()
        if failure:
            raise failure
        self.value = group.branches[-1].value
        leavings = [branch.leaving for branch in group.branches if branch.leaving]
        out = next((leaving for leaving in leavings if leaving[0] != "close"), None)
        if out:
            return self.leave(*out)
        return self.close_nests(item, behind) if leavings else behind

    def branch(self, index: int, group: Group) -> "Machine":
        """A machine for one branch of a group that was opened here."""
        trace = Trace(self.trace.room, 0)
        machine = Machine(self.program, self.context, self.budget, dict(self.variables), self.level + 1, trace)
        machine.passes, machine.inner, machine.levels = self.passes, self.inner, self.levels
        machine.may_suspend = self.may_suspend
        trace.enter(self.inner)
        machine.value = group.value
        machine.base = self.base + len(self.stack) - 1
        base = dict(group.base) if group.shares else machine.variables
        alone = Group(base, [], None, group.sets, group.ends, group.shares, alone=True, index=index)
        machine.stack.append(alone)
        return machine

    def aside(self, inner: InnerProgram | None = None, variables: dict[str, Value] | None = None) -> "Machine":
        """A machine for a task of this one's graph, or for a program that such a task runs; `take` brings it back."""
        trace = Trace(self.trace.room, 0)
        program = inner.program if inner else self.program
        machine = Machine(program, self.context, self.budget, variables or {}, self.level + 1, trace)
        machine.inner, machine.levels = inner or self.inner, self.levels + self.base + len(self.stack)
        machine.may_suspend = self.may_suspend
        trace.enter(machine.inner)
        return machine

    def take(self, other: "Machine") -> None:
        """Takes over what a machine aside has noted."""
        self.trace.take(other.trace)
        self.failures += other.failures

    def ended_branch(self) -> Branch:
        """How the one branch that this machine was for has ended."""
        if self.error:
            return Branch({}, self.output, self.error, None, None)
        ended: Branch = self.stack[0].branches[0]
        return ended
