"""Takes connections from the sockets that all web workers listen on, so that each worker has about as many as another.

The kernel wakes all of them for a new connection, and the first takes it: of 64 that come at once one may take them
all, and compute alone. So a worker that has more than another leaves new ones to others for a moment. What nobody has
taken then, it takes after all: the others are busy, or stopped.
"""

import asyncio
import contextlib
import errno
import mmap
import socket
import sys
from collections.abc import Callable, Sized
from typing import Any

from server.process.connection import SLOW_SECONDS

MOST_WORKERS = 256
"""Workers beyond take what they get."""
_PAUSE_S = 0.003
_EXHAUSTED_S = 0.1
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_NOBODY = 2**31 - 1


class Counts:
    """How many connections each web worker has, in memory that a master shares with those that it forks."""

    def __init__(self) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * MOST_WORKERS)).cast("i")
        self._free = list(range(MOST_WORKERS))
        for place in self._free:
            self._counts[place] = _NOBODY

    def take(self) -> "Count":
        """The count of a worker that the master is about to fork."""
        return Count(self._counts, self._free.pop(0) if self._free else None)

    def give_back(self, count: "Count") -> None:
        """The worker is gone."""
        count.forget()
        if count.place is not None:
            self._free.append(count.place)
            self._free.sort()


class Count:
    """The count of one worker, beside those of the others."""

    def __init__(self, counts: memoryview, place: int | None) -> None:
        self.place = place
        self._counts = counts
        self._forgotten = place is None

    def tell(self, connections: int) -> None:
        """Lets the others know."""
        if not self._forgotten and self.place is not None:
            self._counts[self.place] = connections

    def forget(self) -> None:
        """This worker takes no connections any more."""
        self.tell(_NOBODY)
        self._forgotten = True

    def has_more_than_another(self, connections: int, slack: int) -> bool:
        """Whether another worker that takes connections has fewer by more than the slack."""
        if self.place is None:
            return False
        others = self._counts.tolist()
        others[self.place] = _NOBODY
        return connections - slack > min(others)


class Connections(set[Any]):
    """The connections of a worker, who is counted by them."""

    def __init__(self, count: Count) -> None:
        super().__init__()
        self._count = count

    def discard(self, connection: object) -> None:
        """One less."""
        super().discard(connection)
        self._count.tell(len(self))


class Listener:
    """One listening socket of one worker, which stays that of the master. As `asyncio.Server`, as far as uvicorn asks.

    made: makes the protocol of a connection, which then stands in `connections`.
    """

    def __init__(
        self, sock: socket.socket, count: Count, made: Callable[[], asyncio.Protocol], connections: Sized
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._count = count
        self._made = made
        self._connections = connections
        self._begun: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._open = True
        sock.setblocking(False)
        if sys.platform == "linux":  # for the connections that come from it, see tcp(7)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SLOW_SECONDS * 1_000))
        self._listen()
        count.tell(self._mine)

    def close(self) -> None:
        """Takes no connections any more; those that there are stay. Once more does nothing."""
        if self._open:
            self._open = False
            self._stop_listening()
            self._count.forget()
            if self._pause:
                self._pause.cancel()

    async def wait_closed(self) -> None:
        """Waits for those that were being taken."""
        if self._begun:
            await asyncio.wait(self._begun)

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._sock.fileno(), self._take)

    def _take(self) -> None:
        """Takes one connection, or leaves it."""
        if self._count.has_more_than_another(self._mine, _slack(self._mine)):
            self._rest(_PAUSE_S, self._take_late)
        else:
            self._take_one()

    def _take_late(self) -> None:
        """Takes what the others have left, some at once."""
        self._listen()
        for _ in range(_slack(self._mine)):
            if self._pause is None and not self._take_one():
                break

    def _take_one(self) -> bool:
        """Takes a connection; False where there is none."""
        try:
            taken, _ = self._sock.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return False
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self._rest(_EXHAUSTED_S, self._listen)
            return False
        taken.setblocking(False)
        task = self._loop.create_task(self._begin(taken))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        self._count.tell(self._mine)
        return True

    async def _begin(self, taken: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._made, taken)
        except OSError:  # the client has gone
            taken.close()

    @property
    def _mine(self) -> int:
        return len(self._connections) + len(self._begun)

    def _rest(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_listening()
        self._pause = self._loop.call_later(seconds, then)

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the socket may be closed already
            self._loop.remove_reader(self._sock.fileno())


def _slack(connections: int) -> int:
    return 1 + connections // 8
