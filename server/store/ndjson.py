"""Rows as they stream in, one JSON object a line: written by chunks, in memory that does not grow with their number.

body ---> lines ---> chunk (1,000 rows, or 64 MiB) ---> one frame ---> the next part of the body is asked for
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from server import metrics
from server.bodies import READ_SECONDS
from server.problems import Problem, from_store
from server.request import Request
from server.store.bodies import NotJson, loads, whole
from server.store.changes import Fingerprint, Key, key_text, written
from server.store.gate import Visit, lsn_json
from server.store.slots import Slots
from server.store.threads import Threads
from substrate import json
from substrate.errors import Conflict, StoreError, described
from substrate.interface import Frame, JsonRow, Remembered

CHUNK_ROWS = 1_000
MOST_CHUNK_ROWS = 10_000
CHUNK_BYTES = 64 * 2**20
SAME_KEY_WAIT_S = 0.02

Put = Callable[[Frame, Sequence[JsonRow]], object]
"""Writes the objects of a chunk in a frame; of a bad one the refusal has the index in `detail["row"]`."""

Lines = list[tuple[int, bytes]]
"""Lines with their numbers, from 1."""


@dataclass(slots=True)
class Progress:
    """What of a stream is on disk."""

    inserted: int = 0
    lsn: Any = None

    def detail(self, line: int) -> dict[str, Any]:
        """Where a stream has come to, for the answer to one that goes no further."""
        return {"line": line, "inserted": self.inserted, "lsn": lsn_json(self.lsn) if self.lsn else None}


@dataclass(slots=True)
class Splitter:
    """Makes lines of the parts of a body, and chunks of lines. Raises Problem (413): a line is too long."""

    rows: int
    line_bytes: int
    chunk: Lines = field(default_factory=list)
    size: int = 0
    count: int = 0
    _rest: list[bytes] = field(default_factory=list)
    _rest_size: int = 0

    def take(self, part: bytes) -> None:
        """Takes a part of the body."""
        *whole_lines, rest = part.split(b"\n")
        for line in whole_lines:
            self._line(b"".join([*self._rest, line]))
            self._rest.clear()
            self._rest_size = 0
        if rest:
            self._rest.append(rest)
            self._rest_size += len(rest)
            if self._rest_size > self.line_bytes:
                self._refuse(self.count + 1)

    def end(self) -> None:
        """The body has ended; a last line needs no end of its own."""
        if self._rest:
            self._line(b"".join(self._rest))
            self._rest.clear()

    def full_chunk(self) -> Lines | None:
        """The next chunk, if there is a full one."""
        if len(self.chunk) < self.rows and self.size < CHUNK_BYTES:
            return None
        full, self.chunk = self.chunk[: self.rows], self.chunk[self.rows :]
        self.size = sum(len(line) for _, line in self.chunk)
        return full

    def _line(self, line: bytes) -> None:
        self.count += 1
        if len(line) > self.line_bytes:
            self._refuse(self.count)
        if line and not line.isspace():
            self.chunk.append((self.count, line))
            self.size += len(line)

    def _refuse(self, number: int) -> None:
        message = f"line {number} is longer than {self.line_bytes} bytes"
        raise Problem(413, message, detail={"line": number, "limit": self.line_bytes})


class Ndjson:
    """Writes streams of rows. `slots`: those who repeat a stream under its key wait for the first."""

    def __init__(self, threads: Threads, slots: Slots, line_bytes: int) -> None:
        self._threads = threads
        self._slots = slots
        self._line_bytes = line_bytes

    async def write(self, visit: Visit, put: Put) -> None:
        """Writes the rows of a request's body. What goes wrong tells the line, and what is written all the same."""
        splitter = Splitter(whole(visit.req, "chunk", CHUNK_ROWS, 1, MOST_CHUNK_ROWS), self._line_bytes)
        encoding = visit.req.get_header("Content-Encoding")
        if encoding is not None and encoding.strip().lower() != "identity":
            raise Problem(415, "expected no Content-Encoding: a stream of rows is not unpacked")
        text = key_text(visit.req)
        if text is None:
            await self._stream(visit, put, splitter, None)
            return
        with self._slots.holding(await self._turn(f"stream {visit.tenant} {text}")):
            kept = await self._threads.run(visit.namespace.remembered, text)
            if kept is not None:
                await _repeat(visit, text, kept)
            else:
                await self._stream(visit, put, splitter, text)

    async def _turn(self, key: str) -> int:
        # Whoever holds it may be in another process, which tells nobody but the kernel that it is done.
        while (place := self._slots.take(key, 1)) is None:  # noqa: ASYNC110 - see above
            await asyncio.sleep(SAME_KEY_WAIT_S)
        return place

    async def _stream(self, visit: Visit, put: Put, splitter: Splitter, key: str | None) -> None:
        fingerprint, progress = Fingerprint(visit.req), Progress()
        try:
            async for part in parts(visit.req):
                if key is not None:
                    fingerprint.add(part)
                splitter.take(part)
                # The last chunk is kept for the end, where a key's answer is written with it.
                while len(splitter.chunk) > splitter.rows or splitter.size >= CHUNK_BYTES:
                    await self._flush(visit, put, splitter.full_chunk() or [], progress, None)
            splitter.end()
            while len(splitter.chunk) > splitter.rows:
                await self._flush(visit, put, splitter.full_chunk() or [], progress, None)
        except Problem as problem:
            raise await self._late(visit, put, splitter, progress, problem) from None
        kept = Key(key, fingerprint.text()) if key is not None else None
        visit.answer(await self._flush(visit, put, splitter.chunk, progress, kept))

    async def _late(self, visit: Visit, put: Put, splitter: Splitter, progress: Progress, problem: Problem) -> Problem:
        """A problem with the stream itself: full chunks that came before are written first."""
        if problem.detail is not None and "inserted" in problem.detail:
            return problem
        while chunk := splitter.full_chunk():
            await self._flush(visit, put, chunk, progress, None)
        line = (problem.detail or {}).get("line", splitter.count + 1)
        problem.detail = {**(problem.detail or {}), **progress.detail(line)}
        return problem

    async def _flush(self, visit: Visit, put: Put, chunk: Lines, progress: Progress, key: Key | None) -> bytes:
        """Writes one chunk as a frame; what is the answer if it is the last. Raises Problem (400 and others)."""
        rows = await self._threads.run(_rows, chunk, progress)

        def work(frame: Frame) -> tuple[Any, bytes]:
            if kept := key.answer_in(frame) if key else None:
                return frame.lsn, kept.body
            put(frame, rows)
            lsn = frame.lsn if rows or progress.lsn is None else progress.lsn
            answer = json.dumps({"inserted": progress.inserted + len(rows), "lsn": lsn_json(lsn)})
            if key:
                frame.remember(key.text, Remembered(key.fingerprint, 200, answer))
            return lsn, answer

        try:
            progress.lsn, answer = await written(visit, work)
        except StoreError as error:
            raise _refused(error, chunk, progress) from None
        progress.inserted += len(rows)
        return answer


def _rows(chunk: Lines, progress: Progress) -> list[JsonRow]:
    return [_row(number, line, progress) for number, line in chunk]


def _row(number: int, line: bytes, progress: Progress) -> JsonRow:
    try:
        row = loads(line)
    except NotJson as problem:
        raise Problem(400, f"line {number}: {problem.message}", detail=progress.detail(number)) from None
    if not isinstance(row, dict):
        message = f"line {number}: expected a JSON object, found {described(row)}"
        raise Problem(400, message, detail=progress.detail(number))
    return row


def _refused(error: StoreError, chunk: Lines, progress: Progress) -> Problem:
    """The answer to a chunk that the store refused: of its rows the bad one is told by its line."""
    problem = from_store(error)
    detail = dict(error.detail)
    index = detail.pop("row", None)
    first = chunk[0][0] if chunk else 1
    line = chunk[index][0] if isinstance(index, int) else first
    problem.detail = {**detail, **progress.detail(line)}
    if isinstance(index, int):
        problem.message = f"line {line}: {problem.message}"
    return problem


async def _repeat(visit: Visit, text: str, kept: Remembered) -> None:
    """Answers a stream that was written before: it is only compared with the first one."""
    fingerprint = Fingerprint(visit.req)
    async for part in parts(visit.req):
        fingerprint.add(part)
    if fingerprint.text() != kept.fingerprint:
        raise Conflict("this Idempotency-Key was used for another request", idempotency_key=text)
    visit.answer(kept.body, kept.status)


async def parts(req: Request) -> AsyncIterator[bytes]:
    """The parts of a body as they arrive, each before long. Raises Problem: 400, 408."""
    event: Any = req.first_event
    while True:
        if event["type"] == "http.disconnect":
            raise Problem(400, "the body ended before its time")
        if body := event.get("body", b""):
            yield body
        if not event.get("more_body", False):
            return
        try:
            with metrics.in_flight():
                event = await asyncio.wait_for(req.receive(), READ_SECONDS)
        except TimeoutError:
            message = f"nothing more of the body has arrived for {READ_SECONDS:g} s"
            raise Problem(408, message, headers={"Connection": "close"}) from None
