"""The protocol of Anthropic's messages.

It knows no mode for JSON of any shape. A model that has to call a tool gives JSON as the tool's input, so a question
for JSON comes with such a tool; models that answer in words all the same are read like any other. Calls of other tools
are calls.
"""

import base64
from typing import Any

from oql import json
from oql.models.protocol import Body, count_at, part, text_at, told_error
from oql.models.question import Answer, CallOnItsWay, Message, Part, Question, ToolCall, ToolResult

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
        elif question.tools:
            wanted["tools"] = [
                {"name": tool.name, "description": tool.about, "input_schema": tool.takes} for tool in question.tools
            ]
            wanted |= {"tool_choice": {"type": "none"}} if question.closed else {}
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
                _begin_call(count_at(event, "index") or 0, part(event, "content_block"), answer)
                return text_at(event, "content_block", "text")
            case "content_block_delta":
                piece = text_at(event, "delta", "partial_json")
                call = answer.coming.get(count_at(event, "index") or 0)
                if call and piece:
                    call.arguments.append(piece)
                    return ""
                return text_at(event, "delta", "text") or piece
            case "message_delta":
                self._take_usage(part(event, "usage"), answer)
                answer.cut = text_at(event, "delta", "stop_reason") == "max_tokens"
            case "message_stop":
                answer.ended = True
        return ""

    def take_whole(self, body: Body, answer: Answer) -> None:
        blocks = part(body, "content")
        if isinstance(blocks, list):
            for place, block in enumerate(blocks):
                _begin_call(place, block, answer)
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


def _begin_call(place: int, block: Any, answer: Answer) -> None:
    """Notes the call that a block is, unless it is the answer itself; its input comes with it, or in pieces."""
    if text_at(block, "type") != "tool_use" or text_at(block, "name") == TOOL:
        return
    call = answer.coming.setdefault(place, CallOnItsWay(text_at(block, "id"), text_at(block, "name")))
    if part(block, "input"):
        call.arguments.append(json.dumps(part(block, "input")).decode())


def _text_of(block: Any) -> str:
    if text_at(block, "type") == "tool_use":
        return json.dumps(part(block, "input")).decode() if text_at(block, "name") == TOOL else ""
    return text_at(block, "text")


def _message(message: Message) -> Body:
    text = message.text
    return {"role": message.role, "content": text if text is not None else [_part(each) for each in message.parts]}


def _part(content: Part) -> dict[str, Any]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    if isinstance(content, ToolCall):
        return {"type": "tool_use", "id": content.id, "name": content.name, "input": _input(content.arguments)}
    if isinstance(content, ToolResult):
        failed = {"is_error": True} if content.failed else {}
        return {"type": "tool_result", "tool_use_id": content.id, "content": content.text, **failed}
    data = base64.b64encode(content.data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": content.media_type, "data": data}}


def _input(arguments: str) -> Any:
    """The object of a call; an empty one where the model has written something else, which it hears of as a result."""
    try:
        given = json.loads(arguments or "{}")
    except json.JsonError:
        return {}
    return given if isinstance(given, dict) else {}
