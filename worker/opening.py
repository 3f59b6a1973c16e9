"""What runs programs in a process, opened as the settings have it: web processes and job workers alike."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from accounts.service import Accounts
from chains.calling import ChainCall
from chains.launching import Launcher, launcher
from chains.paths import size_of
from chains.running.forms import forms
from oql.chain_options import ChainOptions
from oql.context import Environment
from oql.contexts import Contexts
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.models.opening import open_models
from oql.outbound import Outbound
from oql.outbound.opening import open_outbound
from oql.places.services import Services
from oql.settings import Settings
from oql.values import Value
from oql.wake import watched_kinds
from substrate.files.opening import FileStore, share_database
from substrate.interface import Store
from substrate.opening import open_control, open_store
from worker.changes import Changes
from worker.hints import Hints
from worker.links import Links
from worker.marks import DATABASE, MIGRATIONS as MARKS
from worker.valkey import redis_url


@dataclass(frozen=True, slots=True)
class Workshop:
    """The store, and everything that programs and jobs run on in this process."""

    store: Store
    files: FileStore
    hints: Hints
    outbound: Outbound
    contexts: Contexts
    runner: Runner
    launcher: Callable[[str], Launcher]
    """Starts chains and pipelines in a namespace."""

    def close(self) -> None:
        """Lets go of everything."""
        around = self.contexts.environment
        for part in (self.outbound, around.models, around.chains.search, self.hints, self.store):
            if part:
                part.close()


def open_workshop(
    settings: Settings, accounts: Accounts, base_url: str, report: Callable[..., str], hints: Hints
) -> Workshop:
    """Opens it all. `base_url`: how links to the server begin; `report(fault, job_id)` logs a fault of ours."""

    def changed(name: str) -> None:
        now, due = time.time(), store.namespace(name).upkeep_due()
        if "table" in watched_kinds(store.namespace(name)):
            due = now
        if due is not None:
            hints.mark(name, max(due, now))

    store = open_store(
        settings.store or "",
        settings.data,
        quota_bytes=accounts.storage_bytes,
        system=MIGRATIONS,
        on_change=Changes(changed).note,
        search_bytes=settings.store_search_bytes,
        followers=[name.strip() for name in (settings.followers or "").split(",") if name.strip()],
        sync_seconds=settings.sync_timeout_ms / 1_000,
    )
    files = FileStore(
        settings.data,
        lambda: base_url,
        quota_bytes=accounts.storage_bytes,
        database=share_database(settings.data, settings.store or ""),
    )
    outbound = open_outbound(settings)

    def start_chain(namespace: str, name: str, inputs: Mapping[str, Value]) -> ChainCall:
        return ChainCall(store.namespace(namespace), name, inputs, partial(size_of, files.of(namespace)), hints.mark)

    environment = Environment(
        outbound, settings.smtp_url is not None, accounts.sites, open_models(settings), Services.of(settings),
        replace(ChainOptions.of(settings, os.environ), form_link=Links(settings.data, base_url).gather), start_chain,
    )  # fmt: skip
    contexts = Contexts(
        settings.limits(), store.namespace, report, files.of, environment, may_sideload=accounts.may_sideload
    )
    runner = Runner(
        Holding(hints.hold),
        contexts.make,
        at_once=accounts.jobs_at_once,
        forms=forms(settings.max_concurrent_executions, settings.on_restart),
    )

    def starts(namespace: str) -> Launcher:
        return launcher(settings.max_concurrent_executions, files.of(namespace))

    return Workshop(store, files, hints, outbound, contexts, runner, starts)


def open_hints(settings: Settings) -> Hints:
    """The hints of this process."""
    return Hints(open_control(settings.store or "", settings.data, DATABASE, MARKS), redis_url(settings))
