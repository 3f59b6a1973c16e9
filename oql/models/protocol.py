"""What a protocol has to say: how a question is put, and what the parts of an answer mean."""

from collections.abc import Mapping
from typing import Any, Protocol

from oql.models.question import Answer, Question

Body = dict[str, Any]


class Speaks(Protocol):
    """One protocol. Whatever comes from a service is looked at with care: it may be anything."""

    path: str

    def headers(self, key: str) -> dict[str, str]:
        """Who asks; `key` may be empty."""

    def body(self, question: Question) -> Body:
        """The request, for an answer that is streamed."""

    def take(self, event: Body, answer: Answer) -> str:
        """Adds what one event of a stream says to the answer; the text that came with it."""

    def take_whole(self, body: Body, answer: Answer) -> None:
        """The same for an answer that was not streamed after all."""


def part(value: Any, *path: str | int) -> Any:
    """What is found in JSON by keys and positions; None where it is not there."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def text_at(value: Any, *path: str | int) -> str:
    """A text in JSON; empty where there is none."""
    found = part(value, *path)
    return found if isinstance(found, str) else ""


def count_at(value: Any, *path: str | int) -> int | None:
    """A count in JSON; None where there is none."""
    found = part(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def told_error(body: Any) -> str:
    """What a service says went wrong, in any of the forms that are in use; empty where it says nothing."""
    places = (("error", "message"), ("error",), ("message",), ("detail",))
    return next((text for place in places if (text := text_at(body, *place))), "")
