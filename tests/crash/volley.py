"""Many requests at the same moment: all connections are there before the first request goes out."""

import http.client
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its status and body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def volley(url: str, requests: Sequence[bytes]) -> list[Answered]:
    """The answers to requests that are sent to a server at once, each on a connection of its own. Raises OSError."""
    at = httpx.URL(url)
    clients = [socket.create_connection((at.host, at.port or 80), PATIENCE_S) for _ in requests]
    try:
        for client, request in zip(clients, requests, strict=True):
            client.sendall(request)
        return [_answered(client) for client in clients]
    finally:
        for client in clients:
            client.close()


def get(url: str) -> bytes:
    """A request for an address."""
    at = httpx.URL(url)
    return f"GET {at.raw_path.decode()} HTTP/1.1\r\nHost: {at.netloc.decode()}\r\nConnection: close\r\n\r\n".encode()


def post(url: str, body: Any) -> bytes:
    """A request that brings JSON to an address."""
    at, data = httpx.URL(url), json.dumps(body).encode()
    head = (
        f"POST {at.raw_path.decode()} HTTP/1.1\r\nHost: {at.netloc.decode()}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def _answered(client: socket.socket) -> Answered:
    answer = http.client.HTTPResponse(client)
    answer.begin()
    return Answered(answer.status, answer.read())
