"""The figures of all processes of one server, for Prometheus.

Each process writes memory-mapped files of its own in the folder that PROMETHEUS_MULTIPROC_DIR names (the
master sets it before this module is imported); a scrape in any process adds them up. Without the folder the
figures are those of this process alone.
"""

import asyncio
import os
from bisect import bisect_left
from collections import Counter as Tally, defaultdict, deque
from collections.abc import Iterable, Sequence
from functools import cache
from time import monotonic

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
    multiprocess,
)
from prometheus_client.registry import Collector

from substrate.counts import FRAMES_SENT, LOG_BYTES, PLAN_HITS

CONTENT_TYPE = CONTENT_TYPE_LATEST
PUBLISH_SECONDS = 0.1
COUNTED_SECONDS = 0.2
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)

_requests = Counter("oql_http_requests_total", "Answered HTTP requests.", ["method", "route", "status"])
_request_seconds = Histogram("oql_http_request_seconds", "Time to an answer.", ["route"], buckets=_SECONDS)
_in_flight = Gauge("oql_http_requests_in_flight", "Requests that wait for something.", multiprocess_mode="livesum")
_programs = Counter("oql_programs_total", "Programs that ended, by their error code (empty: none).", ["code"])
_program_seconds = Histogram("oql_program_seconds", "Running time of programs.", buckets=_SECONDS)
_running = Gauge("oql_programs_running", "Programs running now, short ones left out.", multiprocess_mode="livesum")
_query_ms = Histogram("oc_query_latency_ms", "Time to the answer of a plan or SELECT of the store.", buckets=_MS)

in_flight = _in_flight.track_inprogress
"""Context manager around whatever a request waits for: a password, a thread, its own body. Requests that wait
for nothing are answered in one go, and nobody could see them in flight."""
waiting = _in_flight.inc
"""Counts so many requests as such at once, or with a negative number no longer."""
running = _running.track_inprogress
"""Context manager around a program that runs on a thread."""
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


@cache
def _request_seconds_of(route: str) -> Histogram:
    return _request_seconds.labels(route)


@cache
def _store_counters() -> tuple[Counter, Counter, Counter]:
    """Plans that had been compiled before, bytes of logs, frames sent; made at first use: the master has none."""
    return (
        Counter("oc_plan_cache_hits_total", "Plans of the store that had been compiled before."),
        Counter("oc_wal_bytes_total", "Bytes written to the change logs of the store."),
        Counter("oc_replication_frames_total", "Frames of change logs that were sent to followers."),
    )


_answers: deque[tuple[str, str, int, float]] = deque()
_ended: deque[tuple[str, float]] = deque()


def request_ends(method: str, route: str, status: int, seconds: float) -> None:
    """Counts an answer, on the event loop. `route` is a declared path, never what a client sent."""
    if not _answers:
        asyncio.get_running_loop().call_later(PUBLISH_SECONDS, publish)
    _answers.append((method, route, status, seconds))


def program_ends(code: str, seconds: float) -> None:
    """Counts a program that ended, by its error code (empty: none); on any thread."""
    _ended.append((code, seconds))


def store_query_ends(seconds: float) -> None:
    """Counts a plan or SELECT of the store that ended, however it did."""
    _query_ms.observe(seconds * 1_000)


def publish() -> None:
    """Puts what was counted where scrapes find it. Many at a time cost a tenth of one at a time."""
    answers: Tally[tuple[str, str, int]] = Tally()
    programs: Tally[str] = Tally()
    times: defaultdict[Histogram, list[float]] = defaultdict(list)
    while _answers:
        method, route, status, seconds = _answers.popleft()
        answers[method, route, status] += 1
        times[_request_seconds_of(route)].append(seconds)
    while _ended:
        code, seconds = _ended.popleft()
        programs[code] += 1
        times[_program_seconds].append(seconds)
    for histogram, observed in times.items():
        _observe(histogram, observed)
    plan_hits, log_bytes, frames_sent = _store_counters()
    plan_hits.inc(PLAN_HITS.take())
    log_bytes.inc(LOG_BYTES.take())
    frames_sent.inc(FRAMES_SENT.take())
    for (method, route, status), number in answers.items():
        _requests.labels(method if method in _METHODS else "other", route, str(status)).inc(number)
    for code, number in programs.items():
        _programs.labels(code).inc(number)


def _observe(histogram: Histogram, seconds: Sequence[float]) -> None:
    """`histogram.observe` for each, at a tenth of the cost: every number in the file is changed once."""
    bounds = histogram._upper_bounds
    for bucket, number in Tally([bisect_left(bounds, one) for one in seconds]).items():
        histogram._buckets[bucket].inc(number)
    histogram._sum.inc(sum(seconds))


def forget_process(pid: int) -> None:
    """Takes a dead process out of the gauges; what it counted stays."""
    multiprocess.mark_process_dead(pid)


class _Processes(Collector):
    """The figures of all processes. The file of one that is just being made is empty for a moment, and left out."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """What their files hold, added up."""
        with os.scandir(self._folder) as entries:
            files = [entry.path for entry in entries if entry.name.endswith(".db") and _size(entry)]
        found: Iterable[Metric] = multiprocess.MultiProcessCollector.merge(files, accumulate=True)
        return found


def _size(entry: "os.DirEntry[str]") -> int:
    """The bytes of a file, 0 of one that is gone."""
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def _registry() -> CollectorRegistry:
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is None:
        return REGISTRY
    registry = CollectorRegistry()
    registry.register(_Processes(folder))
    return registry


def exposition() -> bytes:
    """All figures as Prometheus text; those of other processes as of `PUBLISH_SECONDS` ago."""
    publish()
    return generate_latest(_registry())


_counted = (0, 0.0)
"""How many programs ran when somebody last asked, and when that was."""


def programs_running() -> int:
    """How many programs run, in all processes, as of `COUNTED_SECONDS` ago: adding them up takes milliseconds."""
    global _counted
    number, when = _counted
    if not when or monotonic() - when > COUNTED_SECONDS:
        number = int(_registry().get_sample_value("oql_programs_running") or 0)
        _counted = number, monotonic()
    return number
