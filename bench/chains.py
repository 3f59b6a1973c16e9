"""Chains on a running server: sent over HTTP, and looked at where the store has their records."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.jobs import GIVE_UP_S, JobLoad, Jobs, Sent
from chains.executions import records
from chains.starting import start
from substrate.interface import Frame

_TRANSFORM = (
    "{{id: s{n}, type: transform, operation: template, template_str: '{{v{before}}}.', output_var: v{n}{needs}}}"
)


def transforms(steps: int, waves: int) -> str:
    """A chain of transform steps in waves that wait for each other."""
    wide = steps // waves
    lines = []
    for n in range(steps):
        before = n - wide
        needs = f", depends_on: [s{before}]" if before >= 0 else ""
        lines.append("  - " + _TRANSFORM.format(n=n, before=max(before, 0), needs=needs))
    return f"name: transforms\noutput: v{steps - 1}\nsteps:\n" + "\n".join(lines) + "\n"


def asks(count: int) -> str:
    """A chain of steps that ask a model, all at once."""
    steps = "".join(f'  - {{id: a{n}, prompt: "{n}?", output_var: a{n}}}\n' for n in range(count))
    return f"name: asks\noutput: a0\nsteps:\n{steps}"


def pauses(count: int, seconds: float) -> str:
    """A chain of steps that do nothing for a while, one after the other."""
    lines = []
    for n in range(count):
        needs = f", depends_on: [p{n - 1}]" if n else ""
        lines.append(f"  - {{id: p{n}, type: oql, program: 'SLEEP {seconds}', output_var: p{n}{needs}}}")
    return "name: pauses\noutput: p0\nsteps:\n" + "\n".join(lines) + "\n"


def cancel(frame: Frame, job: str) -> None:
    """Cancels an execution."""
    records.cancel(frame, job, "bench", time.time())


def add_finished(frame: Frame, first: int, count: int) -> None:
    """Adds executions of one step that have ended."""
    for number in range(first, first + count):
        made = start(
            frame, kind="chain", name="asks", text=asks(1), values={}, now=time.time(), limit=1_000_000,
            size_of=lambda _: None, execution=f"{number:016x}",
        )  # fmt: skip
        frame.system(
            "UPDATE job SET state = 'complete', due = NULL, started = created, finished = created, answer = ? "
            "WHERE id = ?",
            '{"result":"well"}', made,
        )  # fmt: skip


class Chains:
    """The chains of one account of a running server."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def save(self, name: str, text: str) -> None:
        """Keeps a chain."""
        self._post(self._connect(), f"/chains/{name}", text, "text/yaml")

    def send(self, name: str, count: int, clients: int) -> list[Sent]:
        """Starts a chain so often, over as many connections as there are clients."""
        shares = [len(range(client, count, clients)) for client in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            return [sent for some in pool.map(lambda share: self._send_some(name, share), shares) for sent in some]

    def get(self, path: str, count: int) -> list[float]:
        """Asks for something so often on one connection; the seconds of each answer."""
        connection, times = self._connect(), []
        headers = {"Authorization": f"Bearer {self._jobs.owner.token}"}
        for _ in range(count):
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
        connection.close()
        return times

    def burst(self, name: str, count: int, clients: int) -> JobLoad:
        """Starts chains without waiting for them, as slots allow, then waits for all."""
        return self._jobs.load(self.send(name, count, clients), "chain")

    def one_by_one(self, name: str, count: int) -> JobLoad:
        """Starts each when the one before has ended."""
        sent = []
        for _ in range(count):
            sent += self.send(name, 1, 1)
            self._jobs.await_last()
        return self._jobs.load(sent, "chain")

    def _send_some(self, name: str, count: int) -> list[Sent]:
        connection = self._connect()
        sent: list[Sent] = []
        while len(sent) < count:
            at = time.time()
            answer = self._post(connection, f"/execute/{name}", "{}", "application/json")
            if "executionId" in answer:
                sent.append(Sent(answer["executionId"], at))
            else:
                time.sleep(0.002)  # all slots are taken
        connection.close()
        return sent

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._jobs.server.port, timeout=GIVE_UP_S)

    def _post(self, connection: http.client.HTTPConnection, path: str, body: str, kind: str) -> dict[str, str]:
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self._jobs.owner.token}"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        found: dict[str, str] = json.loads(answer.read())
        if answer.status not in (200, 429):
            raise RuntimeError(f"{path}: {answer.status} {found}")
        return found


@contextmanager
def slow_model(seconds: float) -> Iterator[str]:
    """A service that answers for a model after some seconds; the address of its protocol."""
    chunk = {"choices": [{"index": 0, "delta": {"content": "well"}, "finish_reason": "stop"}]}
    body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(seconds)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
