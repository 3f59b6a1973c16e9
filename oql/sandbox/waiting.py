"""Waits for an interpreter that is being compiled: on the run's wall time, not on what it may compute."""

from concurrent.futures import Future, TimeoutError as NotYet
from typing import TypeVar

from oql.verbs.run import Run

T = TypeVar("T")

_LOOK_S = 0.02


def ready(run: Run, loading: "Future[T]") -> T:
    """What is being loaded, once it is; ends early when the run is cancelled or out of time."""
    while True:
        try:
            return loading.result(_LOOK_S)
        except NotYet:
            if loading.done():
                raise
            run.look()
