"""Chains that a model writes: POST /generate-chain, and the same with what happens on the way as events."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import falcon.asgi
from falcon.asgi import SSEvent

from chains import library, saving
from chains.default_models import ABLE, NO_ENDPOINT
from chains.generation import sessions
from chains.generation.answers import Questions, Written
from chains.generation.generating import GenerationFailed, Tell, answered, described, free_name, generate, named
from chains.generation.prompt import system_prompt
from chains.generation.sessions import Turn
from oql import json
from oql.context import CancelFlag
from oql.models import Message, ModelError, Models, Question
from server import metrics
from server.chains.bodies import object_of
from server.chains.desk import Desk
from server.logs import log_fault
from server.problems import Problem, unavailable
from server.request import Request
from server.streams import OpenStreams, moved
from substrate.interface import Frame, Namespace

LIMIT_S = 180.0
AT_ONCE = 16
"""Generations of one process at once; each waits for a model most of the time."""
OF_AN_ACCOUNT = 3
"""Generations of an account that one process takes at once."""
_QUIET_S = 30.0
_HEARTBEAT = SSEvent(comment="heartbeat")


@dataclass(slots=True)
class _Order:
    """One request: the conversation so far, what it is kept under, and what ends it."""

    namespace: Namespace
    session: str
    turns: list[Turn]
    cancel: CancelFlag = field(default_factory=CancelFlag)
    ends: float = field(default_factory=lambda: time.monotonic() + LIMIT_S)

    # what `oql.models` has to know of who asks

    def seconds_left(self) -> float:
        return max(0.001, self.ends - time.monotonic())

    def call_out(self) -> None:
        if self.cancel.is_set():
            raise GenerationFailed("Generation failed: the request has ended")
        if time.monotonic() >= self.ends:
            raise GenerationFailed(_TOO_LONG)

    def wait(self, seconds: float) -> None:
        self.cancel.wait(min(seconds, self.seconds_left()))
        self.call_out()


_TOO_LONG = f"Generation failed: it took longer than {LIMIT_S:g} s"


class Generation:
    """The responders. `models`: None where no endpoint is set."""

    def __init__(self, desk: Desk, models: Models | None) -> None:
        self._desk = desk
        self._models = models
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="generation")
        self._open = OpenStreams()
        self._under_way: dict[str, int] = {}

    async def create(self, req: Request, resp: falcon.asgi.Response) -> None:
        """POST /generate-chain."""
        order = await self._order(req)
        async with self._open.open(req) as over:
            done = asyncio.ensure_future(self._run(order, _nobody))
            ended = asyncio.ensure_future(over.wait())
            await asyncio.wait((done, ended), return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                order.cancel.set()
            ended.cancel()
            try:
                resp.data = json.dumps(await done)
            except (GenerationFailed, ModelError) as error:
                raise Problem(500, str(error)) from None

    async def stream(self, req: Request, resp: falcon.asgi.Response) -> None:
        """POST /generate-chain/stream."""
        order = await self._order(req)
        resp.content_type = "text/event-stream"
        resp.sse = self._events(order, req)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def end_streams(self) -> None:
        """Ends all generations of this process."""
        self._open.end()

    async def _order(self, req: Request) -> _Order:
        """What a request asks for. Raises Problem."""
        _, namespace = await self._desk.caller(req)
        body = await object_of(self._desk.bodies, req)
        description, session, answers = (body.get(name) for name in ("description", "sessionId", "answers"))
        if session is not None and _is_said(answers):
            turns = await self._desk.read(sessions.find, namespace, str(session), time.time())
            if turns is None:
                raise Problem(404, "Session not found")
            return _Order(namespace, str(session), answered(turns, answers))
        if session is not None or not isinstance(description, str) or not description.strip():
            raise Problem(400, "description or answers required")
        return _Order(namespace, sessions.new_id(), described(description))

    async def _events(self, order: _Order, req: Request) -> AsyncIterator[SSEvent]:
        told, loop = _Told(), asyncio.get_running_loop()

        def tell(kind: str, **fields: Any) -> None:
            loop.call_soon_threadsafe(partial(told.add, kind, **fields))

        async with self._open.open(req) as over:
            told.add("start", sessionId=order.session)
            running = asyncio.create_task(self._tell_end(order, told, tell))
            try:
                async for event in told.until(over):
                    yield event
            finally:
                order.cancel.set()
                await running

    async def _tell_end(self, order: _Order, told: "_Told", tell: Tell) -> None:
        """Generates, and tells what has come of it, behind all that was told on the way."""
        try:
            answer = await self._run(order, tell)
            told.add(answer["status"], **answer)
        except (GenerationFailed, ModelError, Problem) as error:
            told.add("error", message=str(error))
        except Exception as error:  # noqa: BLE001 - the head of the answer has been sent
            told.add("error", message=f"internal fault {log_fault(error)}")
        told.add("done")
        told.end()

    async def _run(self, order: _Order, tell: Tell) -> dict[str, Any]:
        """The answer to an order. Raises GenerationFailed, ModelError, Problem (429, 503)."""
        name = order.namespace.name
        if self._under_way.get(name, 0) >= OF_AN_ACCOUNT:
            raise Problem(429, f"Too many generations at once ({OF_AN_ACCOUNT} running). Try again later.")
        if sum(self._under_way.values()) >= AT_ONCE:
            raise unavailable("too many chains are being generated")
        self._under_way[name] = self._under_way.get(name, 0) + 1
        try:
            with metrics.in_flight():
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._generated, order, tell)
        finally:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]

    # on a thread

    def _generated(self, order: _Order, tell: Tell) -> dict[str, Any]:
        tell("progress", content="Thinking")
        order.namespace.make()
        answer, said = generate(order.turns, partial(self._ask, order, tell), partial(self._wrong, order), tell)
        if isinstance(answer, Questions):
            _written(order, lambda frame: sessions.keep(frame, order.session, said, time.time()))
            message = "A few questions first: send the answers with this sessionId."
            return {
                "status": "questions", "sessionId": order.session, "questions": answer.questions, "message": message,
            }  # fmt: skip
        name, text = _written(order, lambda frame: self._save(frame, order.session, answer))
        return {"status": "created", "chainName": name, "yaml": text, "summary": answer.summary}

    def _ask(self, order: _Order, tell: Tell, turns: Sequence[Turn]) -> str:
        if self._models is None:
            raise GenerationFailed(NO_ENDPOINT)
        endpoint = self._models.endpoint
        messages = [Message(turn.role, [turn.text]) for turn in turns]
        model = endpoint.model(endpoint.default or ABLE)
        question = Question(model, messages, endpoint.max_tokens, system_prompt(), as_json=True)
        try:
            return self._models.complete(
                question, order, key=f"{order.session}:{len(turns)}", calling=order.cancel.calling,
                on_text=lambda text: tell("text", content=text), seconds=LIMIT_S,
            ).text  # fmt: skip
        except ModelError as error:
            if error.timed_out:
                raise GenerationFailed(_TOO_LONG) from None
            raise

    @staticmethod
    def _wrong(order: _Order, name: str, text: str) -> list[str]:
        return [str(problem) for problem in saving.check(order.namespace, "chain", name, text).problems.errors]

    @staticmethod
    def _save(frame: Frame, session: str, written: Written) -> tuple[str, str]:
        """Saves a chain under a name that is free, and ends the conversation; the name, and the text with it."""
        name = free_name(frame, written.name)
        text = named(written.text, name)
        about = saving.check(frame, "chain", name, text).about
        if about is None:
            raise GenerationFailed("Generation failed: chains that it refers to have changed meanwhile")
        library.save(frame, "chain", name, text, time.time(), about)
        sessions.forget(frame, session)
        return name, text


def _is_said(answers: Any) -> bool:
    """Whether there are any answers in what was given as such."""
    return bool(answers.strip()) if isinstance(answers, str) else isinstance(answers, (list, dict)) and bool(answers)


def _written(order: _Order, work: Callable[[Frame], Any]) -> Any:
    return order.namespace.submit(work).result()


def _nobody(_kind: str, **_fields: Any) -> None:
    pass


class _Told:
    """What is to be sent, in order; filled on the event loop."""

    def __init__(self) -> None:
        self._events: deque[SSEvent] = deque()
        self._come = asyncio.Event()
        self._ended = False

    def add(self, kind: str, **fields: Any) -> None:
        """One more event."""
        self._events.append(SSEvent(data=json.dumps({"type": kind, **fields})))
        self._come.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._come.set()

    async def until(self, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        """The events as they come, up to the end or until nobody listens any more."""
        while not over.is_set():
            self._come.clear()
            while self._events:
                yield self._events.popleft()
            if self._ended:
                return
            if not await moved(self._come.wait(), over, _QUIET_S):
                yield _HEARTBEAT
