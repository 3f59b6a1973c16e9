"""Changes that are safe to repeat: the answer is kept under the caller's key, in the frame of the change."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from server.problems import Problem
from server.request import Request
from server.store.gate import Visit
from substrate import json
from substrate.errors import Conflict, StoreError
from substrate.interface import Frame, Remembered

T = TypeVar("T")
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Key:
    """A caller's key, and the fingerprint of the request that it stands for."""

    text: str
    fingerprint: str

    def answer_in(self, frame: Frame) -> Remembered | None:
        """The answer that this request has had already. Raises Conflict: the key stands for another request."""
        kept = frame.remembered(self.text)
        if kept is not None and kept.fingerprint != self.fingerprint:
            raise Conflict("this Idempotency-Key was used for another request", idempotency_key=self.text)
        return kept


def key_text(req: Request) -> str | None:
    """The Idempotency-Key of a request, None without one. Raises Problem (400)."""
    key = req.sent(b"idempotency-key")
    if key is not None and not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        raise Problem(400, f"the header Idempotency-Key: expected 1 to {LONGEST_KEY} printable characters")
    return key


class Fingerprint:
    """The SHA-256 of a request: method, path, query, and its body as it comes."""

    def __init__(self, req: Request) -> None:
        head = (req.method.encode(), req.scope["raw_path"], req.query_string.encode())
        self._hash = hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in head))

    def add(self, body: bytes) -> None:
        """Takes a part of the body."""
        self._hash.update(body)

    def text(self) -> str:
        """The fingerprint of all that was added."""
        return self._hash.hexdigest()


def key_of(req: Request, body: bytes) -> Key | None:
    """The key of a request whose body is there. Raises Problem (400)."""
    text = key_text(req)
    if text is None:
        return None
    fingerprint = Fingerprint(req)
    fingerprint.add(body)
    return Key(text, fingerprint.text())


def _never(outcome: Any) -> StoreError | None:
    """Every outcome is what the caller wanted."""
    return None


async def change(
    visit: Visit,
    body: bytes,
    work: Callable[[Frame], Any],
    *,
    status: int = 200,
    refused: Callable[[Any], StoreError | None] = _never,
) -> None:
    """Answers with what `work` returns (a JSON value) once that is on disk; or as before, where it was done before.

    Where it returns None the answer has no body. `refused`: what to raise for an outcome that was not wanted, although
    it stays.
    """
    key = key_of(visit.req, body)

    def once(frame: Frame) -> tuple[int, bytes] | StoreError:
        kept = key.answer_in(frame) if key else None
        if kept:
            return kept.status, kept.body
        done = work(frame)
        if (refusal := refused(done)) is not None:
            return refusal
        answer = b"" if done is None else json.dumps(done)
        if key:
            frame.remember(key.text, Remembered(key.fingerprint, status, answer))
        return status, answer

    outcome = await written(visit, once)
    if isinstance(outcome, StoreError):
        raise outcome
    answered, answer = outcome
    visit.answer(answer, answered)


def written(visit: Visit, work: Callable[[Frame], T]) -> Awaitable[T]:
    """What `work` returns, once that is on disk. Works of several requests share a commit.

    A work that has been handed over is done, whatever becomes of the request.
    """
    return visit.writes.write(visit.namespace, work, visit.degrade)
