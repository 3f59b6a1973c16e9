"""Runs programs for requests: short ones on the event loop, others on threads, and as jobs where they take longer.

short          on the event loop; over in well under a millisecond
other          on a thread, with a journal in memory. At the deadline of whoever waits, or when it has to wait
               itself, it becomes a job of which this process holds the lease, and the answer says so
async, keyed   a job from the start; this process, or any worker, takes it
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import Any, TypeVar

from oql import engine, program
from oql.background import give_way
from oql.context import CancelFlag
from oql.contexts import Contexts
from oql.errors import Code, ProgramError
from oql.jobs import records
from oql.jobs.due import next_due
from oql.jobs.foreground import Ended, ForegroundRun
from oql.jobs.records import Job
from oql.jobs.runner import Runner
from oql.limits import Limits
from oql.operations import step_beyond
from oql.program import Program
from oql.report import error_json
from oql.sites import Page, Reply as SiteReply
from oql.source import Source
from oql.values import Value, to_json
from server import metrics
from server.fair_queue import FairQueue
from server.history import History
from server.jobs import telling
from server.logs import log
from server.problems import unavailable
from server.request import Request
from server.streams import when_gone
from substrate.errors import StoreError
from substrate.interface import Namespace
from worker.hints import Hints
from worker.links import Links

SHORT_TEXT = 1_000
"""Texts up to this length compile in about 3 ms, so the event loop can do it; longer ones go to a thread."""
BEGIN_S = 1.0
"""How long a run whose deadline is over may take to begin, so that it can be kept."""
LOOK_S = 0.02
"""How often a job that others run is looked at, while somebody waits for it."""

_NEVER = CancelFlag()

T = TypeVar("T")


Shown = Callable[[Ended | ProgramError], Page]
"""Makes a page of how a run has ended, or of the static errors of its program; on any thread."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What makes a run that of a site: the answer that it fills, and what shows how it ended.

    It never goes on as a job because it takes too long, and is remembered only where it fails.
    """

    reply: SiteReply
    shown: Shown


@dataclass(slots=True)
class Order:
    """A program to run, for whom, and what comes with it.

    `slot` is held while somebody waits for it, unless it is over at once. `deadline_s`: how long that is at most.
    """

    text: str
    job_id: str
    namespace: str
    slot: AbstractContextManager[None]
    request: Mapping[str, Value]
    deadline_s: float
    options: Mapping[str, Any] = field(default_factory=dict)
    visit: Visit | None = None


@dataclass(slots=True)
class Reply:
    """The body of an answer; `accepted`: the run goes on as a job, status 202. `page`: all of the answer to a visit."""

    body: bytes
    accepted: bool = False
    page: Page | None = None


class Programs:
    """The programs of one process; at most `threads` of those that are not short run at once."""

    def __init__(
        self, contexts: Contexts, limits: Limits, threads: int, runner: Runner, hints: Hints, links: Links
    ) -> None:
        self._contexts = contexts
        self._limits = limits
        self._runner = runner
        self._hints = hints
        self._links = links
        self._history = History(contexts.stores)
        self._pool = ThreadPoolExecutor(threads, "program", give_way)
        self._most = 2 * threads
        self._most_kept = threads // 2
        self._running: dict[ForegroundRun, None] = {}
        self._checks: set[CancelFlag] = set()
        self._queue = FairQueue()

    async def run(self, order: Order, req: Request) -> Reply:
        """Runs a program, which is called off when the client of `req` goes away before it is a job."""
        if not self._queue.passes(order.namespace):
            await self._queue.wait(order.namespace)
        try:
            ready = self._at_hand(order.text)
        except ProgramError as error:
            return self._refuse(order, error)
        if ready is not None and ready.pure_and_short:
            return self._execute_short(order, ready)
        with order.slot:
            return await self._attend(order, req)

    async def step_beyond(self, namespace: str, text: str, operations: Collection[str]) -> str | None:
        """The first step of a program that neither only computes nor runs one of these operations; None for none.

        A text with static errors has no step that would run.
        """
        if not self._queue.passes(namespace):
            await self._queue.wait(namespace)
        try:
            ready = self._at_hand(text)
            if ready is None:
                ready = await self._on_thread(program.load, text, self._limits)
        except ProgramError:
            return None
        return step_beyond(ready, operations)

    def namespace(self, name: str) -> Namespace:
        """What a namespace keeps."""
        return self._contexts.stores(name)

    async def check(self, text: str, slot: AbstractContextManager[None], req: Request) -> bytes:
        """The JSON answer of a check: static errors, warnings, and what the program would touch."""
        cancel = CancelFlag()
        with slot:
            self._make_room()
            self._checks.add(cancel)
            watch = asyncio.create_task(when_gone(req, cancel.set))
            try:
                with metrics.in_flight(), metrics.running():
                    return await self._on_thread(_check, text, self._limits)
            finally:
                watch.cancel()
                self._checks.discard(cancel)

    async def static_errors(self, order: Order) -> bytes | None:
        """The answer to a program that cannot be run at all, else None."""
        try:
            await self._on_thread(program.load, order.text, self._limits)
        except ProgramError as error:
            return _refused(order, error)
        return None

    async def run_job(self, namespace: Namespace, job: Job, deadline_s: float | None = None) -> Reply:
        """Runs a job that is due here, or follows it where somebody else was faster, until the deadline."""
        ends = time() + (self._limits.wall_s if deadline_s is None else deadline_s)
        claimed = await self._on_thread(self._claim, namespace, job.id)
        if claimed:
            running = asyncio.ensure_future(self._on_thread(self._run_claimed, namespace, claimed))
            done, _ = await asyncio.wait({running}, timeout=max(0.0, ends - time()))
            if done:
                running.result()
        while True:
            found = await self._on_thread(records.find, namespace, job.id)
            body = await self._on_thread(telling.job_answer, namespace, found, self._links) if found else None
            if body is not None:
                return Reply(body)
            if time() > ends or self._runner.holding.ending:
                return Reply(telling.accepted(job.id, self._links), accepted=True)
            await asyncio.sleep(LOOK_S)

    def cancel_all(self) -> None:
        """Ends every run on a thread: a job goes on elsewhere, another one answers as a cancelled run does."""
        self._runner.holding.hand_over()
        for run in tuple(self._running):
            run.hand_over()
        for cancel in tuple(self._checks):
            cancel.set()

    def hand_over_jobs(self) -> None:
        """Ends the runs that are jobs, so that they go on elsewhere."""
        self._runner.holding.hand_over()

    def close(self) -> None:
        """Ends the threads."""
        self._history.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    # on the event loop

    def _at_hand(self, text: str) -> Program | None:
        """The compiled program where that takes little time, else None. Raises ProgramError."""
        if len(text) > SHORT_TEXT:
            return program.cached(text, self._limits)
        return program.load(text, self._limits)

    def _execute_short(self, order: Order, ready: Program) -> Reply:
        began, created = perf_counter(), time()
        code: str = Code.INTERNAL
        try:
            context = self._contexts.make(order.namespace, order.job_id, order.request, _NEVER)
            context.reply = order.visit.reply if order.visit else None
            ended = Ended(engine.run(ready, context), False, [])
            reply = self._answer(order, ended, created)
            code = ended.outcome.error.code if ended.outcome.error else ""
            return reply
        finally:
            metrics.program_ends(code, perf_counter() - began)

    def _answer(self, order: Order, ended: Ended, created: float) -> Reply:
        """The answer of a run that is over; it is remembered, of a site where it failed."""
        if order.visit and ended.outcome.error is None:
            return _visited(order.visit, ended)
        body = telling.outcome_answer(ended.outcome, order.job_id)
        if not ended.job:
            ok = ended.outcome.error is None
            self._history.add(order.namespace, order.job_id, order.text, created, time(), body, ok)
        return _visited(order.visit, ended) if order.visit else Reply(body)

    def _refuse(self, order: Order, error: ProgramError) -> Reply:
        """The answer to a program that cannot be run at all."""
        body = _refused(order, error)
        if order.visit is None:
            return Reply(body)
        self._history.add(order.namespace, order.job_id, order.text, time(), time(), body, ok=False)
        return _visited(order.visit, error)

    async def _attend(self, order: Order, req: Request) -> Reply:
        """Runs a program on a thread, and waits for it until the deadline."""
        self._make_room()
        namespace = self._contexts.stores(order.namespace)
        reply = order.visit.reply if order.visit else None
        run = ForegroundRun(self._runner, namespace, order.job_id, order.request, order.options, reply=reply)
        self._running[run] = None
        watch = asyncio.create_task(when_gone(req, run.abandon))
        with metrics.in_flight(), metrics.running():
            work = asyncio.ensure_future(self._on_thread(self._execute, order, run))
            work.add_done_callback(lambda _: self._running.pop(run, None))
            try:
                done, _ = await asyncio.wait({work}, timeout=order.deadline_s)
                if not done and await asyncio.to_thread(self._kept, run, order):
                    work.add_done_callback(_forget_failure)
                    self._hand_over_some()
                    return Reply(telling.accepted(order.job_id, self._links), accepted=True)
                return await work
            finally:
                watch.cancel()

    def _make_room(self) -> None:
        if len(self._running) + len(self._checks) >= self._most:
            raise unavailable("as many programs are running as this process can")

    def _hand_over_some(self) -> None:
        """Where many runs have become jobs, the oldest of them go on in workers: the threads are for those who wait."""
        kept = [run for run in self._running if run.kept]
        for run in kept[: max(0, len(kept) - self._most_kept)]:
            run.hand_over()

    def _on_thread(self, work: Callable[..., T], *arguments: object) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    # on threads

    def _kept(self, run: ForegroundRun, order: Order) -> bool:
        """At the deadline: whether the run is a job now. Else it ends, or has ended."""
        run.begun.wait(BEGIN_S)
        try:
            if order.visit is None and run.keep():
                return True
        except StoreError as error:
            log().warning("run not kept", job_id=order.job_id, reason=error.message)
        run.time_out(order.deadline_s)
        return False

    def _execute(self, order: Order, run: ForegroundRun) -> Reply:
        began, created = perf_counter(), time()
        code: str = Code.INTERNAL
        try:
            ready = program.load(order.text, self._limits)
            ended = run.execute(ready)
            reply = self._reply(order, ended, created)
            error = ended.outcome.error
            code = error.code if error and ended.outcome.status == "error" else ""
            if ended.job or ready.makes_work:
                self._mark(self._contexts.stores(order.namespace))
            return reply
        except ProgramError as error:
            code = error.code
            return self._refuse(order, error)
        finally:
            run.begun.set()
            metrics.program_ends(code, perf_counter() - began)

    def _reply(self, order: Order, ended: Ended, created: float) -> Reply:
        if ended.outcome.status != "suspended":
            return self._answer(order, ended, created)
        if order.visit:
            return _visited(order.visit, ended)
        body = telling.suspended(order.namespace, order.job_id, ended.waits, ended.outcome.trace_json(), self._links)
        return Reply(telling.accepted(order.job_id, self._links), accepted=True) if body is None else Reply(body)

    def _claim(self, namespace: Namespace, job: str) -> Job | None:
        now, holder = self._runner.clock(), self._runner.holding.holder
        at_once = self._runner.at_once(namespace.name)
        return namespace.write(lambda frame: records.claim_one(frame, job, holder, now, at_once))

    def _run_claimed(self, namespace: Namespace, job: Job) -> None:
        self._runner.run(namespace, job)
        self._mark(namespace)

    def _mark(self, namespace: Namespace) -> None:
        """Lets workers know of the work that a run has left."""
        due = next_due(namespace, time(), self._runner.at_once(namespace.name))
        if due is not None:
            self._hints.mark(namespace.name, due)


def _forget_failure(work: "asyncio.Future[Any]") -> None:
    """Nobody waits for it any more: it is the job that tells how it ended."""
    if not work.cancelled() and work.exception():
        log().warning("run left to workers", reason=str(work.exception()))


def _visited(visit: Visit, ended: Ended | ProgramError) -> Reply:
    page = visit.shown(ended)
    return Reply(page.body, page=page)


def _refused(order: Order, error: ProgramError) -> bytes:
    metrics.program_ends(error.code, 0.0)
    shown = error_json(error, Source(order.text))
    return to_json({"status": "error", "job_id": order.job_id, "error": shown, "trace": []})


def _check(text: str, limits: Limits) -> bytes:
    return to_json(program.inspect(text, limits=limits).as_json())
