"""A namespace on each back end in which programs run as on a server; a clock that tests turn for what they call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argon2.low_level
import pytest

from oql import engine, program
from oql.context import CancelFlag
from oql.contexts import Contexts
from oql.jobs.schema import MIGRATIONS
from oql.journal import Entry, Journal
from oql.limits import Limits
from substrate.interface import Namespace, Store
from substrate.opening import open_store

Recorded = dict[str, Entry]


class Site:
    """The namespace "site" of a store, and the programs that run in it."""

    def __init__(self, store: Store) -> None:
        self.namespace: Namespace = store.namespace("site")
        self._contexts = Contexts(Limits(), store.namespace, _raised)

    def run(self, text: str, recorded: Recorded | None = None, **variables: Any) -> tuple[Any, Recorded]:
        """What a program gives, and its journal; `recorded`: that of an earlier run. Raises what it fails by."""
        journal = Journal("job", self.namespace, recorded=recorded or {})
        context = self._contexts.make("site", "job", {}, CancelFlag(), journal)
        outcome = engine.run(program.load(text), context, variables)
        if outcome.error:
            raise outcome.error
        return outcome.result, journal.remembered()

    def gives(self, text: str, **variables: Any) -> Any:
        """What a program gives."""
        return self.run(text, **variables)[0]


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A namespace that was never written to."""
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    store = open_store(url, tmp_path / "data", system=MIGRATIONS)
    for name in store.names():
        store.delete(name)
    yield Site(store)
    store.close()


@pytest.fixture
def verified_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes against which argon2 has verified something. It goes on verifying."""
    seen: list[str] = []
    verify = argon2.low_level.verify_secret

    def counted(hashed: bytes, secret: bytes, kind: argon2.low_level.Type) -> bool:
        seen.append(hashed.decode())
        return verify(hashed, secret, kind)

    monkeypatch.setattr("argon2.low_level.verify_secret", counted)
    return seen


def _raised(fault: BaseException, job_id: str) -> str:
    raise fault
