"""A small HTTP server with the pages, for a browser: it answers as a server of runs would, with the real functions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from oql.people.answers import check_answers, check_decision
from server.people import pages as gather

TOKEN = "a-token"


@dataclass
class Site:
    """What is shown at which path, and what was sent."""

    url: str = ""
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def _answer(site: Site, path: str, posted: dict[str, str], headers: dict[str, str]) -> tuple[int, str]:
    shown = site.shown[path]
    csrf, fields = gather.sent(posted)
    site.headers.append(headers)
    if gather.is_cross_site(headers) or csrf != TOKEN:
        return 403, gather.page(shown, path, TOKEN, fields, {"": "sent from another page: send it again"})
    values, problems = check_decision(fields) if "prompt" in shown else check_answers(shown, fields)
    if problems:
        return 400, gather.page(shown, path, TOKEN, fields, problems)
    site.answers.append(values)
    return 200, gather.THANKS.page


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in site.shown:
                self._send(200, gather.page(site.shown[self.path], self.path, TOKEN, deadline=1_796_000_000.0))
            else:
                self._send(404, gather.NOTICES["unknown"].page)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted = dict(parse_qsl(body, keep_blank_values=True))
            self._send(*_answer(site, self.path, posted, dict(self.headers.items())))

        def _send(self, status: int, page: str) -> None:
            self.send_response(status)
            for name, value in gather.HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_told: Any) -> None:
            """Nothing: the test says what it saw."""

    return Handler


@contextmanager
def serving(shown: dict[str, dict[str, Any]]) -> Iterator[Site]:
    """Serves forms and questions at their paths."""
    site = Site(shown=shown)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
