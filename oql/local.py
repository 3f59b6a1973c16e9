"""The context of a run in this process: its clocks, its randomness, its ids. The one door of the language to them."""

import os
import random
import re
import time
from collections import deque
from collections.abc import Mapping

from oql.cache import MemoryCache
from oql.context import Cache, CancelFlag, Context
from oql.limits import DEFAULT, Limits
from substrate.interface import Namespace
from substrate.interface.new_keys import new_key

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
        a, b, c, d, e = _drawn()
        return f"{a}-{b}-4{c}-a{d}-{e}"
    return new_key()


_AT_ONCE = 64
_FIELDS = re.compile("(.{8})(.{4})(.{3})(.{3})(.{12})")
"""The random digits of a UUID; its version and two bits beside its variant are the same in all of them."""
_kept: deque[tuple[str, ...]] = deque()
os.register_at_fork(after_in_child=_kept.clear)


def _drawn() -> tuple[str, ...]:
    """15 random bytes in hexadecimal, of which some are drawn at once."""
    try:
        return _kept.pop()
    except IndexError:
        first, *others = _FIELDS.findall(os.urandom(15 * _AT_ONCE).hex())
        _kept.extend(others)
        return first  # type: ignore[no-any-return] # of a pattern with groups


def wall_clock() -> float:
    """Unix seconds of this machine."""
    return time.time()


def elapsed() -> float:
    """Seconds on a clock of this machine that only measures."""
    return time.monotonic()
