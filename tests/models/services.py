"""Services of language models on this machine: they speak both protocols, and answer as a test tells them to."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from oql.models import Endpoint, Models
from oql.outbound import Outbound

KEY = "sk-canary-0123456789abcdef"


@dataclass(frozen=True)
class Asked:
    """One question as the service got it; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Said:
    """One answer: its bytes go out in pieces of so many, with a wait before each; then the connection is cut.

    `telling` makes another answer of the question.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    piece: int = 65_536
    waits: Callable[[], object] = lambda: None
    telling: "Callable[[Asked], Said] | None" = None


class Service:
    """Gives one answer after the other, the last of them again and again; notes what it is asked."""

    def __init__(self) -> None:
        self.says: list[Said] = []
        self.asked: list[Asked] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.at = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.at}"

    def models(self, protocol: str = "openai", **options: Any) -> Models:
        """What asks this service."""
        options = {"api_key": KEY, "default": "small", "pause_s": 0.001, **options}
        base = f"{self.url}/v1" if protocol == "openai" else self.url
        return Models(Endpoint(base, protocol, **options), Outbound([self.at]))  # type: ignore[arg-type]  # a literal

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = json.loads(self.rfile.read(int(headers["content-length"])))
                service.asked.append(Asked(self.path, headers, body))
                said = service.says.pop(0) if len(service.says) > 1 else service.says[0]
                said = said.telling(service.asked[-1]) if said.telling else said
                self.send_response(said.status)
                for name, value in {**said.headers, "Connection": "close"}.items():
                    self.send_header(name, value)
                self.end_headers()
                for start in range(0, len(said.body), said.piece):
                    said.waits()
                    self.wfile.write(said.body[start : start + said.piece])
                    self.wfile.flush()

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        return Handler


@contextmanager
def serving() -> Iterator[Service]:
    """A service at work."""
    service = Service()
    thread = threading.Thread(target=service.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.server.shutdown()
        service.server.server_close()
        thread.join()


def events(*parts: Any, names: bool = False) -> bytes:
    """A stream of server-sent events; `names`: with the line that names each."""
    lines = []
    for part in parts:
        if names:
            lines.append(f"event: {part['type']}\n")
        lines.append(f"data: {part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)}\n\n")
    return "".join(lines).encode()


def openai(*texts: str, reason: str = "stop", tokens: tuple[int, int] = (11, 7), **options: Any) -> Said:
    """An answer in the words of OpenAI's protocol."""
    chunks: list[Any] = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}]
    chunks += [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}})
    return Said(events(*chunks, "[DONE]"), **options)


def anthropic(
    *texts: str, tool: bool = False, reason: str = "end_turn", tokens: tuple[int, int] = (11, 7), **options: Any
) -> Said:
    """An answer in the words of Anthropic's protocol, in a text or as the input of a tool."""
    block = {"type": "tool_use", "id": "t", "name": "answer", "input": {}} if tool else {"type": "text", "text": ""}
    kind, name = ("input_json_delta", "partial_json") if tool else ("text_delta", "text")
    deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": kind, name: text}} for text in texts]
    usage = {"input_tokens": tokens[0] - 4, "cache_read_input_tokens": 4, "output_tokens": 1}
    body = events(
        {"type": "message_start", "message": {"role": "assistant", "content": [], "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        *deltas,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": tokens[1]}},
        {"type": "message_stop"},
        names=True,
    )
    return Said(body, **options)


Called = tuple[str, str, str]
"""A call of a tool: its id, the tool's name, and the arguments as the model writes them."""


def openai_calls(*calls: Called, text: str = "", tokens: tuple[int, int] = (11, 7), **options: Any) -> Said:
    """Calls of tools in the words of OpenAI's protocol: arguments come in two pieces, one call after the other."""
    chunks: list[Any] = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": text or None}}]}]
    for index, (id_, name, arguments) in enumerate(calls):
        half = len(arguments) // 2
        first = {"index": index, "id": id_, "type": "function", "function": {"name": name, "arguments": ""}}
        pieces = [
            first,
            *({"index": index, "function": {"arguments": a}} for a in (arguments[:half], arguments[half:])),
        ]
        chunks += [{"choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]} for piece in pieces]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}})
    return Said(events(*chunks, "[DONE]"), **options)


def anthropic_calls(*calls: Called, text: str = "", tokens: tuple[int, int] = (11, 7), **options: Any) -> Said:
    """Calls of tools in the words of Anthropic's protocol, the text in a block of its own before them."""
    blocks: list[tuple[dict[str, Any], dict[str, Any]]] = []
    if text:
        blocks.append(({"type": "text", "text": ""}, {"type": "text_delta", "text": text}))
    for id_, name, arguments in calls:
        block = {"type": "tool_use", "id": id_, "name": name, "input": {}}
        blocks.append((block, {"type": "input_json_delta", "partial_json": arguments}))
    parts: list[Any] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": tokens[0], "output_tokens": 1}}}
    ]
    for index, (block, delta) in enumerate(blocks):
        parts += [
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    end = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": tokens[1]}}
    return Said(events(*parts, end, {"type": "message_stop"}, names=True), **options)


def refusal(status: int, body: Any, **headers: str) -> Said:
    """An answer that is an error."""
    text = body if isinstance(body, str) else json.dumps(body)
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(text.encode(), status, sent)


WORDS: dict[str, Callable[..., Said]] = {"openai": openai, "anthropic": anthropic}
CALLS: dict[str, Callable[..., Said]] = {"openai": openai_calls, "anthropic": anthropic_calls}
PROTOCOLS: Sequence[str] = tuple(WORDS)
