"""A transport that sends the head of an answer together with what follows it: one system call instead of two."""

import asyncio
from typing import Any

_INTERIM = b"HTTP/1.1 1"


class Corked:
    """Passes everything on to a transport, but for a head: that waits for the body, at most until the loop's next turn.

    uvicorn writes the two one after the other, and each write wakes the client.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Sends what was kept back and this, or keeps this back if it looks like the head of a final answer."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(_INTERIM):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Closes once everything is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)
