"""What runs get from this server: the machine's clocks and randomness, the shared cache, the log for faults."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from threading import Event

from oql.context import Cache, Context
from oql.limits import Limits
from oql.local import local_context
from oql.values import Value
from server.logs import log_fault


class Contexts:
    """Makes the context of a run. `caches` gives the cache of a namespace."""

    def __init__(self, caches: Callable[[str], Cache], limits: Limits) -> None:
        self._caches = caches
        self._limits = limits

    def make(
        self,
        namespace: str,
        job_id: str,
        request: Mapping[str, Value],
        cancel: Event,
        wall_s: float | None = None,
        *,
        short: bool = False,
    ) -> Context:
        """A context for one run. `wall_s` shortens the time it may take; `cancel` ends it.

        What is `short` runs in one go: its time passes while it computes, and the clock that tells these apart
        would cost more than all the rest of the run.
        """
        limits = self._limits
        if wall_s is not None and wall_s < limits.wall_s:
            limits = replace(limits, wall_s=wall_s)
        context = local_context(
            namespace,
            request=request,
            limits=limits,
            cancel=cancel,
            cache=self._caches(namespace),
            job_id=job_id,
        )
        context.report = partial(log_fault, job_id=job_id)
        if short:
            context.computing_ns = context.monotonic_ns
        return context
