"""What runs get from this server: the machine's clocks and randomness, the shared cache, the log for faults."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from oql.context import CancelFlag, Context
from oql.limits import Limits
from oql.local import local_context
from oql.stored import StoredCache
from oql.values import Value
from server.logs import log_fault
from substrate.interface import Files, Namespace


class Contexts:
    """Makes the context of a run. `stores` gives the databases and the cache of a namespace, `files` its files."""

    def __init__(
        self, limits: Limits, stores: Callable[[str], Namespace], files: Callable[[str], Files] | None = None
    ) -> None:
        self._limits = limits
        self._stores = stores
        self._files = files

    def make(
        self,
        namespace: str,
        job_id: str,
        request: Mapping[str, Value],
        cancel: CancelFlag,
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
        store = self._stores(namespace)
        context = local_context(
            namespace,
            request=request,
            limits=limits,
            cancel=cancel,
            cache=StoredCache(store),
            store=store,
            job_id=job_id,
        )
        context.files = self._files(namespace) if self._files else None
        context.report = partial(log_fault, job_id=job_id)
        if short:
            context.computing_ns = context.monotonic_ns
        return context
