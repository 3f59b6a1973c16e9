"""What runs get from a server: the machine's clocks and randomness, the store, the files, the log for faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

from oql.chain_options import NO_OPTIONS, ChainOptions
from oql.context import CancelFlag, Context, StartChain
from oql.journal import Journal
from oql.limits import Limits
from oql.local import RANDOM, computing_ns, measuring_ns, new_id, wall_clock
from oql.models import Models
from oql.outbound import Outbound
from oql.places.services import NOWHERE, Services
from oql.site_names import Sites
from oql.stored import StoredCache
from oql.values import Value
from substrate.interface import Files, Namespace


@dataclass(frozen=True)
class Contexts:
    """Makes the contexts of runs. `stores` gives the databases and the cache of a namespace, `files` its files.

    `report(fault, job_id)` logs a fault of ours and gives its id. `outbound` is their way to other machines; `mails`:
    whether mails are sent. `sites` knows who has which site; `models`: language models; `places`: the services that
    WEATHER, CURRENCY and MAP ask; `chains`: what steps of chains may use. `may_sideload`: whether programs of a
    namespace may run texts that come from outside.
    """

    limits: Limits
    stores: Callable[[str], Namespace]
    report: Callable[..., str]
    files: Callable[[str], Files] | None = None
    outbound: Outbound | None = None
    mails: bool = False
    sites: Sites | None = None
    models: Models | None = None
    places: Services = NOWHERE
    chains: ChainOptions = NO_OPTIONS
    start_chain: StartChain | None = None
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
        context = Context(
            namespace, now if created is None else created, measuring_ns, computing_ns if journal else measuring_ns,
            RANDOM, new_id, StoredCache(store), request, self._job_limits if journal else self.limits, cancel, job_id,
        )  # fmt: skip
        context.began = None if created is None else now
        context.store, context.files = store, self.files(namespace) if self.files else None
        context.outbound, context.mails, context.sites = self.outbound, self.mails, self.sites
        context.models, context.places, context.chains = self.models, self.places, self.chains
        context.may_sideload = journal is not None and self.may_sideload(namespace)
        context.start_chain = self.start_chain
        context.report = partial(self.report, job_id=job_id)
        context.journal = journal
        return context
