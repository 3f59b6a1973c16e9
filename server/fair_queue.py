"""Turns of accounts on the event loop, so that one which asks much does not make the others wait.

A round of the event loop does all that has come before it looks at the network again. Where several accounts ask, a
round begins one program of each; of an account that is alone it begins some. What else has come waits for the rounds
that follow. This is round robin between senders, with programs for packets (J. Nagle, "On Packet Switches with
Infinite Storage", RFC 970).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

SHARED_S = 0.1
"""How long an account is not alone after another one has asked."""
MOST_ALONE = 16
"""Programs of an account that is alone in a round; another one that comes has those of two rounds before it at most."""


class FairQueue:
    """Who begins in the present round of the one loop that uses it. `clock`: in seconds, never back."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._last = ""
        self._shared_until = 0.0
        self._most = MOST_ALONE
        self._begun: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def passes(self, account: str) -> bool:
        """Whether a program of an account may begin now; else it has to `wait`."""
        if account != self._last:
            self._last, self._shared_until, self._most = account, self._clock() + SHARED_S, 1
        begun = self._begun.get(account, 0)
        if begun >= self._most or account in self._waiting:
            return False
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._next_round)
        self._begun[account] = begun + 1
        return True

    async def wait(self, account: str) -> None:
        """Until a program of the account may begin."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account, deque()).append(turn)
        await turn

    def _next_round(self) -> None:
        self._begun.clear()
        self._most = 1 if self._clock() < self._shared_until else MOST_ALONE
        for account, queue in tuple(self._waiting.items()):
            begun = 0
            while queue and begun < self._most:
                turn = queue.popleft()
                if not turn.done():  # else its task was cancelled
                    turn.set_result(None)
                    begun += 1
            if begun:
                self._begun[account] = begun
            if not queue:
                del self._waiting[account]
        if self._begun:
            asyncio.get_running_loop().call_soon(self._next_round)
