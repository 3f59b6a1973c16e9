"""One attempt of a step with one model: it answers, or calls tools and hears what came of it, round after round."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chains.asking.asks import Asks
from chains.asking.tools import Tool, used
from chains.tools.fetch import key_within
from chains.tools.pace import Pace
from chains.work import Told
from oql import json
from oql.errors import Code, OqlError, failed
from oql.models import Message, ModelError, Models, Question, ToolCall, ToolResult
from oql.models.question import Part

_WORTH_ANOTHER = frozenset({408, 409, 429})
"""Statuses of the client's own fault, by their numbers, that may be another one soon."""
MOST_CALLS = 100
"""Of tools in one round that are done."""
_BEYOND_S = 0.001


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that gave no answer. `lasting`: so would the next one with the same model."""

    error: OqlError
    lasting: bool


@dataclass(slots=True)
class Conversation:
    """What is asked, and what a model may use to answer it. `seconds`: of an attempt; `rounds`: with calls."""

    work: Asks
    models: Models
    prompt: str
    system: str
    tools: dict[str, Tool]
    seconds: float
    tell: Callable[[str], None]
    rounds: int
    _tokens: "Tokens" = field(default_factory=lambda: Tokens())

    def held(self, model: str, number: int, name: str, pause: Callable[[], float]) -> Told | Failure:
        """The answer of a model in its attempt of this number, or why there is none.

        name: of what is kept; pause: how many seconds to wait before.
        """
        messages = [Message("user", [self.prompt])]
        begun = _Clock(self.work, self.seconds)
        for turn in range(1, self.rounds + 2):
            closed = turn > self.rounds
            begun.pause = pause if turn == 1 else None
            said = self._said(model, number, f"{name}.{turn}", messages, begun, closed=closed)
            self._tokens.add(self.work, said)
            if "failed" in said:
                return Failure(OqlError(Code(said["code"]), said["failed"]), said["lasting"])
            calls = [ToolCall(*call) for call in said["calls"]]
            if not calls or closed:
                return Told(said["text"], self._tokens.read, self._tokens.written)
            messages += self._turned(said["text"], calls, f"{name}.{turn}", begun)
        raise AssertionError("the last round has no tools")

    def _said(
        self, model: str, number: int, name: str, messages: list[Message], begun: "_Clock", *, closed: bool
    ) -> dict[str, Any]:
        """What the model says in one round, as it is kept: the answer, or the failure."""

        def make() -> dict[str, Any]:
            pace = begun()
            try:
                return self._asked(model, name, messages, pace, closed=closed)
            except _Failed as failure:
                self.work.log(f"Attempt {number} ({model}) failed: {failure.error.message}", "warn")
                code = str(failure.error.code)
                return {"failed": failure.error.message, "code": code, "lasting": failure.lasting}

        kept: dict[str, Any] = self.work.once(name, make)
        return kept

    def _asked(self, model: str, name: str, messages: list[Message], pace: Pace, *, closed: bool) -> dict[str, Any]:
        end = self.models.endpoint
        tools = [tool.offer for tool in self.tools.values()]
        question = Question(
            end.model(model), messages, end.max_tokens, self.system, tools=tools, closed=closed and bool(tools)
        )
        if pace.left() <= 0:
            raise self._too_late()
        try:
            answer = self.models.complete(
                question,
                _Caller(self.work, pace),
                key=self._key(name),
                calling=self.work.context.cancel.calling,
                on_text=self.tell,
                most_tries=1,
                seconds=self.seconds,
            )
        except ModelError as error:
            self.work.look()  # when the execution is over, that is what it ends with
            raise self._failed(error) from None
        except json.JsonError as error:
            raise _Failed(Code.CHAIN_FAILED, f"the question cannot be sent: {error.message}", lasting=True) from None
        if answer.cut:
            self.work.log(f"The answer of {model} was cut off at {end.max_tokens} tokens (model_max_tokens)", "warn")
        calls = [[call.id, call.name, call.arguments] for call in answer.calls]
        return {"text": answer.text, "calls": calls, "in": answer.tokens_in, "out": answer.tokens_out}

    def _failed(self, error: ModelError) -> "_Failed":
        if error.timed_out:
            return self._too_late()
        refused = 400 <= error.status < 500 and error.status not in _WORTH_ANOTHER
        return _Failed(Code.NET_UNREACHABLE, error.message, lasting=error.lasting or refused)

    def _too_late(self) -> "_Failed":
        message = f'Model call timed out after {self.seconds:g}s for step "{self.work.step.id}"'
        return _Failed(Code.NET_TIMEOUT, message, lasting=False)

    def _key(self, name: str) -> str:
        """What tells the service that a call repeats another one."""
        return key_within(f"{self.work.execution}:{self.work.key}:{name}")

    def _turned(self, text: str, calls: list[ToolCall], name: str, begun: Callable[[], Pace]) -> list[Message]:
        """What the model has said, and what came of its calls, as turns of the conversation."""
        said: list[Part] = [text] if text.strip() else []
        results: list[Part] = []
        for place, call in enumerate(calls[:MOST_CALLS], 1):
            result = used(self.work, self.tools, call, f"{name}.{place}", begun)
            results.append(ToolResult(call.id, result["text"], result["failed"]))
        results += [ToolResult(call.id, "too many calls at once", failed=True) for call in calls[MOST_CALLS:]]
        return [Message("assistant", [*said, *calls]), Message("user", results)]


class _Clock:
    """The time of an attempt, which begins when it is first asked for, behind the `pause` that was set before."""

    def __init__(self, work: Asks, seconds: float) -> None:
        self.pause: Callable[[], float] | None = None
        self._work = work
        self._seconds = seconds
        self._pace: Pace | None = None

    def __call__(self) -> Pace:
        """The attempt's time."""
        if self._pace is None:
            if self.pause and (seconds := self.pause()) > 0:
                self._work.wait(seconds)
            self._pace = Pace(self._work, self._seconds)
        return self._pace


class _Failed(Exception):
    """An attempt that is over, as an exception: see `Failure`."""

    def __init__(self, code: Code, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.error = failed(code, message)
        self.lasting = lasting


@dataclass(slots=True)
class Tokens:
    """All that was read and written for an answer; None where the service counts nothing."""

    read: int | None = None
    written: int | None = None

    def add(self, work: Asks, said: dict[str, Any]) -> None:
        """Adds those of one round, for the step too."""
        read, written = said.get("in"), said.get("out")
        if read is not None or written is not None:
            work.count(read, written)
            self.read = (self.read or 0) + (read or 0)
            self.written = (self.written or 0) + (written or 0)


class _Caller:
    """The work as whoever asks: see `oql.models.client.Caller`."""

    def __init__(self, work: Asks, pace: Pace) -> None:
        self._pace = pace
        self.call_out = work.call_out
        self.wait = work.wait

    def seconds_left(self) -> float:
        """What is left of the attempt, and a moment more: when the execution is over, that is what it ends with."""
        return max(self._pace.left(), 0.0) + _BEYOND_S
