"""Hints through Redis that a namespace has due work. The home of rq and redis.

A hint is an RQ job `worker.hints.wake(namespace)`. At most one is outstanding for each namespace: whoever sends it has
set `oql:due:{namespace}`, whoever takes it deletes that key before the namespace is looked at. Redis may lose all of
it at any time: the marks in the control database (worker/marks.py) are what counts. Nothing here raises because Redis
fails; callers go on by the marks, and Redis is tried again.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from rq.worker import SimpleWorker

from substrate.interface import ControlDatabase
from worker import metrics
from worker.marks import LEASE_SECONDS, Marks

QUEUE = "oql"
KEY = "oql:due:"
WAKE = "worker.hints.wake"
"""The name of the RQ job. Nothing is imported by it: a worker of ours hands the namespace to its dispatcher."""
MOST_WAITING = 10_000
"""Hints in the queue beyond which none is added: all workers are busy, and the marks stay."""
ANSWER_SECONDS = 2.0
"""How long Redis may take to answer."""
LISTEN_SECONDS = 1
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""The pauses between tries while Redis fails; the last one stays."""
QUIET_SECONDS = 3.0
"""How long Redis may fail before a line says so; a private one is started again within that."""
HEARTBEAT_SECONDS = 10.0

_log = logging.getLogger("oql.worker")
# What fails is told in one line by us; this logger writes one, or a whole traceback, at each try.
logging.getLogger("rq.worker").setLevel(logging.CRITICAL + 1)


class Line:
    """Whether Redis answers, as one user of it sees that. One log line when it has failed for some time, one after."""

    def __init__(self) -> None:
        self.up = False
        self._tries = 0
        self._since = time.monotonic()
        self._told = False
        self._again = 0.0

    def works(self) -> None:
        """Redis has answered."""
        self.up, self._tries, self._again = True, 0, 0.0
        if self._told:
            self._told = False
            _log.warning("Redis answers again")

    def fails(self, error: Exception) -> float:
        """Redis has not answered; the seconds after which to try again."""
        now = time.monotonic()
        if self._tries == 0:
            self._since = now
        pause = RETRY_SECONDS[min(self._tries, len(RETRY_SECONDS) - 1)]
        self.up, self._tries, self._again = False, self._tries + 1, now + pause
        if not self._told and now - self._since > QUIET_SECONDS:
            self._told = True
            _log.warning("Redis does not answer, due work is looked for without it: %s", type(error).__name__)
        return pause

    def worth_a_try(self) -> bool:
        """Whether the pause after the last failure is over."""
        return time.monotonic() >= self._again


class Hints(Marks):
    """The marks, with hints for those that are due. Threads start at first use, so make it after forks.

    redis_url: None where there is no Redis.
    """

    def __init__(self, control: ControlDatabase, redis_url: str | None) -> None:
        super().__init__(control, self._send_all)
        self._url = redis_url
        self._sender = _Sender(redis_url) if redis_url else None
        self._receiver: Receiver | None = None

    def send(self, namespace: str) -> None:
        """Lets some worker look at the namespace soon, unless a hint of it is outstanding."""
        self._send_all([namespace])

    def receive(self, take: Callable[[str], bool], is_free: Callable[[float], bool]) -> None:
        """Begins to take hints: `take` gets each namespace, and says whether it will be looked at.

        is_free: waits some seconds for room; while there is none, others get the hints.
        """
        if self._url:
            self._receiver = Receiver(self._url, take, is_free, self.send)
            self._receiver.start()

    @property
    def receiving(self) -> bool:
        """Whether hints reach this process."""
        return self._receiver is not None and self._receiver.line.up

    def stop_receiving(self) -> None:
        """Takes no more hints."""
        if self._receiver:
            self._receiver.stop()

    def close(self) -> None:
        """Writes what there is, and lets go of everything."""
        self.stop_receiving()
        super().close()
        if self._sender:
            self._sender.close()

    def _send_all(self, namespaces: Sequence[str]) -> None:
        if self._sender:
            self._sender.put(namespaces)


def answers(redis_url: str) -> str:
    """Whether a Redis can be used: "" if so, else what is wrong, in a few words."""
    try:
        with connect(redis_url) as client:
            client.ping()
    except (RedisError, OSError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


def eviction(redis_url: str) -> str:
    """What a Redis throws away when its memory is full, as its `maxmemory_policy`; empty where it does not say."""
    try:
        with connect(redis_url) as client:
            told: Any = client.info("memory")
    except (RedisError, OSError):
        return ""
    return str(told.get("maxmemory_policy", ""))


def connect(redis_url: str, seconds: float = ANSWER_SECONDS) -> "Redis":
    """A client that tries once, and waits no longer than that. Raises ValueError: no URL of a Redis."""
    return Redis.from_url(
        redis_url, socket_timeout=seconds, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
    )


class _Sender:
    """A thread that sends hints; those that come while Redis fails are dropped, their marks bring them back."""

    def __init__(self, redis_url: str) -> None:
        self._client = connect(redis_url)
        self._queue = Queue(QUEUE, connection=self._client, serializer=JSONSerializer)
        self._line = Line()
        self._waiting: dict[str, None] = {}
        self._guard = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False

    def put(self, namespaces: Sequence[str]) -> None:
        with self._guard:
            self._waiting.update(dict.fromkeys(namespaces))
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_on, name="hints", daemon=True)
                self._thread.start()
            self._guard.notify()

    def close(self) -> None:
        with self._guard:
            self._closing = True
            self._guard.notify()
        if self._thread:
            self._thread.join(ANSWER_SECONDS)
        self._client.close()

    def _send_on(self) -> None:
        while batch := self._take():
            if not self._line.worth_a_try():
                continue
            try:
                metrics.hints_sent(self._send(batch))
                self._line.works()
            except (RedisError, OSError) as error:
                self._line.fails(error)

    def _take(self) -> list[str]:
        with self._guard:
            self._guard.wait_for(lambda: self._waiting or self._closing)
            batch, self._waiting = list(self._waiting), {}
            return batch

    def _send(self, namespaces: list[str]) -> int:
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.llen(self._queue.key)
            for namespace in namespaces:
                pipeline.set(KEY + namespace, 1, nx=True, ex=int(LEASE_SECONDS))
            waiting, *new = pipeline.execute()
        wanted = [name for name, is_new in zip(namespaces, new, strict=True) if is_new]
        if not wanted or waiting > MOST_WAITING:
            return 0
        jobs = [Queue.prepare_data(WAKE, (name,), timeout=-1, result_ttl=0, failure_ttl=0) for name in wanted]
        return len(self._queue.enqueue_many(jobs))


class Receiver:
    """The thread in which an RQ worker takes hints, one after another; it goes on when Redis comes back."""

    def __init__(
        self,
        redis_url: str,
        take: Callable[[str], bool],
        is_free: Callable[[float], bool],
        give_back: Callable[[str], None],
    ) -> None:
        self._url = redis_url
        self.take = take
        self.is_free = is_free
        self.give_back = give_back
        self.line = Line()
        self.stopping = threading.Event()
        self._client: Redis | None = None
        self._thread = threading.Thread(target=self._work_on, name="receiver", daemon=True)

    def start(self) -> None:
        """Begins to take hints."""
        self._thread.start()

    def stop(self) -> None:
        """Takes no more hints; waits for the one that is being taken."""
        self.stopping.set()
        client = self._client
        if client:
            # it may be listening; a hint that comes at this very moment is as good as lost, and found by its mark
            client.connection_pool.disconnect()
        if self._thread.is_alive():
            self._thread.join(LISTEN_SECONDS + 0.5)

    def _work_on(self) -> None:
        while not self.stopping.is_set():
            try:
                with connect(self._url, LISTEN_SECONDS + ANSWER_SECONDS) as self._client:
                    HintWorker(self._client, self).work()
            except Exception as error:  # noqa: BLE001 - a worker without hints still has the marks
                self.stopping.wait(self.line.fails(error))


class HintWorker(SimpleWorker):
    """An RQ worker for hints alone: in this process, silent, and with none of the bookkeeping for results."""

    death_penalty_class = TimerDeathPenalty

    def __init__(self, client: "Redis", receiver: Receiver) -> None:
        super().__init__([QUEUE], connection=client, serializer=JSONSerializer, worker_ttl=60)
        self._receiver = receiver
        self._beat = 0.0
        self._failure: Exception | None = None

    @property
    def connection_timeout(self) -> int:
        """How long an answer may take, listening included."""
        return LISTEN_SECONDS + int(ANSWER_SECONDS)

    def work(self, *arguments: Any, **named: Any) -> bool:
        """Takes hints until told to stop. Raises RedisError."""
        done = super().work(*arguments, **named)
        if self._failure:
            raise self._failure
        if not self._receiver.stopping.is_set():
            raise RuntimeError("the worker of RQ has ended")  # RQ keeps to itself what has happened
        return done

    def bootstrap(self, *_arguments: Any, **_named: Any) -> None:
        """Shows this worker to whoever asks RQ for its workers; takes no commands and logs nothing."""
        self.register_birth()  # type: ignore[no-untyped-call] # of the library
        self._receiver.line.works()

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        """The next hint, once there is room for it."""
        while not self._receiver.stopping.is_set():
            if not self._receiver.is_free(LISTEN_SECONDS):
                continue
            try:
                self.heartbeat()
                return self.queue_class.dequeue_any(
                    self._ordered_queues, LISTEN_SECONDS, self.connection, self.job_class, self.serializer
                )
            except DequeueTimeout:
                continue
            except (RedisError, OSError) as error:
                self._failure = error
                break
        raise StopRequested

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Hands the namespace on. A job that is not a hint is dropped: nothing else is ever run."""
        namespace = _namespace_of(job)
        with self.connection.pipeline(transaction=False) as pipeline:
            pipeline.delete(job.key, f"{KEY}{namespace}")
            pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
            pipeline.execute()
        if namespace is not None:
            metrics.hint_received()
            if not self._receiver.take(namespace):
                self._receiver.give_back(namespace)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Says now and then that this worker lives; RQ would after every job."""
        if pipeline is not None or time.monotonic() - self._beat > HEARTBEAT_SECONDS:
            self._beat = time.monotonic()
            super().heartbeat(timeout, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        """Hints are never suspended."""

    def run_maintenance_tasks(self) -> None:
        """Hints need none: they leave nothing."""

    def procline(self, message: str) -> None:
        """The process has a title already."""

    def _install_signal_handlers(self) -> None:
        """The process has its own."""


def _namespace_of(job: Job) -> str | None:
    try:
        return str(job.args[0]) if job.func_name == WAKE else None
    except Exception:  # noqa: BLE001 - whatever somebody has put there
        return None
