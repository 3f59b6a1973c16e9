"""What runs get from a server: the machine's clocks and randomness, the store, the files, the log for faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

from oql.context import ALONE, CancelFlag, Context, Environment
from oql.journal import Journal
from oql.limits import Limits
from oql.local import RANDOM, computing_ns, measuring_ns, new_id, wall_clock
from oql.stored import StoredCache
from oql.values import Value
from substrate.interface import Files, Namespace


@dataclass(frozen=True)
class Contexts:
    """Makes the contexts of runs. `stores` gives the databases and the cache of a namespace, `files` its files.

    `report(fault, job_id)` logs a fault of ours and gives its id. `may_sideload`: whether programs of a namespace may
    run texts that come from outside.
    """

    limits: Limits
    stores: Callable[[str], Namespace]
    report: Callable[..., str]
    files: Callable[[str], Files] | None = None
    environment: Environment = ALONE
    may_sideload: Callable[[str], bool] = lambda namespace: False

    @cached_property
    def _job_limits(self) -> Limits:
        return replace(self.limits, wall_s=max(self.limits.job_s, self.limits.wall_s))

    def make(
        self,
        namespace: str,
        job_id: str,
        request: Mapping[str, Value],
        cancel: CancelFlag,
        journal: Journal | None = None,
        *,
        created: float | None = None,
    ) -> Context:
        """A context for one run; `cancel` ends it. With a journal it is, or may become, a job: made at `created`.

        A run without one goes in one go: its time passes while it computes, and the clock that tells these apart
        would cost more than all the rest of the run.
        """
        store, now = self.stores(namespace), wall_clock()
        files = self.files(namespace) if self.files else None
        timer, limits = (computing_ns, self._job_limits) if journal else (measuring_ns, self.limits)
        # By position: every request makes one.
        return Context(
            namespace, now if created is None else created, measuring_ns, timer, RANDOM, new_id, StoredCache(store),
            request, limits, cancel, job_id, partial(self.report, job_id=job_id), store, files, journal,
            None if created is None else now, self.environment, journal is not None and self.may_sideload(namespace),
        )  # fmt: skip
