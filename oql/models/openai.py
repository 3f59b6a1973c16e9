"""The protocol of OpenAI's chat completions, which most other servers of models speak too."""

import base64
from typing import Any

from oql.models.protocol import Body, count_at, part, text_at, told_error
from oql.models.question import Answer, Message, Picture, Question


class OpenAI:
    """See `oql.models.protocol.Speaks`."""

    path = "/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, question: Question) -> Body:
        system = [{"role": "system", "content": question.rules}] if question.rules else []
        wanted: Body = {"response_format": {"type": "json_object"}} if question.as_json else {}
        return {
            "model": question.model,
            "messages": [*system, *map(_message, question.messages)],
            "max_tokens": question.most_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **wanted,
        }

    def take(self, event: Body, answer: Answer) -> str:
        if "error" in event:
            answer.error = told_error(event) or "it gave no reason"
            answer.error_kind = text_at(event, "error", "type") or text_at(event, "error", "code")
            return ""
        self._take_end(event, answer)
        return text_at(event, "choices", 0, "delta", "content") or text_at(event, "choices", 0, "delta", "refusal")

    def take_whole(self, body: Body, answer: Answer) -> None:
        self._take_end(body, answer)
        answer.text = text_at(body, "choices", 0, "message", "content")
        answer.ended = part(body, "choices", 0, "message") is not None

    @staticmethod
    def _take_end(event: Body, answer: Answer) -> None:
        reason = text_at(event, "choices", 0, "finish_reason")
        answer.ended = answer.ended or bool(reason)
        answer.cut = answer.cut or reason == "length"
        tokens = count_at(event, "usage", "prompt_tokens"), count_at(event, "usage", "completion_tokens")
        if tokens != (None, None):
            answer.tokens_in, answer.tokens_out = tokens


def _message(message: Message) -> Body:
    text = message.text  # a plain text where it will do: not every server knows parts
    return {"role": message.role, "content": text if text is not None else [_part(each) for each in message.parts]}


def _part(content: str | Picture) -> dict[str, Any]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    data = base64.b64encode(content.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{content.media_type};base64,{data}"}}
