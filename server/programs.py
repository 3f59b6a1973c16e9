"""Runs programs for requests: short ones on the event loop, others on threads that can be called off."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter

from oql import engine, json, program
from oql.context import CancelFlag
from oql.errors import Code, OqlError, ProgramError, failed
from oql.limits import Limits
from oql.program import Program
from oql.report import error_json
from oql.source import Source
from oql.values import Value, to_json
from server import metrics
from server.contexts import Contexts
from server.problems import unavailable
from server.request import Request

SHORT_TEXT = 1_000
"""Texts up to this length compile in about 3 ms, so the event loop can do it; longer ones go to a thread."""

_NEVER = CancelFlag()
_SIMPLE = frozenset({str, int, float, bool, type(None)})
"""Results that need not be weighed before they are written as JSON: the run has bounded them."""


@dataclass(slots=True)
class Order:
    """A program to run, for whom, and what comes with it.

    `slot` is held while it runs, unless that is over at once. `deadline_s`: how long the client will wait.
    """

    text: str
    job_id: str
    namespace: str
    slot: AbstractContextManager[None]
    request: Mapping[str, Value]
    deadline_s: float | None = None


class Programs:
    """The programs of one process; at most `threads` of those that are not short run at once."""

    def __init__(self, contexts: Contexts, limits: Limits, threads: int) -> None:
        self._contexts = contexts
        self._limits = limits
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="program")
        self._most = 2 * threads
        self._cancels: set[CancelFlag] = set()

    async def run(self, order: Order, req: Request) -> bytes:
        """The JSON answer of a run, which is called off when the client of `req` goes away."""
        try:
            ready = self._at_hand(order.text)
        except ProgramError as error:
            return _refused(order, error)
        if ready is not None and ready.pure_and_short:
            return self._execute(order, ready, _NEVER)
        cancel = CancelFlag()
        with order.slot:
            return await self._on_thread(cancel, req, self._load_and_execute, order, cancel)

    async def check(self, text: str, slot: AbstractContextManager[None], req: Request) -> bytes:
        """The JSON answer of a check: static errors, warnings, and what the program would touch."""
        with slot:
            return await self._on_thread(CancelFlag(), req, _check, text, self._limits)

    def cancel_all(self) -> None:
        """Calls off every run on a thread; each still answers, with the error of a cancelled run."""
        for cancel in tuple(self._cancels):
            cancel.set()

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _at_hand(self, text: str) -> Program | None:
        """The compiled program where that takes little time, else None. Raises ProgramError."""
        if len(text) > SHORT_TEXT:
            return program.cached(text, self._limits)
        return self._load(text)

    def _load(self, text: str) -> Program:
        return program.load(text, self._limits)

    async def _on_thread(
        self, cancel: CancelFlag, req: Request, work: Callable[..., bytes], *arguments: object
    ) -> bytes:
        if len(self._cancels) >= self._most:
            raise unavailable("as many programs are running as this process can")
        self._cancels.add(cancel)
        watch = asyncio.create_task(_cancel_when_gone(req, cancel))
        try:
            with metrics.in_flight(), metrics.running():
                return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        finally:
            watch.cancel()
            self._cancels.discard(cancel)

    def _load_and_execute(self, order: Order, cancel: CancelFlag) -> bytes:
        try:
            ready = self._load(order.text)
        except ProgramError as error:
            return _refused(order, error)
        return self._execute(order, ready, cancel)

    def _execute(self, order: Order, ready: Program, cancel: CancelFlag) -> bytes:
        began = perf_counter()
        code: str = Code.INTERNAL
        try:
            context = self._contexts.make(
                order.namespace,
                order.job_id,
                order.request,
                cancel,
                order.deadline_s,
                short=ready.pure_and_short,
            )
            outcome = engine.run(ready, context)
            answer = _written(outcome, order.job_id)
            code = outcome.error.code if outcome.error else ""
            return answer
        finally:
            metrics.program_ends(code, perf_counter() - began)


async def _cancel_when_gone(req: Request, cancel: CancelFlag) -> None:
    while (await req.receive())["type"] != "http.disconnect":
        pass
    req.gone = True
    cancel.set()


def _written(outcome: engine.Outcome, job_id: str) -> bytes:
    """The JSON answer; a result that JSON cannot carry becomes the error that says so."""
    simple = type(outcome.result) in _SIMPLE
    try:
        body = outcome.as_json(job_id)
        return json.dumps(body) if simple else to_json(body)
    except json.JsonError as error:
        outcome.error = failed(Code.JSON_FAILED, error.message)
    except OqlError as error:
        outcome.error = error
    return to_json(outcome.as_json(job_id))


def _refused(order: Order, error: ProgramError) -> bytes:
    metrics.program_ends(error.code, 0.0)
    shown = error_json(error, Source(order.text))
    return to_json({"status": "error", "job_id": order.job_id, "error": shown, "trace": []})


def _check(text: str, limits: Limits) -> bytes:
    return to_json(program.inspect(text, limits=limits).as_json())
