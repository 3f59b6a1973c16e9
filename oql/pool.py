"""Threads for branches that wait. There are never more tasks than threads, so that nothing waits for a place."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

THREADS = 64
"""How many branches of all runs of a process may wait at once; beyond, branches run one after the other."""

_places = threading.BoundedSemaphore(THREADS)
_executor: ThreadPoolExecutor | None = None
_lock = threading.Lock()


def try_start(task: Callable[[], Any]) -> Future[Any] | None:
    """Starts a task on a thread of its own, or gives None at once when there is none to be had."""
    global _executor
    if not _places.acquire(blocking=False):
        return None
    with _lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(THREADS, thread_name_prefix="oql-branch")
    ended: Future[Any] = Future()
    begun = threading.Lock()
    try:
        _executor.submit(_run, task, begun, ended)
    except RuntimeError:  # the system gives no more threads, but a free one may have found the task in the queue
        if begun.acquire(blocking=False):
            _places.release()
            return None
    return ended


def _run(task: Callable[[], Any], begun: threading.Lock, ended: Future[Any]) -> None:
    if not begun.acquire(blocking=False):
        return
    try:
        ended.set_result(task())
    except BaseException as failure:  # noqa: BLE001 - whoever waits for the task gets it
        ended.set_exception(failure)
    finally:
        _places.release()


def all_at_once(tasks: Sequence[Callable[[], None]]) -> None:
    """Runs tasks on threads as far as there are any, the rest here one after the other; returns when all have ended.

    When tasks raise, the exception of the first in order is raised, after all have ended.
    """
    futures = [None, *(try_start(task) for task in tasks[1:])]
    failures: dict[int, BaseException] = {}
    for index, (task, future) in enumerate(zip(tasks, futures, strict=True)):
        if future is None:
            try:
                task()
            except Exception as error:  # noqa: BLE001 - kept until all have ended, then raised
                failures[index] = error
    for index, future in enumerate(futures):
        failure = future.exception() if future else None
        if failure:
            failures[index] = failure
    if failures:
        raise failures[min(failures)]
