"""What a verb may ask of the run it is part of. `oql.serving` and `oql.recording` answer."""

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

from oql.context import Context
from oql.values import Value
from substrate.interface import Frame

T = TypeVar("T")


class Run(Protocol):
    """What a verb may ask of the run it is part of."""

    context: Context
    variables: dict[str, Value]

    @property
    def frame(self) -> Frame | None:
        """What the database steps of an open TRANSACTION belong to."""

    def emit(self, value: Value) -> None:
        """Adds a value to the output."""

    def draw(self, count: int) -> int:
        """A number from 0 to below `count`, by chance."""

    def first(self, make: Callable[[], Value]) -> Value:
        """What `make` gives, kept before the step goes on: a repetition of the step gets what was made then."""

    @property
    def repeated(self) -> bool:
        """Whether the step has begun before, and nobody knows how far it came."""

    def with_step(self, work: Callable[[Frame], None]) -> None:
        """Does something in the store together with the note that the step was done: exactly once."""

    def commit(self, work: Callable[[Frame], Value]) -> Value:
        """What `work` gives, which commits together with the note that the step was done: exactly once.

        For verbs that must not hold the writers up with what they do before it: those that touch "user" or "calendar".
        What is refused, `work` refuses.
        """

    def remark(self, **remarks: Value) -> None:
        """Adds fields to the step's entry in the trace, kept in the journal too; counts of one name are summed."""

    def pinned(self, name: str, text: str) -> dict[str, Value]:
        """What a verb with `runs_text` gives: the text, and what the program is called; kept for repetitions."""

    def idempotency_key(self) -> str:
        """What is the same for every repetition of the step, and different for every other step."""

    @property
    def place(self) -> str:
        """Where the step stands in the run, as journals have it; "" where nothing runs at once."""

    def claim(self, size: int) -> None:
        """Asks for `size` bytes before they are made; LimitExceeded when the run may not hold so much."""

    def occupy(self, size: int) -> None:
        """Counts `size` bytes that are held for the run outside its values; given back by a `size` below 0.

        LimitExceeded when the run may not hold so much; they are counted all the same.
        """

    def charge(self, seconds: float) -> None:
        """Counts computing that another process did for the run; Timeout when it has used up what it may compute."""

    def call_out(self) -> None:
        """Counts a call that may leave the machine, before it is made; LimitExceeded when there were too many."""

    def look(self) -> None:
        """Ends the run when it was cancelled or has used up its time; for verbs that compute long."""

    def charged(self, work: Callable[[Frame], T]) -> Callable[[Frame], T]:
        """The same work for the store, charged to the run also where another thread does it while the run's waits."""

    def suspend(self, kind: Literal["gather", "confirm"], shown: dict[str, Any], seconds: float | None) -> Any:
        """Asks a person and gives the answer: for a form the checked values by name, for a question
        `{"approved": boolean, "reason": text or null}`.

        Where there is no answer yet it raises, which ends this run of the job; a later one comes here again. Timeout
        when nobody has answered for `seconds`; Unsupported where the run cannot wait.
        """

    def await_chain(self, begin: Callable[[str, str], str], outcome: Callable[[str], Value]) -> Value:
        """What an execution comes to: {"result"} or {"error"}.

        begin: starts it for a job and the key of this wait, once, and gives its id; outcome: None while it runs. A job
        is suspended meanwhile.
        """

    def wait(self, seconds: float) -> None:
        """Waits without computing; ends early with an error when the run is cancelled or out of time."""

    def seconds_left(self) -> float:
        """How long the run may go on, or its open TRANSACTION where that is less."""

    def clock(self) -> float:
        """Unix seconds at this moment: the run's fixed `now` and what has passed since."""
