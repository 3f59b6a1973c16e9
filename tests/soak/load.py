"""An open load: requests begin when they are due, whatever became of those before; delays count from then."""

import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from tests.soak.kinds import KINDS
from tests.soak.tenants import Tenant, UnexpectedAnswer

THREADS = 64
"""Requests, streams and jobs that are followed, at once."""


@dataclass
class Load:
    """A load on some tenants. `faults`: the answers that nobody expects; `delays`: of each kind since the last look."""

    tenants: Sequence[Tenant]
    per_second: float
    chosen: random.Random
    faults: list[str] = field(default_factory=list)
    delays: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stopping: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Sends requests until told to stop, and waits for those that are on their way."""
        kinds, weights = list(KINDS), list(KINDS.values())
        with ThreadPoolExecutor(THREADS) as pool:
            due = time.monotonic()
            while not self.stopping.wait(max(0.0, due - time.monotonic())):
                kind = self.chosen.choices(kinds, weights)[0]
                pool.submit(self._one, kind, self.chosen.choice(self.tenants), due)
                due += self.chosen.expovariate(self.per_second)

    def taken(self) -> dict[str, list[float]]:
        """The delays of each kind since the last call, in seconds, sorted."""
        with self._lock:
            taken, self.delays = self.delays, defaultdict(list)
        return {name: sorted(delays) for name, delays in taken.items()}

    def _one(self, kind: object, tenant: Tenant, due: float) -> None:
        name = getattr(kind, "__name__", "").replace("_", " ")
        try:
            kind(tenant)  # type: ignore[operator]  # a kind is a function of a tenant
        except (UnexpectedAnswer, httpx.HTTPError, AssertionError) as error:
            with self._lock:
                self.faults.append(f"{time.monotonic() - self.began:.0f} s, {name}, {tenant.site}: {error!r}"[:600])
            sys.stderr.write(self.faults[-1] + "\n")
        else:
            with self._lock:
                self.delays[name].append(time.monotonic() - due)
