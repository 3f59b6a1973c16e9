"""Runs programs: `run(program, context) -> Outcome`."""

from dataclasses import dataclass, field
from typing import Any

from oql import report
from oql.budget import Budget
from oql.context import Context
from oql.entries import GRANTS
from oql.errors import OqlError, limit_reached
from oql.inner import TAINTED
from oql.journal import Suspended
from oql.machine import Machine
from oql.program import Program
from oql.system import request_key
from oql.trace import Trace, trace_json
from oql.values import SKIPPED, Multi, Value, text_form


@dataclass(slots=True)
class Outcome:
    """How a run ended. `all_variables`: with those of the system, and those that skipped steps have marked."""

    program: Program
    result: Value
    error: OqlError | None
    trace: Trace
    started: int
    all_variables: dict[str, Value]
    failures: list[str] = field(default_factory=list)
    """With a journal, the keys of the steps that the run failed by."""

    @property
    def status(self) -> str:
        """ "ok", "error" or "suspended"."""
        return "ok" if self.error is None else "suspended" if isinstance(self.error, Suspended) else "error"

    @property
    def variables(self) -> dict[str, Value]:
        """The program's own variables by name, for the REPL."""
        return {name: value for name, value in self.all_variables.items() if name[0] != "!" and value is not SKIPPED}

    def trace_json(self) -> list[dict[str, Any]]:
        """The trace as answers carry it."""
        return trace_json(self.trace, self.program, self.started)

    def as_json(self, job_id: str) -> dict[str, Any]:
        """The body of an answer; its values still need `oql.values.to_json`."""
        if self.error is None:
            return {"status": "ok", "job_id": job_id, "result": self.result, "trace": self.trace_json()}
        shown = report.error_json(self.error, self.program.source)
        return {"status": self.status, "job_id": job_id, "error": shown, "trace": self.trace_json()}


def run(program: Program, context: Context, variables: dict[str, Value] | None = None) -> Outcome:
    """Runs a program to its end. Never raises for anything a program does."""
    budget = Budget(context)
    given = system_variables(context)
    if variables:
        given = {**variables, **given}
    if program.runs_programs:
        given[TAINTED] = {*program.tainted, *(variables or ())}
    machine = Machine(program, context, budget, given, 0)
    budget.machines.append(machine)
    if context.journal:
        context.journal.begin(program, machine.trace, budget.started)
    if program.depth > context.limits.depth:
        machine.error = limit_reached("blocks inside each other", f"{context.limits.depth:,}")
    else:
        machine.follow(0)
    budget.machines.clear()  # no cycle is left that would keep the values alive
    failures = machine.failures if machine.error else []
    return Outcome(
        program, result_of(machine), machine.error, machine.trace, budget.started, machine.variables, failures
    )


def result_of(machine: Machine) -> Value:
    """What a program has given that a machine has followed to its end."""
    output = machine.output
    if len(output) == 1:
        return output[0]
    if output:
        return "".join([text_form(value) for value in output])
    return machine.returned.branches[0] if isinstance(machine.returned, Multi) else machine.returned


def system_variables(context: Context) -> dict[str, Value]:
    """The variables that every program finds set."""
    return {
        "!NOW": int(context.now),
        "!REQUEST": {request_key(key): value for key, value in context.request.items()} if context.request else {},
        "!NAMESPACE": context.namespace,
        "!JOB": {"id": context.job_id},
        GRANTS: {},
    }
