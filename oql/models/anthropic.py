"""The protocol of Anthropic's messages.

It knows no mode for JSON of any shape. A model that has to call a tool gives JSON as the tool's input, so a question
for JSON comes with such a tool; models that answer in words all the same are read like any other.
"""

import base64
from typing import Any

from oql.models.protocol import Body, count_at, part, text_at, told_error
from oql.models.question import Answer, Message, Picture, Question

VERSION = "2023-06-01"
TOOL = "answer"


class Anthropic:
    """See `oql.models.protocol.Speaks`."""

    path = "/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}

    def body(self, question: Question) -> Body:
        wanted: Body = {"system": question.rules} if question.rules else {}
        if question.as_json:
            wanted["tools"] = [
                {
                    "name": TOOL,
                    "description": "Takes the answer: its input is the JSON object that was asked for.",
                    "input_schema": {"type": "object", "additionalProperties": True},
                }
            ]
            wanted["tool_choice"] = {"type": "tool", "name": TOOL}
        return {
            "model": question.model,
            "max_tokens": question.most_tokens,
            "messages": [_message(message) for message in question.messages],
            "stream": True,
            **wanted,
        }

    def take(self, event: Body, answer: Answer) -> str:
        match text_at(event, "type"):
            case "error":
                answer.error = told_error(event) or "it gave no reason"
                answer.error_kind = text_at(event, "error", "type")
            case "message_start":
                self._take_usage(part(event, "message", "usage"), answer)
            case "content_block_start":
                return text_at(event, "content_block", "text")
            case "content_block_delta":
                return text_at(event, "delta", "text") or text_at(event, "delta", "partial_json")
            case "message_delta":
                self._take_usage(part(event, "usage"), answer)
                answer.cut = text_at(event, "delta", "stop_reason") == "max_tokens"
            case "message_stop":
                answer.ended = True
        return ""

    def take_whole(self, body: Body, answer: Answer) -> None:
        blocks = part(body, "content")
        if isinstance(blocks, list):
            answer.text = "".join(_text_of(block) for block in blocks)
            answer.ended = True
        answer.cut = text_at(body, "stop_reason") == "max_tokens"
        self._take_usage(part(body, "usage"), answer)

    @staticmethod
    def _take_usage(usage: Any, answer: Answer) -> None:
        """Counts are running sums; what was read from a cache of prompts, or put there, is not among the input."""
        names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        read = [count_at(usage, name) for name in names]
        if read[0] is not None:
            answer.tokens_in = sum(count or 0 for count in read)
        written = count_at(usage, "output_tokens")
        answer.tokens_out = answer.tokens_out if written is None else written


def _text_of(block: Any) -> str:
    from oql import json

    if text_at(block, "type") == "tool_use":
        return json.dumps(part(block, "input")).decode()
    return text_at(block, "text")


def _message(message: Message) -> Body:
    text = message.text
    return {"role": message.role, "content": text if text is not None else [_part(each) for each in message.parts]}


def _part(content: str | Picture) -> dict[str, Any]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    data = base64.b64encode(content.data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": content.media_type, "data": data}}
