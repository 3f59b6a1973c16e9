"""Steps that are recorded: how each kind of effect meets the journal.

read      the value is noted
store     the step runs inside a frame of the store, and commits with its entry
user      and "calendar": the step first does what takes long, then commits by itself with its entry: `run.commit`
outside   that it begins is written first, so that a repetition is known as one; then it runs and is noted
file      how it finds its files is written first, by which a repetition knows whether it was done (oql/file_events.py)
wait      GATHER, CONFIRM and SLEEP record what they wait for themselves
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from oql.context import Context
from oql.errors import Code, OqlError, failed
from oql.journal import Entry, Fenced, Journal, Wait, WaitKind, failure_entry, given
from oql.program import Instruction
from oql.tables.access import failure, write
from oql.trace import Remarks
from oql.transaction import Transaction
from oql.values import Value
from oql.verbs.declare import Verb
from oql.verbs.run import Run
from substrate.errors import StoreError
from substrate.interface import Frame
from substrate.interface.faults import reach

if TYPE_CHECKING:
    from oql.calls import Act
    from oql.machine import Machine

FREES_ITS_WORKER_S = 1.0
"""A job that has to wait longer than this is suspended."""
_SLICE_S = 0.2
_LOOK_S = 0.02

Inner = Callable[[dict[str, Value], Any], Value]
BRANCH_NUMBER = "!BRANCH#"


class StepRun:
    """What a verb may ask of the run, for one recorded step: see `oql.verbs.run.Run`."""

    __slots__ = ("_frame", "at_end", "journal", "key", "machine", "noted", "remarks")

    def __init__(self, machine: "Machine", journal: Journal, key: str) -> None:
        self.machine = machine
        self.journal = journal
        self.key = key
        self.at_end: list[Callable[[Frame], None]] = []
        self.noted = False
        self.remarks: Remarks = {}
        self._frame: Frame | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.machine, name)

    @property
    def context(self) -> Context:
        """The run's context."""
        return self.machine.context

    @property
    def frame(self) -> Frame | None:
        """What the step's effects belong to: the frame it runs in, or that of the open TRANSACTION."""
        return self._frame or self.machine.frame

    @frame.setter
    def frame(self, frame: Frame | None) -> None:
        self._frame = frame

    @property
    def repeated(self) -> bool:
        """Whether the step has begun before, and nobody knows how far it came."""
        return self.journal.recall(self.key) is not None

    def note(self, entry: Entry) -> None:
        """Records something; inside a TRANSACTION, when that ends."""
        transaction = self.machine.transaction
        if isinstance(transaction, Transaction):
            transaction.entries.append(entry)
        else:
            self.journal.note(entry)

    def first(self, make: Callable[[], Value]) -> Value:
        """What `make` gives, on disk before the step goes on; a repetition of the step gets what was made then."""
        begun = self.journal.recall(self.key)
        if begun and begun["b"] is not True:
            return begun["b"]
        made = make()
        if not self.machine.transaction:  # which is run again as a whole
            _written(self, {"k": self.key, "b": made})
        return made

    def remark(self, **remarks: Value) -> None:
        """Adds to the step's entry in the trace, also when the step is not run again: see `oql.verbs.run.Run`."""
        self.remarks |= remarks
        self.machine.trace.remark(remarks)

    def with_step(self, work: Callable[[Frame], None]) -> None:
        """Does something in the commit that says that the step was done."""
        if self.frame:
            work(self.frame)
        else:
            self.at_end.append(work)

    def commit(self, work: Callable[[Frame], Value]) -> Value:
        """What `work` gives, which commits with the note of it; in a TRANSACTION, when that ends."""
        done = self.journal.recall(self.key)
        if done is not None and "b" not in done:
            return given(done)

        def within() -> Value:
            return write(cast(Run, self), lambda frame, _: work(frame))

        alone = self.machine.transaction is None and self.context.store is not None
        return _in_a_frame(self, within) if alone else within()

    @property
    def place(self) -> str:
        """See `oql.verbs.run.Run`."""
        return self.key

    def pinned(self, name: str, text: str) -> dict[str, Value]:
        """A text that is to be run as a program under a name: a continued run gets the same text."""
        return {"in": name, "pinned": self.journal.pin(text)}

    def idempotency_key(self) -> str:
        """What is the same for every repetition of the step, and different for every other step."""
        return f"{self.context.job_id}:{self.key}"

    def wait(self, seconds: float) -> None:
        """Waits, of a job without holding its worker; a repetition only waits for the rest."""
        machine = self.machine
        begun = self.journal.recall(self.key)
        until = begun["b"] if begun else machine.clock() + seconds
        if not begun:
            self.journal.note({"k": self.key, "b": until})
        while (left := until - machine.clock()) > 0:
            if self.journal.keeper and machine.may_suspend and left > FREES_ITS_WORKER_S:
                raise self.journal.suspend(Wait(self.key, "sleep", {}, left))
            machine.wait(min(left, _SLICE_S))

    def await_chain(self, begin: Callable[[str, str], str], outcome: Callable[[str], Value]) -> Value:
        """See `oql.verbs.run.Run`. A run that is no job looks for the outcome itself, until it becomes one."""
        key = f"{self.key}?"
        execution = str(self.first(lambda: begin(self.context.job_id, key)))
        answered = self.journal.recall(key)
        while answered is None and (found := outcome(execution)) is None:
            if self.journal.keeper and self.machine.may_suspend:
                raise self.journal.suspend(Wait(key, "chain", {"execution": execution}, None))
            self.machine.wait(_LOOK_S)
        if answered is None:
            answered = {"k": key, "v": found}
            self.journal.note(answered)
        return given(answered)

    def suspend(self, kind: WaitKind, shown: dict[str, Any], seconds: float | None) -> Value:
        """The answer of a person; raises where there is none yet."""
        key = f"{self.key}?"
        answered = self.journal.recall(key)
        if answered is None and not self.machine.may_suspend:
            raise failed(Code.UNSUPPORTED, "this run cannot be suspended to wait for a person")
        if answered is None:
            answer = self.journal.ask(kind, shown) if self.journal.ask else None
            if answer is None:
                raise self.journal.suspend(Wait(key, kind, shown, seconds))
            answered = {"k": key, "v": answer}
            self.journal.note(answered)
        return given(answered)


def recorded(item: Instruction, verb: Verb, inner: Inner) -> "Act":
    """The step of a verb that does not only compute, as the journal wants it: `inner(variables, run)` does it."""
    effect = verb.effect_with(item.data["modifiers"])
    perform = _PERFORMERS[verb.touches if effect == "store" and verb.touches in _BY_THEMSELVES else effect]
    path, waits = item.path, effect == "wait"

    def act(variables: dict[str, Value], machine: "Machine") -> Value:
        journal = machine.context.journal
        assert journal is not None
        branch = variables.get(BRANCH_NUMBER)
        key = machine.key_of(path)
        run = StepRun(machine, journal, key if branch is None else f"{key}[{branch}]")
        entry = None if waits else journal.recall(run.key)
        if entry is not None and "b" not in entry:
            machine.trace.remark(entry.get("r", {}))
            return given(entry)
        return perform(run, inner, variables)

    return act


def _read(run: StepRun, inner: Inner, variables: dict[str, Value]) -> Value:
    try:
        value = inner(variables, run)
    except OqlError as error:
        _note_failure(run, error)
        raise
    run.note({"k": run.key, "v": value})
    return value


def _store(run: StepRun, inner: Inner, variables: dict[str, Value]) -> Value:
    if run.machine.transaction or run.context.store is None:
        return _read(run, inner, variables)
    return _in_a_frame(run, lambda: inner(variables, run))


def _in_a_frame(run: StepRun, make: Callable[[], Value]) -> Value:
    """What `make` gives inside a frame of the step's own, which commits with the note of it."""
    store = run.context.store
    assert store is not None
    run.noted = True

    def work(frame: Frame) -> Value:
        run.frame = frame
        try:
            value = make()
        finally:
            run.frame = None
        run.journal.write(frame, {"k": run.key, "v": value})
        return value

    try:
        return store.write(run.charged(work))
    except StoreError as error:
        raise _uncommitted(run, error) from None
    except OqlError as error:
        _note_failure(run, error)
        raise


def _committing(run: StepRun, inner: Inner, variables: dict[str, Value]) -> Value:
    try:
        value = inner(variables, run)
    except OqlError as error:
        if not run.noted:
            _note_failure(run, error)
        raise
    if not run.noted:
        run.note({"k": run.key, "v": value})
    return value


def _uncommitted(run: StepRun, error: StoreError) -> OqlError:
    """What becomes of a step whose commit failed: of a job, only its journal knows whether it did."""
    if run.journal.keeper:
        return run.journal.lose(error)
    run.journal.withdraw(run.key)
    told = failure(error)
    _note_failure(run, told)
    return told


def _file(run: StepRun, inner: Inner, variables: dict[str, Value]) -> Value:
    if run.machine.transaction:
        return _read(run, inner, variables)
    reach("before an effect outside")
    try:
        value = inner(variables, run)
    except OqlError as error:
        _note_failure(run, error)
        raise
    reach("after an effect outside")
    entry: Entry = {"k": run.key, "v": value}
    if not run.at_end or run.context.store is None:
        _written(run, entry)
        return value

    def work(frame: Frame) -> None:
        for each in run.at_end:
            each(frame)
        run.journal.write(frame, entry)

    try:
        run.context.store.write(work)
    except StoreError as error:
        raise _uncommitted(run, error) from None
    return value


def _outside(run: StepRun, inner: Inner, variables: dict[str, Value]) -> Value:
    if run.journal.keeper:
        begun = run.journal.recall(run.key)
        _written(run, {"k": run.key, "b": begun["b"] if begun else True})
    reach("before an effect outside")
    try:
        value = inner(variables, run)
    except OqlError as error:
        _note_failure(run, error)
        raise
    reach("after an effect outside")
    _written(run, _with_remarks(run, {"k": run.key, "v": value}))
    return value


def _with_remarks(run: StepRun, entry: Entry) -> Entry:
    return {**entry, "r": run.remarks} if run.remarks else entry


def _wait(run: StepRun, inner: Inner, variables: dict[str, Value]) -> Value:
    return inner(variables, run)


def _written(run: StepRun, entry: Entry) -> None:
    run.journal.note(entry)
    run.journal.flush()


def _note_failure(run: StepRun, error: OqlError) -> None:
    if not error.final:
        run.note(_with_remarks(run, failure_entry(run.key, error)))
        run.machine.failures.append(run.key)
    elif isinstance(error, Fenced):
        run.context.cancel.set()


_PERFORMERS: dict[str, Callable[[StepRun, Inner, dict[str, Value]], Value]] = {
    "pure": _read,
    "read": _read,
    "store": _store,
    "file": _file,
    "user": _committing,
    "calendar": _committing,
    "outside": _outside,
    "wait": _wait,
}

_BY_THEMSELVES = ("file", "user", "calendar")
"""What steps touch that have an effect in the store, but do not run inside a frame as a whole."""
