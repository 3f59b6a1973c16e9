"""What a run gets from outside: clock, randomness, ids, request, cache, limits. The engine has no other source."""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from oql.limits import DEFAULT, Limits
from oql.values import Value


class Cache(Protocol):
    """Values kept for other runs of the same namespace."""

    def get(self, key: str, now: float) -> Value:
        """The value kept under the key, or None when there is none or it has expired."""

    def put(self, key: str, value: Value, now: float, seconds: float | None) -> None:
        """Keeps a value, for ever or for some seconds; an earlier one under the key is replaced."""

    def expire(self, key: str, now: float, seconds: float) -> bool:
        """Gives a kept value a new life time; False when there is none."""

    def flush(self, key: str, now: float) -> bool:
        """Forgets the value under the key; False when there was none."""


def report_fault(fault: BaseException) -> str:
    """Logs a fault of ours with its trace; the id that it returns is all that people see of it."""
    fault_id = uuid.uuid4().hex[:12]
    logging.getLogger("oql").error("internal fault %s", fault_id, exc_info=fault)
    return fault_id


@dataclass(slots=True)
class Context:
    """Everything one run may know about the world.

    `now` is Unix seconds, fixed for the whole run. `monotonic_ns` and `computing_ns` (the thread's processor time)
    only measure. `cancel` is set by whoever wants the run to end; waiting verbs wake up on it. `report` takes a fault
    of ours and gives its id.
    """

    namespace: str
    now: float
    monotonic_ns: Callable[[], int]
    computing_ns: Callable[[], int]
    random: Random
    new_id: Callable[[int], str]
    cache: Cache
    request: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = DEFAULT
    cancel: threading.Event = field(default_factory=threading.Event)
    job_id: str = ""
    report: Callable[[BaseException], str] = report_fault
