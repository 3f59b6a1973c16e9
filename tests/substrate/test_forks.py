"""What is told of forks, where several threads fork at once."""

import os
import threading
import time

from substrate import forks


class Watched:
    """Takes its time before a fork, as a pool that closes its connections does."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.told = 0

    def before_fork(self) -> None:
        self.guard.acquire()
        time.sleep(0.02)
        self.told += 1

    def after_fork(self) -> None:
        self.guard.release()


def forked_and_ended() -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_that_fork_at_once() -> None:
    watched = [Watched(), Watched()]
    for each in watched:
        forks.watch(each)
    ended: list[bool] = []
    threads = [threading.Thread(target=lambda: ended.append(forked_and_ended()), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ended == [True] * 4
    assert [each.told for each in watched] == [4, 4]
    assert not any(each.guard.locked() for each in watched)


def test_the_child_can_fork_too() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0 if forked_and_ended() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
