"""Clients that follow jobs as server-sent events: how long after a step has ended they hear of it."""

import json
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_RECEIVED = 65_536
_OPENING = 8
"""Streams that wait for their answer at once: a server refuses clients that come too many at a time."""


@dataclass(slots=True)
class _Stream:
    """One client. `came`: what was received and is no whole event yet."""

    socket: socket.socket
    job: str
    came: bytes = b""
    answered: bool = False


@dataclass(slots=True)
class Streams:
    """Many clients in this thread. `begun`: when each job began, in Unix seconds; a step tells its time from there.

    `step`: of which verb's ends the delays are noted.
    """

    begun: Mapping[str, float]
    step: str
    path: str = "/v1/job/{}/stream"
    delays: list[float] = field(default_factory=list)
    _ready: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)
    _open: list[_Stream] = field(default_factory=list)

    def follow(self, port: int, token: str, jobs: Sequence[str], count: int) -> None:
        """Opens so many streams, each job followed by as many; returns once each has been answered."""
        for number in range(count):
            job = jobs[number % len(jobs)]
            made = socket.create_connection(("127.0.0.1", port))
            head = f"GET {self.path.format(job)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
            made.sendall(head.encode())
            stream = _Stream(made, job)
            self._open.append(stream)
            self._ready.register(made, selectors.EVENT_READ, stream)
            while sum(not stream.answered for stream in self._open[-_OPENING:]) == _OPENING:
                self.listen(0.001)
        while not all(stream.answered for stream in self._open):
            self.listen(0.01)

    def listen(self, seconds: float) -> None:
        """Takes what comes for some time. Raises RuntimeError where a stream is refused or ends."""
        until = time.monotonic() + seconds
        while True:
            for key, _ in self._ready.select(max(0.0, until - time.monotonic())):
                self._take(key.data)
            if time.monotonic() >= until:
                return

    def close(self) -> None:
        """Ends all streams."""
        for stream in self._open:
            stream.socket.close()
        self._ready.close()

    def _take(self, stream: _Stream) -> None:
        data = stream.socket.recv(_RECEIVED)
        now = time.time()
        if not data or (not stream.answered and not data.startswith(b"HTTP/1.1 200 ")):
            raise RuntimeError(f"a stream has ended: {data[:200]!r}")
        stream.answered = True
        if data.endswith(b"\r\n0\r\n\r\n"):
            raise RuntimeError(f"the server has ended a stream: {stream.came + data!r}")
        *events, stream.came = (stream.came + data).split(b"\n\n")
        for event in events:
            self._note(stream.job, event, now)

    def _note(self, job: str, event: bytes, now: float) -> None:
        if b"event: trace" not in event:
            return
        entry = json.loads(event.partition(b"data: ")[2].partition(b"\n")[0])
        if entry["step"] == self.step and "started_ms" in entry:
            ended = self.begun[job] + (entry["started_ms"] + entry["duration_ms"]) / 1_000
            self.delays.append(now - ended)


@dataclass(slots=True)
class ExecutionStreams(Streams):
    """The same for executions of chains. `ended`: of each step that was told as done, when each client heard of it."""

    path: str = "/executions/{}/stream"
    ended: dict[str, list[float]] = field(default_factory=dict)

    def _note(self, job: str, event: bytes, now: float) -> None:
        told = event.partition(b"data: ")[2]
        if b'"step_done"' in told:
            self.ended.setdefault(json.loads(told)["stepId"], []).append(now)
