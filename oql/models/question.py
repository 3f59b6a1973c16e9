"""What is asked of a model, and what it answers, whatever the protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

JSON_RULE = "Answer with one JSON object and nothing else: no text around it, no code fence."
"""What a model is told that has to answer with JSON."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image for a model: the bytes of its file, and their media type."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that a model may call. `takes`: the JSON Schema of the object that a call brings."""

    name: str
    about: str
    takes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model makes. `id`: what its result refers to; `arguments`: JSON, as the model has written it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call. `failed`: the text says why it could not be done."""

    id: str
    text: str
    failed: bool = False


Part = str | Picture | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: its texts and pictures in order, the calls of a model, or what came of those."""

    role: Literal["user", "assistant"]
    parts: Sequence[Part]

    @property
    def text(self) -> str | None:
        """The texts with blank lines between them; None where there are other parts too."""
        texts = [part for part in self.parts if isinstance(part, str)]
        return "\n\n".join(texts) if len(texts) == len(self.parts) else None


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation that a model is to go on with. `as_json`: with one JSON object; `most_tokens`: of the answer.

    `tools`: what it may call; `closed`: it has to answer without calling any of them again.
    """

    model: str
    messages: Sequence[Message]
    most_tokens: int
    system: str = ""
    as_json: bool = False
    tools: Sequence[Tool] = ()
    closed: bool = False

    @property
    def rules(self) -> str:
        """The system's part, with the rule on JSON where that is wanted; empty for none."""
        parts = [self.system, JSON_RULE if self.as_json else ""]
        return "\n\n".join(part for part in parts if part)


@dataclass(slots=True)
class CallOnItsWay:
    """A call of a tool, filled while it comes in."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """What came of a question, filled while it comes in. Token counts are None where the service tells none.

    `ended`: the service has said that this is all; `cut`: it stopped because the answer had become too long;
    `error`: what the service said went wrong while it answered, with a word for the kind of it in `error_kind`;
    `tries`: how often it was asked; `coming`: calls of tools, by the places that the service gives them.
    """

    text: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    ended: bool = False
    cut: bool = False
    error: str = ""
    error_kind: str = ""
    tries: int = 1
    coming: dict[int, CallOnItsWay] = field(default_factory=dict)

    @property
    def calls(self) -> list[ToolCall]:
        """The tools that the model calls, in order; those without an id get one."""
        return [
            ToolCall(call.id or f"call_{number}", call.name, "".join(call.arguments))
            for number, (_, call) in enumerate(sorted(self.coming.items()), 1)
        ]


class ModelError(Exception):
    """A question that was not answered. The text is safe to show; `status`: that of the service, 0 where none came.

    `timed_out`: the time for the answer was over. `tries`: how often it was asked. `lasting`: the same question would
    fail again.
    """

    def __init__(
        self, message: str, *, status: int = 0, timed_out: bool = False, tries: int = 1, lasting: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.timed_out = timed_out
        self.tries = tries
        self.lasting = lasting
