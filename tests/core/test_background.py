"""Threads that give way to others."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from oql.background import NICER_BY, give_way

LINUX = sys.platform == "linux"


def priority() -> int:
    """That of the calling thread; elsewhere than on Linux that of the process, which stays."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id() if LINUX else 0)


def test_only_the_thread_itself_gives_way() -> None:
    before = priority()
    with ThreadPoolExecutor(1, "background", give_way) as pool:
        assert pool.submit(priority).result() == (min(19, before + NICER_BY) if LINUX else before)
    assert priority() == before


def test_the_lowest_priority_stays_what_it_is() -> None:
    def lowest() -> int:
        for _ in range(5):
            give_way()
        return priority()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lowest).result() == (19 if LINUX else priority())
