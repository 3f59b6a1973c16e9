"""The figures of job workers and schedulers, for Prometheus; a scrape of any web process adds them up."""

from functools import cache

from prometheus_client import Counter, Gauge

_drains = Counter("oql_drains_total", "Looks for due work in a namespace, by how they ended.", ["outcome"])
_draining = Gauge("oql_drains_running", "Namespaces that are looked at now.", multiprocess_mode="livesum")
_jobs = Gauge("oql_jobs_running", "Jobs that run now in job workers.", multiprocess_mode="livesum")

draining = _draining.track_inprogress
"""Context manager around a look for due work in a namespace."""
job_running = _jobs.track_inprogress
"""Context manager around a job that runs in a job worker."""


@cache
def _hints() -> tuple[Counter, Counter]:
    """Hints sent and received; made at first use, so that the master has none."""
    return (
        Counter("oql_hints_sent_total", "Hints of due work that were sent."),
        Counter("oql_hints_received_total", "Hints of due work that were received."),
    )


def hints_sent(number: int) -> None:
    """Counts hints that went out."""
    _hints()[0].inc(number)


def hint_received() -> None:
    """Counts a hint that came in."""
    _hints()[1].inc()


def drain_ends(outcome: str) -> None:
    """Counts a drain, by "done" or "failed"."""
    _drains.labels(outcome).inc()
