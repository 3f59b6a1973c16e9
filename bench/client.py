"""A load generator for where wrk is not installed: `python -m bench.client PORT SECONDS CONNECTIONS < request`.

One thread and epoll, no parser: an answer is complete when as many bytes have come as its Content-Length says.
"""

import json
import math
import re
import select
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, repeat

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent: float
    received: bytes = b""


def drive(port: int, connections: int, requests: Iterator[bytes], seconds: float = math.inf) -> dict[str, float]:
    """The answers of some seconds, or to all requests, as `bench.load.Load` names them."""
    waiting = select.epoll()
    opened = {}
    for request in islice(requests, connections):
        made = socket.create_connection(("127.0.0.1", port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened[made.fileno()] = _Connection(made, time.perf_counter())
        waiting.register(made, select.EPOLLIN)
        made.sendall(request)
    begun = time.perf_counter()
    delays, failed = _answers(waiting, opened, begun + seconds, requests)
    taken = time.perf_counter() - begun
    for connection in opened.values():
        connection.socket.close()
    delays.sort()
    middle, late = (delays[int(len(delays) * part)] if delays else 0.0 for part in (0.5, 0.99))
    return {"requests": len(delays), "seconds": taken, "failed": failed, "p50": middle, "p99": late}


def _answers(
    waiting: select.epoll, opened: dict[int, _Connection], until: float, requests: Iterator[bytes]
) -> tuple[list[float], int]:
    """The delays of all answers until then, and how many were no 2xx."""
    delays: list[float] = []
    failed, busy = 0, len(opened)
    now = time.perf_counter()
    while busy and now < until:
        for number, _ in waiting.poll(0.1):
            connection = opened[number]
            data = connection.socket.recv(65_536)
            if not data:
                raise ConnectionError("the server closed a connection")
            connection.received += data
            if not _complete(connection.received):
                continue
            now = time.perf_counter()
            delays.append(now - connection.sent)
            failed += connection.received[9:10] != b"2"
            connection.received, connection.sent = b"", now
            following = next(requests, None)
            if following is None:
                busy -= 1
            else:
                connection.socket.sendall(following)
        now = time.perf_counter()
    return delays, failed


def _complete(received: bytes) -> bool:
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(received, 0, head)
    return len(received) >= head + 4 + (int(length[1]) if length else 0)


if __name__ == "__main__":
    port, seconds, connections = map(int, sys.argv[1:4])
    print(json.dumps(drive(port, connections, repeat(sys.stdin.buffer.read()), seconds)))
