"""The scheduler: marks that become due, and work whose mark was lost."""

import threading
import time
from collections import Counter
from typing import Any

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from tests.http.running import until
from tests.worker.conftest import Open
from tests.worker.valkeys import PrivateValkey
from worker.hints import QUEUE, connect
from worker.scheduler import Scheduler


def test_a_mark_gets_its_hint_when_it_becomes_due(redis: PrivateValkey, open_hints: Open) -> None:
    hints = open_hints(redis.url)
    now = [time.time()]
    schedulers = [Scheduler(open_hints(redis.url), list, lambda namespace: None, lambda: now[0]) for _ in range(3)]
    hints.mark("a", now[0] + 60)
    hints.flush()
    with connect(redis.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        for scheduler in schedulers:
            scheduler.send_due()
        assert len(queue) == 0
        now[0] += 60
        for scheduler in schedulers * 3:
            scheduler.send_due()
        until(lambda: len(queue) == 1)
        assert [job.args[0] for job in queue.jobs] == ["a"]


def test_a_lost_mark_is_found_on_a_walk(open_hints: Open) -> None:
    hints, stopping = open_hints(None), threading.Event()
    work = {"early": time.time() - 1, "later": time.time() + 60, "idle": None}
    scheduler = Scheduler(hints, lambda: sorted(work), lambda namespace: work[namespace])
    walk = threading.Thread(target=scheduler.keep_walking, args=(stopping,))
    walk.start()
    until(lambda: [namespace for namespace, _ in hints.due(1e12)] == ["early", "later"])
    assert [namespace for namespace, _ in hints.due(time.time())] == ["early"]
    stopping.set()
    walk.join(20)
    assert not walk.is_alive()


def test_any_failure_ends_neither_walks_nor_hints(open_hints: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("FAILED_SECONDS", "ROUND_SECONDS"):
        monkeypatch.setattr(f"worker.scheduler.{pause}", 0.01)
    stopping, calls = threading.Event(), Counter[str]()

    def failing(what: str, given: Any = None) -> Any:
        calls[what] += 1
        if calls[what] == 1:
            raise ValueError("a fault")
        return given

    hints = open_hints(None)
    monkeypatch.setattr(hints, "due", lambda now: failing("due", []))
    scheduler = Scheduler(hints, lambda: failing("names", ["a"]), lambda namespace: failing("next"))
    threads = [
        threading.Thread(target=keep, args=(stopping,)) for keep in (scheduler.keep_sending, scheduler.keep_walking)
    ]
    for thread in threads:
        thread.start()
    until(lambda: min(calls[what] for what in ("due", "names", "next")) > 1)
    stopping.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
