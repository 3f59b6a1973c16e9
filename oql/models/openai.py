"""The protocol of OpenAI's chat completions, which most other servers of models speak too."""

import base64
from typing import Any

from oql import json
from oql.models.protocol import Body, count_at, part, text_at, told_error
from oql.models.question import Answer, CallOnItsWay, Message, Part, Picture, Question, ToolCall, ToolResult


class OpenAI:
    """See `oql.models.protocol.Speaks`."""

    path = "/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, question: Question) -> Body:
        system = [{"role": "system", "content": question.rules}] if question.rules else []
        messages = [each for message in question.messages for each in _messages(message)]
        wanted: Body = {"response_format": {"type": "json_object"}} if question.as_json else {}
        if question.tools:
            wanted["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.about, "parameters": tool.takes},
                }
                for tool in question.tools
            ]
            wanted |= {"tool_choice": "none"} if question.closed else {}
        return {
            "model": question.model,
            "messages": [*system, *messages],
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
        _take_calls(part(event, "choices", 0, "delta", "tool_calls"), answer)
        return text_at(event, "choices", 0, "delta", "content") or text_at(event, "choices", 0, "delta", "refusal")

    def take_whole(self, body: Body, answer: Answer) -> None:
        self._take_end(body, answer)
        answer.text = text_at(body, "choices", 0, "message", "content")
        answer.ended = part(body, "choices", 0, "message") is not None
        _take_calls(part(body, "choices", 0, "message", "tool_calls"), answer)

    @staticmethod
    def _take_end(event: Body, answer: Answer) -> None:
        reason = text_at(event, "choices", 0, "finish_reason")
        answer.ended = answer.ended or bool(reason)
        answer.cut = answer.cut or reason == "length"
        tokens = count_at(event, "usage", "prompt_tokens"), count_at(event, "usage", "completion_tokens")
        if tokens != (None, None):
            answer.tokens_in, answer.tokens_out = tokens


def _take_calls(calls: Any, answer: Answer) -> None:
    """Pieces of calls: each with its place and one after the other; some servers give whole ones, without a place."""
    for piece in calls if isinstance(calls, list) else ():
        place = count_at(piece, "index")
        if place is None:
            place = len(answer.coming) - (0 if text_at(piece, "id") or text_at(piece, "function", "name") else 1)
        call = answer.coming.setdefault(place, CallOnItsWay())
        call.id = call.id or text_at(piece, "id")
        call.name = call.name or text_at(piece, "function", "name")
        call.arguments.append(text_at(piece, "function", "arguments"))


def _messages(message: Message) -> list[Body]:
    """A turn as messages: each result of a call is one of its own, calls stand beside the text."""
    results: list[Body] = [
        {"role": "tool", "tool_call_id": each.id, "content": each.text}
        for each in message.parts
        if isinstance(each, ToolResult)
    ]
    calls = [each for each in message.parts if isinstance(each, ToolCall)]
    rest = Message(message.role, [each for each in message.parts if isinstance(each, (str, Picture))])
    if not calls:
        return [*results, *([_said(rest)] if rest.parts or not results else [])]
    called = [
        {"id": each.id, "type": "function", "function": {"name": each.name, "arguments": _arguments(each)}}
        for each in calls
    ]
    return [{"role": message.role, "content": rest.text or None, "tool_calls": called}]


def _arguments(call: ToolCall) -> str:
    """JSON as the model has written it; what is none is left out, since some servers read it."""
    try:
        json.loads(call.arguments)
    except json.JsonError:
        return "{}"
    return call.arguments


def _said(message: Message) -> Body:
    text = message.text  # a plain text where it will do: not every server knows parts
    return {"role": message.role, "content": text if text is not None else [_part(each) for each in message.parts]}


def _part(content: Part) -> dict[str, Any]:
    if isinstance(content, str):
        return {"type": "text", "text": content}
    assert isinstance(content, Picture)
    data = base64.b64encode(content.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{content.media_type};base64,{data}"}}
