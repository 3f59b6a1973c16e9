"""A transport that sends what is written in one turn of the loop together, when the turn is over.

uvicorn writes the head of an answer and its body one after the other, and each write may wake a client: with many
answers in one turn, that costs more than the answers. So all of them leave in a row, each by one system call.
"""

import asyncio
from typing import Any

MOST_KEPT = 2**16
"""Bytes that wait for the end of the turn at most, so that a fast writer meets the limits of the transport in time."""


class Corked:
    """Passes everything on to a transport, but keeps what is written until the loop's next turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._kept: list[bytes] = []
        self._size = 0
        self.is_closing = transport.is_closing  # these two are asked in every request
        self.abort = transport.abort

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Sends this soon, with what else is written until then."""
        if not self._kept:
            self._loop.call_soon(self._flush)
        self._kept.append(data)
        self._size += len(data)
        if self._size > MOST_KEPT:
            self._flush()

    def close(self) -> None:
        """Closes once everything is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._kept:
            kept, self._kept, self._size = self._kept, [], 0
            self._transport.writelines(kept)
