"""A server on this machine that takes webhooks and remembers them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Sink:
    """What has come: the tag (the last part of the path), the id of the webhook, and its body as a text."""

    port: int = 0
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def at(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """How addresses of it begin."""
        return f"http://{self.at}"

    def of(self, tag: str) -> dict[str, set[str]]:
        """For each webhook that came for a tag, by its id, the different bodies it came with."""
        found: dict[str, set[str]] = {}
        for called, name, body in list(self.calls):
            if called == tag:
                found.setdefault(name, set()).add(json.dumps(json.loads(body), sort_keys=True))
        return found


@contextmanager
def taking() -> Iterator[Sink]:
    """A sink for the time of the block."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            sink.calls.append((self.path.rsplit("/", 1)[1], self.headers["webhook-id"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
