"""What a run gets from outside: clock, randomness, ids, request, cache, store, limits. There is no other source."""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Protocol

from oql.chain_options import NO_OPTIONS, ChainOptions
from oql.limits import DEFAULT, Limits
from oql.places.services import NOWHERE, Services
from oql.values import Value
from substrate.interface import Files, Frame, Namespace

if TYPE_CHECKING:
    from oql.graph import Tasks
    from oql.journal import Journal
    from oql.models import Models
    from oql.outbound import Outbound
    from oql.site_names import Sites
    from oql.sites import Reply


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

    def within(self, frame: Frame) -> "Cache":
        """The same cache as a part of an open transaction."""


class StartedChain(Protocol):
    """One execution of a chain that a program wants."""

    def begin(self, job: str, key: str) -> str:
        """Starts it for a job, which it answers under a key when it ends; its id. Again it gives the same one.

        Raises OqlError where it cannot be started.
        """

    def outcome(self, execution: str) -> Value:
        """{"result"} or {"error"}; None while it runs."""


StartChain = Callable[[str, str, Mapping[str, Value]], StartedChain]
"""By the namespace, the name of the chain, and its inputs."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What all runs of a process have around them.

    `outbound` is the way to other machines, None where there is none; `mails`: whether mails can be sent. `sites` knows
    who has which site. `models`: language models, None where there are none. `places`: the services that WEATHER,
    CURRENCY and MAP ask. `chains`: what steps of chains may use; `start_chain`: what runs chains, None where nothing
    does.
    """

    outbound: "Outbound | None" = None
    mails: bool = False
    sites: "Sites | None" = None
    models: "Models | None" = None
    places: Services = NOWHERE
    chains: ChainOptions = NO_OPTIONS
    start_chain: StartChain | None = None


ALONE = Environment()
"""Around a run that can reach nothing."""


class CancelFlag(threading.Event):
    """An event that is set to end a run; what works for the run elsewhere is called when it is."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[Callable[[], None]] = []

    def set(self) -> None:
        """Ends the run, and everything that works for it."""
        super().set()
        for call in tuple(self._calls):
            call()

    @contextmanager
    def calling(self, call: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `call` is called when the flag is set, at once when it is set already."""
        self._calls.append(call)
        try:
            if self.is_set():
                call()
            yield
        finally:
            self._calls.remove(call)


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
    of ours and gives its id. `journal` records the run, so that it can be continued. `began` is when this run of the
    program began, in Unix seconds, where that is later than `now`.

    `store` holds the databases of the namespace and `files` its files; without them their verbs are unsupported.
    `may_sideload`: whether texts that come from outside may be run as programs. `reply` is the answer of a site where
    the run makes one. `tasks`: what does the tasks of the program's graph, where it has one.
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
    cancel: CancelFlag = field(default_factory=CancelFlag)
    job_id: str = ""
    report: Callable[[BaseException], str] = report_fault
    store: Namespace | None = None
    files: Files | None = None
    journal: "Journal | None" = None
    began: float | None = None
    environment: Environment = ALONE
    may_sideload: bool = False
    reply: "Reply | None" = None
    tasks: "Tasks | None" = None
