"""Calendars on both back ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oql import engine, program
from oql.context import CancelFlag
from oql.contexts import Contexts
from oql.jobs.schema import MIGRATIONS
from oql.journal import Journal
from oql.limits import Limits
from substrate.interface import Namespace, Store
from substrate.opening import open_store


class Office:
    """The namespace "office" of a store, and the programs that run in it."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self.namespace: Namespace = store.namespace("office")
        self._contexts = Contexts(limits, store.namespace, _raised)

    def gives(self, source: str, **variables: Any) -> Any:
        """What a program gives. Raises what it fails by."""
        journal = Journal("job", self.namespace)
        context = self._contexts.make("office", "job", {}, CancelFlag(), journal)
        outcome = engine.run(program.load(source), context, variables)
        if outcome.error:
            raise outcome.error
        return outcome.result


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A namespace that was never written to."""
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    store = open_store(url, tmp_path / "data", system=MIGRATIONS)
    for name in store.names():
        store.delete(name)
    yield Office(store, Limits(computing_s=2.0))
    store.close()


def _raised(fault: BaseException, job_id: str) -> str:
    raise fault
