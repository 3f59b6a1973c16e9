"""The context of a run in this process: its clocks, its randomness, its ids. The one door of the language to them."""

import os
import random
import time
import uuid
from collections import deque
from collections.abc import Mapping
from secrets import randbits

from oql.cache import MemoryCache
from oql.context import Cache, CancelFlag, Context
from oql.limits import DEFAULT, Limits
from substrate.interface import Namespace

RANDOM = random.SystemRandom()
measuring_ns = time.perf_counter_ns
computing_ns = time.thread_time_ns
"""Nanoseconds on two clocks that only measure: one that always runs, and the processor time of the thread."""


def local_context(
    namespace: str = "local",
    *,
    request: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT,
    cancel: CancelFlag | None = None,
    cache: Cache | None = None,
    store: Namespace | None = None,
    job_id: str = "",
) -> Context:
    """A context for one run, with an empty cache where none is given; `cancel` ends the run."""
    return Context(
        namespace=namespace,
        now=time.time(),
        monotonic_ns=measuring_ns,
        computing_ns=computing_ns,
        random=RANDOM,
        new_id=new_id,
        cache=cache or MemoryCache(),
        request=request or {},
        limits=limits,
        cancel=cancel or CancelFlag(),
        job_id=job_id or new_id(4),
        store=store,
    )


def new_id(version: int) -> str:
    """A UUID: random (version 4), or ordered by its millisecond and random beyond that (7, RFC 9562)."""
    if version == 4:
        digits = _drawn()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
    milliseconds = time.time_ns() // 1_000_000
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | randbits(12) << 64 | 2 << 62 | randbits(62)))


_AT_ONCE = 64
_digits: deque[str] = deque()
os.register_at_fork(after_in_child=_digits.clear)


def _drawn() -> str:
    """16 random bytes in hexadecimal, of which some are drawn at once."""
    try:
        return _digits.pop()
    except IndexError:
        many = os.urandom(16 * _AT_ONCE).hex()
        _digits.extend(many[start : start + 32] for start in range(32, len(many), 32))
        return many[:32]


def wall_clock() -> float:
    """Unix seconds of this machine."""
    return time.time()


def elapsed() -> float:
    """Seconds on a clock of this machine that only measures."""
    return time.monotonic()
