"""The journal of a run: what its steps have got from the world, so that a later run of the same program gets it again.

    run 1      QUERY -> rows     INSERT -> id     GATHER ...           the process may die, or the run is suspended
    journal    "1": rows         "2": id          "3": the answer
    run 2      QUERY <- rows     INSERT <- id     GATHER <- answer     WRITE -> ...

A run that is continued starts from the beginning. Steps that only compute are computed again; every other step is
recorded under its key, the path of the step with the passes of the loops around it (`3.body#2.1`), and a recorded step
gives its recorded value, or fails as it failed.

An effect in the store commits together with its entry, and with all entries before it (a Keeper writes them, as long as
the run still holds its job). What was only read is written with the next effect, or before a call leaves the machine.
A run that is no job yet keeps its entries in memory; `keep` makes it one, with all it has recorded.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from oql.budget import measure
from oql.errors import Code, OqlError
from oql.program import Program, text_digest
from oql.progress import Progress, Told
from oql.trace import Trace
from oql.values import Value
from substrate.errors import StoreError
from substrate.interface import Frame, Namespace

Entry = dict[str, Any]
"""`k`: the key, with `v`, the value; or `e`, an error as [code, message, hint]; or `b`, what is known of a step that
has begun; or `f`: what was recorded under the key no longer counts; or `p`: nor under any key that begins with it.
`r`: what the step has remarked in the trace."""

_NUMBERS = re.compile(r"\d+")
_log = logging.getLogger("oql.jobs")

LOST = "a commit of the run has failed"
"""Why a run is interrupted that finds, before it is told so, that something it wrote is not there."""
CALLS = "calls"
"""The key of how many calls were made. No step has it."""
MOST_IN_MEMORY = 16 * 2**20
"""Bytes that a run may have read and still become a job."""
MOST_UNWRITTEN = 4 * 2**20
MOST_UNWRITTEN_ENTRIES = 1_000
_SPOKEN_FOR = 50

WaitKind = Literal["gather", "confirm", "sleep", "chain"]
FOR_PEOPLE: tuple[WaitKind, ...] = ("gather", "confirm")
"""Kinds of waits that a person ends."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a suspended run waits for. `shown`: the form or question; `seconds`: how long, None for ever."""

    key: str
    kind: WaitKind
    shown: dict[str, Any]
    seconds: float | None


class Suspended(OqlError):
    """Not a failure: the run cannot go on before something happens. No OR catches it."""

    def __init__(self) -> None:
        super().__init__(Code.TIMEOUT, "the run is suspended", final=True)


class Fenced(OqlError):
    """The run has lost its job: somebody cancelled it, or took it over. Whatever it does now must leave no trace."""

    def __init__(self) -> None:
        super().__init__(Code.TIMEOUT, "the run was cancelled", final=True)


class Interrupted(OqlError):
    """The run cannot go on here and now, and nothing of it is lost: it is taken up again later."""

    def __init__(self, why: str) -> None:
        super().__init__(Code.TIMEOUT, why, final=True)


class Keeper(Protocol):
    """Writes the journal of one job."""

    @property
    def waiting(self) -> bool:
        """Whether there is something of its own that `append` would write."""

    def opened(self, wait: Wait) -> None:
        """A step has begun to wait, which the run may go on beside."""

    def answers(self, store: Namespace, keys: Sequence[str]) -> list[Entry]:
        """What has come of these waits meanwhile: answers, and deadlines that have passed."""

    def written(self, store: Namespace) -> list[Entry]:
        """The journal as it is on disk."""

    def append(self, frame: Frame, entries: list[Entry], told: list[Told], *, last: bool = False) -> None:
        """Adds to the journal, and to what the job tells of itself, in a frame; `last`: the run is over.

        Raises Fenced where the job is no longer this run's, LimitExceeded where the journal is full and it is not over.
        """


@dataclass
class Journal:
    """The journal of one run. `recorded`: what earlier runs of the job have recorded, by key.

    `ask`: asks a person right here, and gives None where nobody answers. `before`: what earlier runs have told of their
    steps; `age`: how many seconds the job is older than this run. Safe to share between the threads of the run.
    """

    job_id: str
    store: Namespace | None = None
    recorded: Mapping[str, Entry] = field(default_factory=dict)
    keeper: Keeper | None = None
    ask: Callable[[str, dict[str, Any]], Value] | None = None
    before: Sequence[Told] = ()
    age: float = 0.0
    progress: Progress | None = None
    waits: list[Wait] = field(default_factory=list)
    forgetful: bool = False
    lost: bool = False
    """Whether a commit of the run has failed: it writes nothing more, and goes on elsewhere from what is on disk."""
    calls: int = 0
    """How many calls that may leave the machine all runs of the job have made, as far as they have recorded it."""
    _pinned: dict[str, str] = field(default_factory=dict)
    _unwritten: list[Entry] = field(default_factory=list)
    _held: int = 0
    _lock: Any = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.calls = self.recorded.get(CALLS, {"v": 0})["v"]

    def begin(self, program: Program, trace: Trace, started: int) -> None:
        """Tells the journal which run it is of; `started` in the nanoseconds of the run's clock."""
        self.progress = Progress(program, trace, started - int(self.age * 1e9), self.before)

    def recall(self, key: str) -> Entry | None:
        """What an earlier run has recorded under a key."""
        return self.recorded.get(key)

    def note(self, entry: Entry) -> None:
        """Records something that changed nothing."""
        size = _about(entry.get("v"))
        with self._lock:
            if self.forgetful:
                return
            self._unwritten.append(entry)
            self._held += size
            full = self._held > MOST_UNWRITTEN or len(self._unwritten) > MOST_UNWRITTEN_ENTRIES
            if self.keeper is None and self._held > MOST_IN_MEMORY:
                self.forgetful = True
                self._unwritten.clear()
        if full and self.keeper:
            self.flush()

    def note_telling(self, entry: Entry, tell: Callable[[], None]) -> None:
        """Records something, and has the run tell of it, so that both are written in one commit."""
        with self._lock:
            self._unwritten.append(entry)
            tell()

    def pin(self, text: str) -> str:
        """Records a text that is run as a program, once, and gives the digest by which later runs find it."""
        digest = text_digest(text)
        with self._lock:
            if digest in self._pinned:
                return digest
            self._pinned[digest] = text
        if self.recall(f"text {digest}") is None:
            self.note({"k": f"text {digest}", "v": text})
        return digest

    def pinned(self, digest: str) -> str:
        """The text of a digest."""
        found = self._pinned.get(digest)
        if found is None:
            found = self._pinned[digest] = given(self.recorded[f"text {digest}"])
        return found

    def count_call(self) -> None:
        """Records one more call, so that a run that goes on has no more of them left than this one."""
        with self._lock:
            self.calls += 1
            if not self.forgetful:
                self._unwritten.append({"k": CALLS, "v": self.calls})

    def write(self, frame: Frame, *entries: Entry) -> None:
        """Records what a frame has done, in the frame. Raises Fenced."""
        with self._lock:
            if self.keeper:
                self._unwritten += entries
                self._append(frame, self.keeper)
                return
            for entry in entries:
                self.note(entry)

    def withdraw(self, key: str) -> None:
        """Takes back the entry of an effect whose commit failed, where no job has it."""
        with self._lock:
            self._unwritten = [entry for entry in self._unwritten if entry["k"] != key]

    def remembered(self) -> dict[str, Entry]:
        """Everything recorded that is not written."""
        with self._lock:
            return by_key(self._unwritten)

    def flush(self) -> None:
        """Returns when everything recorded so far is on disk, where the run is a job. Raises Fenced, Interrupted."""
        if self.keeper and self.store:
            try:
                self.store.write(self.write_waiting)
            except OqlError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, the entries are neither here nor on disk
                raise self.lose(error) from None

    def lose(self, error: BaseException) -> Interrupted:
        """What the run ends with, as a commit of it has failed: nobody knows any more what it had still to write."""
        self.lost = True
        if isinstance(error, StoreError):
            return Interrupted(f"the store cannot be used: {error.message}")
        _log.error("a commit of job %s has failed", self.job_id, exc_info=error)
        return Interrupted(LOST)

    def keep(self, keeper: Keeper, begin: Callable[[Frame], None]) -> None:
        """Makes the run a job: `begin` makes the job in a frame, and everything recorded so far is written with it.

        Where that fails, everything stays recorded, and may be written by another try.
        """
        assert self.store is not None
        recorded: list[Entry] = []

        def work(frame: Frame) -> None:
            with self._lock:
                begin(frame)
                recorded.extend(self._unwritten)
                self._append(frame, keeper)
                self.keeper = keeper

        try:
            self.store.write(work)
        except BaseException:
            with self._lock:  # what was to be written with it is in memory again
                self.keeper, self._unwritten = None, recorded + self._unwritten
            raise

    def suspend(self, wait: Wait) -> Suspended:
        """What to raise in a step that has to wait."""
        with self._lock:
            self.waits.append(wait)
        if self.keeper:
            self.keeper.opened(wait)
        return Suspended()

    def refresh(self) -> bool:
        """Whether there are answers to what the run waits for.

        From now on its steps find them recorded, and whatever this run has recorded itself: those that are asked again
        must not do again what they have done before they waited. Raises Fenced, Interrupted, StoreError.
        """
        if not self.keeper or not self.store or not self.waits:
            return False
        answers = self.keeper.answers(self.store, [wait.key for wait in self.waits])
        if not answers:
            return False
        self.flush()
        found = by_key([*self.keeper.written(self.store), *answers])
        answered = {entry["k"] for entry in answers}
        with self._lock:
            self.recorded = found
            self.waits = [wait for wait in self.waits if wait.key not in answered]
        return True

    def waits_in_order(self) -> list[Wait]:
        """What the run waits for, in the order of its steps."""
        return sorted(self.waits, key=lambda wait: [int(part) for part in _NUMBERS.findall(wait.key)])

    def end(self, frame: Frame, forget: Iterable[str] = ()) -> None:
        """Writes what is left, in the frame that ends or suspends the job. Raises Fenced.

        `forget`: keys of steps that are to run again, should the job be retried.
        """
        with self._lock:
            if self.keeper and not self.lost:
                self._unwritten += [{"k": key, "f": True} for key in forget]
                self._append(frame, self.keeper, last=True)

    def write_waiting(self, frame: Frame) -> None:
        """Writes everything recorded and told so far in a frame. Raises Fenced."""
        with self._lock:
            if self.keeper and (self._unwritten or self.keeper.waiting):
                self._append(frame, self.keeper)

    def _append(self, frame: Frame, keeper: Keeper, *, last: bool = False) -> None:
        if self.lost:
            raise Interrupted(LOST)
        entries, self._unwritten, self._held = self._unwritten, [], 0
        keeper.append(frame, entries, self.progress.new() if self.progress else [], last=last)


def _about(value: Value) -> int:
    """About how many bytes a value holds; of a long array the first elements speak for all."""
    if type(value) is list and len(value) > _SPOKEN_FOR:
        return measure(value[:_SPOKEN_FOR], MOST_IN_MEMORY) * len(value) // _SPOKEN_FOR
    return measure([value], MOST_IN_MEMORY)


def failure_entry(key: str, error: OqlError) -> Entry:
    """The entry of a step that failed."""
    return {"k": key, "e": [str(error.code), error.message, error.hint]}


def given(entry: Entry) -> Value:
    """The recorded value of a step; raises the error that it failed with."""
    if "e" in entry:
        raise error_of(entry)
    return entry["v"]


def error_of(entry: Entry) -> OqlError:
    """The error of a recorded step that failed."""
    code, message, hint = entry["e"]
    return OqlError(Code(code), message, hint=hint)


def by_key(entries: list[Entry]) -> dict[str, Entry]:
    """The last entry of each key, of a journal in its order; what was taken back is not there."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if "f" in entry:
            found.pop(entry["k"], None)
        elif "p" in entry:
            for key in [key for key in found if key.startswith(entry["k"])]:
                del found[key]
        else:
            found[entry["k"]] = entry
    return found
