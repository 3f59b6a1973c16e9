"""Named points at which tests kill the process, to see what is left. In all other processes they do nothing.

FAULT_KILL_AT names a point ("after the commit"), with `*3` behind it for the third time that it is reached.
"""

import itertools
import os
import signal

VARIABLE = "FAULT_KILL_AT"

_point, _, _times = os.environ.get(VARIABLE, "").partition("*")
_reached = itertools.count(1)


def die_at(named: str) -> None:
    """Names another point, or none, in a process that has loaded this before."""
    global _point, _times, _reached
    _point, _, _times = named.partition("*")
    _reached = itertools.count(1)


def reach(point: str) -> None:
    """Ends the process here, as `kill -9` does, if a test asked for it."""
    if point == _point and next(_reached) == int(_times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
