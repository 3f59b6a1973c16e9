"""What a step runs inside itself: programs of the language, other chains, other steps of its chain once more."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from chains import library
from chains.executions import steps
from chains.executions.events import last
from chains.executions.steps import StepState
from chains.inputs import Given
from chains.lowering import ChainRefused, Lowered, lowered
from chains.paths import size_of
from chains.running.attempts import performed
from chains.running.telling import Relay, Teller, inside_pipeline, inside_step
from chains.spec import Chain
from chains.starting import checked_inputs, create, new_id
from chains.work import Output, added
from oql import program
from oql.engine import result_of, system_variables
from oql.errors import Code, OqlError, Within, failed
from oql.graph import Graph
from oql.inner import TAINTED
from oql.jobs import records as jobs
from oql.jobs.executions import CANCELLED
from oql.jobs.records import Job
from oql.jobs.states import FINAL
from oql.journal import Fenced, Interrupted, Suspended
from oql.source import Source
from oql.trace import InnerProgram
from oql.values import to_json
from substrate.interface import Frame

if TYPE_CHECKING:
    from chains.running.execution import Execution
    from chains.running.works import StepWork
    from oql.machine import Machine

MOST_DEPTH = 10


# programs


def run_program(work: "StepWork", text: str, variables: Mapping[str, Any], *, may_suspend: bool) -> Any:
    """The value of a program; its steps stand in the journal and the trace behind the key of the step."""
    machine, context = work.machine, work.context
    ready = program.load(text, context.limits)
    bound = {**system_variables(context), **variables, TAINTED: {*ready.tainted, *variables}}
    inner = machine.aside(InnerProgram(ready, f"step {work.step.id}", f"{work.key}.in."), bound)
    inner.may_suspend = machine.may_suspend and may_suspend
    machine.budget.machines.append(inner)
    try:
        inner.follow(0)
    finally:
        machine.budget.machines.remove(inner)
    machine.take(inner)
    if isinstance(inner.error, Suspended):
        _tell_waits(work)
    if inner.error:
        raise _placed(inner.error, ready.source)
    return result_of(inner)


def _placed(error: OqlError, source: Source) -> OqlError:
    """An error with its place in the program of a step, which is none in the chain."""
    if error.span is not None:
        error.within = (Within("the program", source, error.span), *error.within)
        error.span = None
    return error


def _tell_waits(work: "StepWork") -> None:
    """Tells whom the program of a step asks, once: a question as one of gates, a form by its address."""
    journal, link = work.context.journal, work.context.environment.chains.form_link
    assert journal is not None
    for wait in list(journal.waits):
        told = f"{wait.key}:told"
        if not wait.key.startswith(f"{work.key}.in.") or journal.recall(told):
            continue
        if wait.kind == "confirm":
            tell = partial(work.tell, "step_waiting_approval", prompt=wait.shown["prompt"])
        elif wait.kind == "gather" and link:
            address = link(work.context.namespace, work.context.job_id, wait.key)
            tell = partial(work.log, f"Waits for a form: {address}")
        else:
            continue
        journal.note_telling({"k": told, "v": True}, tell)


# chains


def run_chain(work: "StepWork", outer: "Execution", name: str, inputs: Mapping[str, Any]) -> str:
    """The result of a chain, as an execution inside this one. Raises OqlError with what it failed with."""
    from chains.running.execution import Execution

    if outer.depth >= MOST_DEPTH:
        raise failed(Code.CHAIN_FAILED, "Subchain depth limit reached")
    begun = work.once("chain", lambda: _begin(work, outer, name))
    ready = lowered("chain", name, begun["text"])
    store, place, execution = work.context.store, f"{work.key}.in.", begun["id"]
    assert store is not None
    before = jobs.find(store, execution)
    if before is not None:
        if before.state in FINAL:
            return _ended_before(before)
        inputs = before.options["input"]  # whatever has become of the variables since
    given = _checked(work, ready.chain, inputs)
    states = steps.of(store, execution)
    if before is None:
        outer.outbox.put(execution, work=_creation(work, outer, execution, name, ready, place, inputs, begun["began"]))
        outer.outbox.numbers[execution] = 1  # that it has started
        states = [StepState(number, step.id) for number, step in enumerate(ready.chain.steps)]
    else:
        outer.outbox.numbers.setdefault(execution, _last_event(work, execution))
    teller = Teller(execution, outer.outbox, outer.teller, _relay(work, name))
    inside = Execution(ready, name, given, states, outer.outbox, teller, place=place, depth=outer.depth + 1)
    machine = work.machine.aside(InnerProgram(ready.program, name, place))
    try:
        result = str(Graph(machine, inside, ready.program.code[0].data["needs"], 1).run())
    except (Suspended, Fenced, Interrupted):
        raise
    except OqlError as error:
        if work.context.cancel.is_set():
            work.machine.look()  # it goes on elsewhere, or whoever has cancelled it has ended it too
        _ended(work, outer, teller, begun["began"], error=error.message)
        error.span = None  # a place in the text of another chain
        raise
    finally:
        work.machine.take(machine)
    _ended(work, outer, teller, begun["began"], result=result)
    return result


def _checked(work: "StepWork", chain: Chain, inputs: Mapping[str, Any]) -> Given:
    """The inputs of a chain inside this one. What nobody declared there are variables of the chain around it."""
    try:
        return checked_inputs(chain, inputs, partial(size_of, work.context.files))
    except ChainRefused as refused:
        raise ChainRefused(refused.message) from None


def _ended_before(job: Job) -> str:
    """What an execution has come to that an earlier run has brought to its end. Raises OqlError."""
    answer = job.answer or {}
    if "result" in answer:
        return str(answer["result"])
    raise failed(Code.CHAIN_FAILED, str(answer["error"]["message"]) if answer.get("error") else CANCELLED)


def _end(execution: str, answer: dict[str, Any], now: float) -> Callable[[Frame], None]:
    state = "complete" if "result" in answer else "error"

    def end(frame: Frame) -> None:
        frame.system(
            "UPDATE job SET state = ?, finished = ?, answer = ? WHERE id = ? AND state = 'running'",
            state, now, to_json(answer).decode(), execution,
        )  # fmt: skip

    return end


def _relay(work: "StepWork", name: str) -> Relay:
    return inside_pipeline(work.step.id) if work.step.type == "entry" else inside_step(name, work.step.id)


def _begin(work: "StepWork", outer: "Execution", name: str) -> dict[str, Any]:
    store = work.context.store
    assert store is not None
    text = outer.texts.get(name)
    if text is None:
        saved = library.find(store, "chain", name)
        if saved is None:
            raise failed(Code.CHAIN_FAILED, f'Chain "{name}" not found')
        text = saved.text
    lowered("chain", name, text)
    return {"id": new_id(), "text": text, "began": work.clock()}


def _last_event(work: "StepWork", execution: str) -> int:
    assert work.context.store is not None
    return last(work.context.store, execution)


def _creation(
    work: "StepWork",
    outer: "Execution",
    execution: str,
    name: str,
    ready: Lowered,
    place: str,
    inputs: Mapping[str, Any],
    now: float,
) -> Callable[[Frame], None]:
    parent = outer.teller.execution

    def make(frame: Frame) -> None:
        jobs.create(
            frame, id=execution, source=ready.text, request={}, now=now, kind="nested", name=name,
            options={"input": dict(inputs)},
        )  # fmt: skip
        frame.system("UPDATE job SET state = 'running', due = NULL, started = ? WHERE id = ?", now, execution)
        create(
            frame, execution, kind="chain", name=name, ready=ready, now=now, slot=None, parent=parent,
            root=work.context.job_id, place=place,
        )  # fmt: skip

    return make


def _ended(
    work: "StepWork", outer: "Execution", teller: Teller, began: float, *, error: str | None = None, result: str = ""
) -> None:
    now, execution = work.clock(), teller.execution
    answer = {"result": result} if error is None else {"error": {"code": "ChainFailed", "message": error}}
    outer.outbox.put(execution, work=_end(execution, answer, now))
    if error is None:
        teller.tell(("execution_done", {"result": result, "durationMs": max(0, round((now - began) * 1_000))}))
    else:
        teller.tell(("execution_error", {"error": error}))


def close_inside(outer: "Execution", machine: "Machine", why: str) -> None:
    """Ends the executions inside one that is over while they wait for people. Nothing of them runs any more."""
    store, now = machine.context.store, machine.clock()
    assert store is not None
    rows = store.system(
        "SELECT job FROM execution JOIN job ON job.id = execution.job WHERE root = ? AND state = 'running' "
        "AND place <> ? AND substr(place, 1, CAST(? AS INTEGER)) = ?",
        machine.context.job_id, outer.place, len(outer.place), outer.place,
    )  # fmt: skip
    for (found,) in rows:
        execution = str(found)
        outer.outbox.numbers.setdefault(execution, last(store, execution))
        for state in steps.of(store, execution):
            if state.status in ("pending", "running"):
                state.status = "skipped"
                outer.outbox.put(execution, state=state)
        outer.outbox.put(execution, work=_end(execution, {"error": {"code": "ChainFailed", "message": why}}, now))
        outer.outbox.put(execution, {"type": "execution_error", "executionId": execution, "error": why})


# steps


def rerun(work: "StepWork", execution: "Execution", target: str, judgement: str, label: str) -> Output:
    """Another step's output, made anew with a judgement behind its prompt; it replaces the one before.

    Its pre-tools run anew too. Its duration is that of the last run, its tokens are those of all runs together.
    """
    from chains.running.flow import done_fields, storable
    from chains.running.works import StepWork

    state = execution.state_of(target)
    step = execution.step_of(state)
    again = step.model_copy(update={"prompt": f"{step.prompt}\n\n{{__judgement}}".strip()})
    inner = StepWork(
        execution, again, state, work.machine, f"{work.key}.{label}", execution.seen(), {"__judgement": judgement}
    )

    kept = inner.recalled("again")
    if kept is not None:
        return Output(kept["text"], kept["variable"])
    began = inner.once("began", work.clock)
    inner.tell("step_started", once="started", label=step.shown)
    try:
        inner.run_pre_tools()
        output = performed(again, inner)
    except OqlError as error:
        if not error.final:
            inner.keep("failed", True, partial(_rerun_failed, execution, state, inner, error))
        raise
    text, value = storable(output.text), storable(output.value)
    state.output, state.variable, state.finished = text, value, work.clock()
    taken = max(0, round((state.finished - began) * 1_000))
    state.duration_ms = taken if output.duration_ms is None else output.duration_ms
    _add_tokens(state, inner)
    execution.ended(step, state)
    done = "step_done", done_fields(state)
    inner.keep("again", {"text": text, "variable": value}, lambda: execution.teller.tell(done, state=state))
    return Output(text, value)


def _rerun_failed(execution: "Execution", state: StepState, inner: "StepWork", error: OqlError) -> None:
    """Tells of a rerun that has failed. The step keeps the output before; what the rerun has cost counts."""
    _add_tokens(state, inner)
    execution.teller.tell(("step_error", {"stepId": state.id, "error": error.message}), state=state)


def _add_tokens(state: StepState, inner: "StepWork") -> None:
    state.input_tokens = added(state.input_tokens, inner.tokens[0])
    state.output_tokens = added(state.output_tokens, inner.tokens[1])
