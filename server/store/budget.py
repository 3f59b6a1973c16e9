"""The memory that large answers of one process take, from the rows that are read to the last byte that is sent."""

import threading
from collections import Counter

from server.problems import Problem, unavailable

PIECE = 256 * 1024
"""The bytes of an answer that are handed over at once. Answers up to this size are not counted."""


class Budget:
    """The bytes that large answers may have together: those of a tenant, and those of all tenants."""

    def __init__(self, of_one: int, of_all: int) -> None:
        self._of_one = of_one
        self._of_all = of_all
        self._held: Counter[str] = Counter()
        self._guard = threading.Lock()

    def share(self, tenant: str) -> "Share":
        """What a new answer takes of it: nothing yet."""
        return Share(self, tenant)

    def take(self, tenant: str, more: int) -> None:
        """So many bytes more; fewer by a negative number. Raises Problem (429, 503) where there is no room."""
        with self._guard:
            held, all_held = self._held[tenant] + more, self._held.total() + more
            if more > 0 and held > self._of_one:
                message = f"answers to this tenant that are on their way have {self._of_one:,} bytes: read those first"
                raise Problem(429, message, headers={"Retry-After": "1"}, retry=True)
            if more > 0 and all_held > self._of_all:
                raise unavailable("the answers that are on their way have as many bytes as this process keeps")
            self._held[tenant] = held
            if not held:
                del self._held[tenant]


class Share:
    """What one answer takes of a budget."""

    def __init__(self, budget: Budget, tenant: str) -> None:
        self._budget = budget
        self._tenant = tenant
        self._bytes = 0

    def hold(self, size: int) -> None:
        """The answer has this size now. Raises Problem (429, 503); what was held stays held."""
        size = size if size > PIECE else 0
        if size != self._bytes:
            self._budget.take(self._tenant, size - self._bytes)
            self._bytes = size

    def give_back(self) -> None:
        """The answer is gone. Once more does nothing."""
        self.hold(0)


class Pieces:
    """A large answer as a stream that waits for its reader, and holds its share until the last piece is handed over."""

    def __init__(self, body: bytes, share: Share) -> None:
        self._body = body
        self._share = share
        self._sent = 0

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        piece = self._body[self._sent : self._sent + PIECE]
        if not piece:
            raise StopAsyncIteration
        self._sent += PIECE
        return piece

    async def close(self) -> None:
        """It is sent, or its reader has gone."""
        self._share.give_back()
