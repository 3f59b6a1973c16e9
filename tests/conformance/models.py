"""The language model of a case: a service on this machine, which answers what the case says."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from oql.models import Models
from tests.models.services import Asked, Said, openai, refusal, serving

MOST_RESTS = {"Retry_After": "0"}


@contextmanager
def models(answers: Sequence[Any]) -> Iterator[Models | None]:
    """What gives these answers, in turn; None where there are none."""
    if not answers:
        yield None
        return
    with serving() as service:
        service.says = [_said(answer) for answer in answers]
        with closing(service.models()) as asking:
            yield asking


def _said(answer: Any) -> Said:
    if isinstance(answer, str):
        return openai(answer)
    if answer == {"asked": True}:
        return replace(openai(), telling=_told)
    return refusal(answer["status"], {"error": {"message": answer["error"]}}, **MOST_RESTS)


def _told(asked: Asked) -> Said:
    """What a question was, as the text of an answer: the model, then each message."""
    messages = (f"{message['role']}: {message['content']}" for message in asked.body["messages"])
    return openai("\n".join([f"model: {asked.body['model']}", *messages]))
