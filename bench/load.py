"""Drives a server: many connections, each sending its next request as soon as the answer to the last is there."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import ROOT

CONNECTIONS = 64
_WRK = shutil.which("wrk")
GENERATOR = "wrk, one thread" if _WRK else "bench/client.py"
"""What makes the load: wrk where it is installed, since it takes the least from the server; else our own."""

_SCRIPT = """
wrk.method = %(method)s
wrk.body = %(body)s
%(headers)s
function done(summary, latency)
  local e = summary.errors
  io.stderr:write(string.format('{"requests":%%d,"seconds":%%f,"failed":%%d,"p50":%%f,"p99":%%f}',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, again and again."""

    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """GET, or POST with a body."""
        return "POST" if self.body else "GET"

    def wire(self) -> bytes:
        """Its bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers, how long it went on, answers that were no 2xx, delays in seconds."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float


def drive(port: int, request: Request, seconds: int, connections: int = CONNECTIONS) -> Load:
    """Sends a request for some whole seconds, from a process of its own. Raises RuntimeError when any failed."""
    made = _with_wrk(port, request, seconds, connections) if _WRK else _with_ours(port, request, seconds, connections)
    load = Load(**json.loads(made))
    if load.failed or not load.requests:
        raise RuntimeError(f"{load.failed} of {load.requests} requests to {request.path} failed")
    return load


def _with_wrk(port: int, request: Request, seconds: int, connections: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text(_script(request), encoding="utf-8")
        url = f"http://127.0.0.1:{port}{request.path}"
        command = [str(_WRK), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
        return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def _script(request: Request) -> str:
    headers = "\n".join(
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in request.headers.items()
    )
    return _SCRIPT % {"method": json.dumps(request.method), "body": json.dumps(request.body), "headers": headers}


def _with_ours(port: int, request: Request, seconds: int, connections: int) -> str:
    command = [sys.executable, "-m", "bench.client", str(port), str(seconds), str(connections)]
    done = subprocess.run(command, input=request.wire(), check=True, capture_output=True, cwd=ROOT)
    return done.stdout.decode()
