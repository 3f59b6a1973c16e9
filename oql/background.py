"""Threads that compute while another one serves: the machine lets them wait for it, not the other way round.

Else a program that computes would keep its share of a processor from the event loop at each request of somebody else.
"""

import contextlib
import os
import sys
import threading

NICER_BY = 5
"""Steps of `nice`, of 19. Where all processors are wanted such a thread gets a third of what another one does."""


def give_way() -> None:
    """Lowers the priority of the calling thread and of those that it starts, for good: raising it takes privileges.

    Elsewhere than on Linux priorities are those of whole processes, and nothing happens.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER_BY)
