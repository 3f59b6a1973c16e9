"""What runs programs that may become jobs, in this process: on the data folder as a server on it does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from oql.cli.options import settings_in_force
from oql.cli.refusal import Failed, Refused
from oql.context import report_fault
from oql.jobs.due import next_due
from oql.jobs.runner import Runner
from oql.settings import Settings
from substrate.errors import Invalid, StoreError
from substrate.interface import DatabaseError, Namespace
from worker.hints import Hints
from worker.links import Links
from worker.opening import Workshop, open_hints, open_workshop


@dataclass(frozen=True, slots=True)
class Here:
    """The workshop of a data folder. `links` are those that a server on the folder answers."""

    settings: Settings
    shop: Workshop
    links: Links

    @property
    def runner(self) -> Runner:
        """Runs jobs in this process."""
        return self.shop.runner

    @property
    def hints(self) -> Hints:
        """Tells servers on the folder of due work."""
        return self.shop.hints

    def namespace(self, name: str) -> Namespace:
        """What a namespace keeps. Refused where that can be no name of one."""
        with refusals():
            return self.shop.store.namespace(name)

    def tell_workers(self, namespace: Namespace) -> None:
        """Lets a server on the folder know of the work that is due in a namespace, now or at some time."""
        due = next_due(namespace, time.time())
        if due is not None:
            self.hints.mark(namespace.name, due)
            self.hints.flush()


@cache
def open_here(data: str | None = None) -> Here:
    """The workshop of a data folder, None for the one in force; opened once in a process."""
    settings = settings_in_force(data)
    from accounts.opening import open_accounts

    base_url = str(settings.base_url or f"http://{settings.host}:{settings.port}")
    with refusals():
        try:
            shop = open_workshop(settings, open_accounts(settings), base_url, _report, open_hints(settings))
        except OSError as error:
            raise Refused(f"the data folder {settings.data} cannot be used: {error.strerror}") from None
    return Here(settings, shop, Links(settings.data, base_url))


@contextmanager
def refusals(*expected: type[StoreError]) -> Iterator[None]:
    """What the store refuses, or cannot do now, in one line; but for what the caller expects."""
    try:
        yield
    except expected:
        raise
    except StoreError as error:
        raise (Refused if isinstance(error, Invalid) else Failed)(error.message) from None
    except DatabaseError as error:
        raise Failed(str(error)) from None


def _report(fault: BaseException, job_id: str = "") -> str:
    return report_fault(fault)
