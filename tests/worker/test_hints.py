"""Hints through a real Valkey: they arrive, are sent once, and may be lost."""

import threading
import time
from collections import Counter

from rq import Queue
from rq.serializers import JSONSerializer

from substrate.interface import ControlDatabase
from tests.http.running import until
from tests.worker.conftest import Open
from tests.worker.valkeys import PrivateValkey
from worker.dispatch import Dispatcher
from worker.hints import KEY, QUEUE, answers, connect
from worker.scheduler import Scheduler


class Drains:
    """Counts the drains of each namespace; `gate` keeps them waiting while it is clear."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.gate = threading.Event()
        self.gate.set()
        self._guard = threading.Lock()

    def drain(self, namespace: str) -> float | None:
        with self._guard:
            self.count[namespace] += 1
        self.gate.wait(20)
        return None


def test_a_hint_arrives(redis: PrivateValkey, open_hints: Open) -> None:
    web, hints, drains = open_hints(redis.url), open_hints(redis.url), Drains()
    dispatcher = Dispatcher(drains.drain, hints, 4)
    dispatcher.start()
    until(lambda: hints.receiving)
    web.mark("a", time.time())
    until(lambda: drains.count["a"])
    until(lambda: web.flush() and web.due(1e12) == [])
    with connect(redis.url) as client:
        assert client.keys("rq:job:*") == []
        assert client.keys(f"{KEY}*") == []
    dispatcher.stop()


def test_a_namespace_has_one_hint_outstanding(redis: PrivateValkey, open_hints: Open) -> None:
    one, other = open_hints(redis.url), open_hints(redis.url)
    for _ in range(20):
        for hints in (one, other):
            hints.mark("a", time.time())
            hints.mark("b", time.time())
            hints.flush()
    with connect(redis.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        until(lambda: len(queue) == 2)
        assert sorted(job.args[0] for job in queue.jobs) == ["a", "b"]
        assert {job.func_name for job in queue.jobs} == {"worker.hints.wake"}


def test_a_mark_for_later_sends_nothing(redis: PrivateValkey, open_hints: Open) -> None:
    hints = open_hints(redis.url)
    hints.mark("later", time.time() + 60)
    hints.mark("now", time.time())
    with connect(redis.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        until(lambda: len(queue))
        assert [job.args[0] for job in queue.jobs] == ["now"]


def test_each_hint_is_taken_once(redis: PrivateValkey, open_hints: Open) -> None:
    web, drains = open_hints(redis.url), [Drains(), Drains()]
    dispatchers = [Dispatcher(each.drain, open_hints(redis.url), 2) for each in drains]
    for dispatcher in dispatchers:
        dispatcher.start()
    for number in range(60):
        web.mark(f"n{number}", time.time())
    until(lambda: len(drains[0].count + drains[1].count) == 60)
    until(lambda: web.due(1e12) == [])
    assert (drains[0].count + drains[1].count).total() == 60
    assert all(each.count for each in drains)
    for dispatcher in dispatchers:
        dispatcher.stop()


def test_a_foreign_job_is_dropped_and_not_run(redis: PrivateValkey, open_hints: Open) -> None:
    hints, drains = open_hints(redis.url), Drains()
    dispatcher = Dispatcher(drains.drain, hints, 2)
    with connect(redis.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        queue.enqueue("os._exit", 7)
        client.hset("rq:job:broken", mapping={"data": b"not json", "created_at": "2026-01-01T00:00:00Z"})
        client.rpush(queue.key, "broken", "missing")
        dispatcher.start()
        hints.mark("a", time.time())
        until(lambda: drains.count["a"])
        until(lambda: client.llen(queue.key) == 0)
    dispatcher.stop()


def test_hints_come_again_after_valkey_was_killed_and_started_empty(redis: PrivateValkey, open_hints: Open) -> None:
    web, hints, drains = open_hints(redis.url), open_hints(redis.url), Drains()
    dispatcher = Dispatcher(drains.drain, hints, 4)
    dispatcher.start()
    for turn in range(3):
        until(lambda: hints.receiving)
        redis.kill()
        web.mark(f"while it is away {turn}", time.time())
        until(lambda: drains.count[f"while it is away {turn}"])  # noqa: B023 - called before the next turn
        until(lambda: not hints.receiving)
        redis.start()
    until(lambda: hints.receiving)
    web.mark("after", time.time())
    until(lambda: drains.count["after"])
    dispatcher.stop()


def test_what_a_flush_took_is_sent_again(redis: PrivateValkey, open_hints: Open) -> None:
    web, drains = open_hints(redis.url), Drains()
    scheduler = Scheduler(web, list, lambda namespace: None)
    web.mark("a", time.time())
    with connect(redis.url) as client:
        until(lambda: client.exists(KEY + "a"))
        client.flushall()
        scheduler.send_due()
        until(lambda: client.exists(KEY + "a"))
    dispatcher = Dispatcher(drains.drain, open_hints(redis.url), 2)
    dispatcher.start()
    until(lambda: drains.count["a"])
    dispatcher.stop()


def test_a_hint_that_died_with_its_taker_is_noticed(redis: PrivateValkey, open_hints: Open) -> None:
    web, drains = open_hints(redis.url), Drains()
    web.mark("a", time.time())
    with connect(redis.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        until(lambda: len(queue))
        client.delete(queue.key)
        assert client.exists(KEY + "a")
    dispatcher = Dispatcher(drains.drain, open_hints(redis.url), 2)
    dispatcher.start()
    until(lambda: drains.count["a"])
    dispatcher.stop()


def test_without_redis_marks_are_found(open_hints: Open) -> None:
    web, drains = open_hints(None), Drains()
    dispatchers = [Dispatcher(drains.drain, open_hints(None), 2) for _ in range(2)]
    for dispatcher in dispatchers:
        dispatcher.start()
    for number in range(20):
        web.mark(f"n{number}", time.time())
    web.mark("soon", time.time() + 0.5)
    until(lambda: len(drains.count) == 21)
    until(lambda: web.due(1e12) == [])
    assert drains.count.total() == 21
    for dispatcher in dispatchers:
        dispatcher.stop()


def test_hints_wait_where_others_can_take_them_while_all_threads_are_busy(
    redis: PrivateValkey, open_hints: Open
) -> None:
    web, drains = open_hints(redis.url), Drains()
    drains.gate.clear()
    dispatcher = Dispatcher(drains.drain, open_hints(redis.url), 2)
    dispatcher.start()
    for number in range(8):
        web.mark(f"n{number}", time.time())
    until(lambda: len(drains.count) == 2)
    with connect(redis.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        until(lambda: len(queue) >= 5)
    drains.gate.set()
    until(lambda: len(drains.count) == 8)
    dispatcher.stop()


def test_no_work_is_lost_between_marks_and_drains(redis: PrivateValkey, open_hints: Open) -> None:
    work = Counter[str]()
    done = Counter[str]()
    guard = threading.Lock()

    def drain(namespace: str) -> float | None:
        with guard:
            done[namespace] += work.pop(namespace, 0)
        return None

    web, stop = open_hints(redis.url), threading.Event()
    dispatcher = Dispatcher(drain, open_hints(redis.url), 4)
    dispatcher.start()
    killer = threading.Thread(target=_restart_now_and_then, args=(redis, stop))
    killer.start()
    for number in range(3_000):
        namespace = f"n{number % 5}"
        with guard:
            work[namespace] += 1
        web.mark(namespace, time.time())
        time.sleep(0.0005)
    until(lambda: done.total() == 3_000)
    stop.set()
    killer.join()
    assert +work == Counter()
    dispatcher.stop()


def _restart_now_and_then(redis: PrivateValkey, stop: threading.Event) -> None:
    while not stop.wait(0.6):
        redis.kill()
        redis.start()


def test_a_dead_redis_is_told_and_slows_nobody(control: ControlDatabase, open_hints: Open) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    assert "refused" in answers(nowhere)
    assert answers("nonsense") != ""
    hints = open_hints(nowhere)
    for _ in range(1_000):
        hints.mark("a", 1.0)
        hints.send("a")
    assert hints.flush()
    assert [namespace for namespace, _ in hints.due(time.time())] == ["a"]
