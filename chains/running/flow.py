"""One step, from its condition to its output.

    early exit -> condition -> pre-tools -> cache -> the work of its type, with tries and guardrails -> output, variable

Whether it is skipped is decided, told and written together, so that a run which goes on after a crash finds a step
either not begun or past its conditions.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from chains import cached
from chains.asking import models_of
from chains.executions.steps import StepState
from chains.running.attempts import performed
from chains.running.works import StepWork
from chains.spec import Step
from chains.types import TYPES
from chains.work import Output
from oql.errors import Code, OqlError
from oql.journal import Suspended, failure_entry

if TYPE_CHECKING:
    from chains.running.execution import Execution
    from oql.machine import Machine


def run(execution: "Execution", step: Step, state: StepState, machine: "Machine") -> None:
    """Does a step, and tells how it went. Raises OqlError where it fails, Suspended where it waits."""
    work = StepWork(execution, step, state, machine, execution.key_of(state.number), execution.seen())
    if state.status == "pending" and not _begun(execution, step, state, work, machine):
        return
    try:
        output = _output(step, work)
    except Suspended:
        raise
    except OqlError as error:
        raise _failed(execution, step, state, work, error) from None
    finally:
        execution.let_go(state.number, machine)
    _done(execution, step, state, work, output)
    if not TYPES[step.type].pure(step):
        flush(machine)


def flush(machine: "Machine") -> None:
    """Returns when everything that was told so far is on disk. Raises Fenced, Interrupted."""
    journal = machine.context.journal
    assert journal is not None
    journal.flush()


def _begun(execution: "Execution", step: Step, state: StepState, work: StepWork, machine: "Machine") -> bool:
    """Tells that a step has started; False where it is skipped."""
    started: tuple[str, dict[str, Any]] = ("step_started", {"stepId": step.id, "label": step.shown})
    state.started = work.clock()
    if step.early_exit_if and work.holds(step.early_exit_if):
        execution.exit(step, state, machine)
        _passed_over(execution, step, state, started, f"Early exit: {step.early_exit_if}")
        return False
    if step.condition and not work.holds(step.condition):
        execution.skip(step, state, kept=True)
        _passed_over(execution, step, state, started, f"Condition not met: {step.condition}")
        return False
    state.status = "running"
    execution.teller.tell(started, state=state)
    return True


def _passed_over(execution: "Execution", step: Step, state: StepState, started: Any, why: str) -> None:
    state.finished, state.duration_ms = state.started, 0
    execution.teller.tell(
        started,
        ("step_log", {"stepId": step.id, "message": why, "level": "info"}),
        ("step_done", {"stepId": step.id, "durationMs": 0}),
        state=state,
    )


def _output(step: Step, work: StepWork) -> Output:
    kind = TYPES[step.type]
    work.run_pre_tools()
    if not (kind.cached and step.cache.enabled):
        return performed(step, work)
    store = work.context.store
    assert store is not None
    key = cached.key_of(work, models_of(work), work.own)
    found = cached.find(store, key, work.clock(), step.cache.ttl_minutes)
    if found is not None:
        work.from_cache()
        work.tell("step_cache_hit")
        work.tell("step_output", chunk=found.text)
        return Output(found.text, found.variable, duration_ms=0)
    output = performed(step, work)
    if output.skipped is None:
        work.with_commit(lambda frame: cached.keep(frame, key, output, work.clock()))
    return output


def _done(execution: "Execution", step: Step, state: StepState, work: StepWork, output: Output) -> None:
    now = work.clock()
    state.finished, state.kept = now, 1
    state.duration_ms = _elapsed(state, now) if output.duration_ms is None else output.duration_ms
    state.input_tokens, state.output_tokens = work.tokens
    state.output, state.variable = storable(output.text), storable(output.value)
    state.status = "done" if output.skipped is None else "skipped"
    work.machine.occupy(len(output.text))
    execution.ended(step, state)
    told: list[tuple[str, dict[str, Any]]] = []
    if output.skipped is not None:
        told.append(("step_log", {"stepId": step.id, "message": output.skipped, "level": "warn"}))
    execution.teller.tell(*told, ("step_done", done_fields(state)), state=state)


def storable(text: str) -> str:
    """A text as every store can hold it: PostgreSQL has no NUL in texts."""
    return text.replace("\0", "\ufffd")


def done_fields(state: StepState) -> dict[str, Any]:
    """What step_done says."""
    fields: dict[str, Any] = {"stepId": state.id, "durationMs": state.duration_ms}
    if state.input_tokens is not None:
        fields["inputTokens"] = state.input_tokens
    if state.output_tokens is not None:
        fields["outputTokens"] = state.output_tokens
    return fields


def _failed(execution: "Execution", step: Step, state: StepState, work: StepWork, error: OqlError) -> OqlError:
    """What a failure comes to; a run that is cut off or goes on elsewhere leaves the step as it is."""
    from chains.running.execution import FAILED, chain_error

    if error.final and error.code is not Code.LIMIT_EXCEEDED:
        return error
    state.status, state.error, state.finished = "error", storable(error.message), work.clock()
    state.duration_ms = _elapsed(state, state.finished)
    state.input_tokens, state.output_tokens = work.tokens
    told, journal = chain_error(error, step), work.context.journal
    assert journal is not None
    tell = partial(execution.teller.tell, ("step_error", {"stepId": step.id, "error": error.message}), state=state)
    journal.note_telling(failure_entry(f"{work.key}{FAILED}", told), tell)
    return told


def _elapsed(state: StepState, now: float) -> int:
    return max(0, round((now - (state.started or now)) * 1_000))
