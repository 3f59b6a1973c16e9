"""Commits of a run that fail for any reason: nothing that it has recorded is missing where the job goes on."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from oql.context import CancelFlag, report_fault
from oql.contexts import Contexts
from oql.jobs import journals, records
from oql.jobs.foreground import ForegroundRun
from oql.jobs.holding import Held, Holding
from oql.jobs.records import JobKeeper
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.journal import Entry, Interrupted, Journal
from oql.limits import DEFAULT
from oql.program import load
from oql.values import Value
from substrate.commit import Commit
from substrate.errors import Unavailable
from substrate.interface import DatabaseError, Frame, Namespace, Row, Store
from substrate.opening import open_store
from tests.http.running import until

PAID = {"k": "1", "v": "a paid answer"}
FAILURES = (Unavailable("busy"), DatabaseError("busy"), ValueError("a fault"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path / "data", system=MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def namespace(store: Store) -> Namespace:
    return store.namespace("user_test")


def refuse(*_: object) -> list[Row]:
    """What a namespace reads that cannot be read."""
    raise Unavailable("busy")


def report(fault: BaseException, job_id: str = "") -> str:
    return report_fault(fault)


def fail(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    """From now on no commit succeeds."""

    def end(commit: Commit) -> None:
        raise failure

    monkeypatch.setattr(Commit, "end", end)


def made(frame: Frame, holder: str = "me") -> None:
    records.create(frame, id="job", source="EMIT 1", request={}, now=time.time(), holder=holder)


def kept(namespace: Namespace) -> list[Entry]:
    return journals.read(namespace, "job")[0]


@pytest.fixture(params=FAILURES, ids=lambda failure: type(failure).__name__)
def failure(request: pytest.FixtureRequest) -> Exception:
    failure: Exception = request.param
    return failure


def test_a_run_ends_whose_entries_cannot_be_written(
    namespace: Namespace, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace.write(made)
    journal = Journal("job", namespace, keeper=JobKeeper("job", 1))
    journal.note(PAID)
    with monkeypatch.context() as broken:
        fail(broken, failure)
        with pytest.raises(Interrupted):
            journal.flush()
    assert journal.lost
    with pytest.raises(Interrupted):
        namespace.write(lambda frame: journal.write(frame, {"k": "2", "v": "what came next"}))
    assert kept(namespace) == []


def test_a_run_ends_whose_entries_cannot_be_written_beside_it(
    namespace: Namespace, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = Holding()
    namespace.write(lambda frame: made(frame, holding.holder))
    journal = Journal("job", namespace, keeper=JobKeeper("job", 1))
    journal.note(PAID)
    held = Held(namespace, "job", CancelFlag(), journal=journal)
    monkeypatch.setattr(JobKeeper, "waiting", True)
    fail(monkeypatch, failure)
    holding.take(held)
    until(held.cancel.is_set)
    assert (journal.lost, held.handing_over) == (True, True)
    holding.drop(held)


def test_a_run_that_cannot_be_kept_at_first_keeps_all_it_has_recorded(
    namespace: Namespace, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal("job", namespace)
    journal.note(PAID)
    with monkeypatch.context() as broken:
        fail(broken, failure)
        with pytest.raises(type(failure)):
            journal.keep(JobKeeper("job", 1), made)
    assert journal.remembered() == {"1": PAID}
    journal.keep(JobKeeper("job", 1), made)
    assert kept(namespace) == [PAID]


def test_the_leases_are_looked_after_whatever_fails(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    holding = Holding()
    namespace.write(lambda frame: made(frame, holding.holder))
    held, tries = Held(namespace, "job", CancelFlag()), []

    def fails(*_: object) -> set[str]:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("a fault")
        return set()

    monkeypatch.setattr(records, "held", fails)
    monkeypatch.setattr(records, "renew", fails)
    holding.take(held)
    until(held.cancel.is_set)
    holding.drop(held)


def test_what_was_committed_as_a_job_is_one_here_too(
    store: Store, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be answered as timed out, and go on elsewhere when its lease has ended."""
    asked, may_answer = threading.Event(), threading.Event()

    def ask(kind: str, shown: dict[str, Any]) -> Value:
        asked.set()
        return {"approved": True} if may_answer.wait(20) else None

    runner = Runner(Holding(), Contexts(DEFAULT, store.namespace, report).make)
    run = ForegroundRun(runner, namespace, "job", {}, {}, ask=ask)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run.execute, load('CONFIRM "Go on?" AFTER EMIT 1'))
        assert asked.wait(20)
        with monkeypatch.context() as broken:
            broken.setattr(type(namespace), "system", refuse)
            assert run.keep()
            assert (run.kept, runner.holding.count()) == (True, 1)
        may_answer.set()
        assert running.result(20).job
    found = records.find(namespace, "job")
    assert found
    assert (found.state, found.answer) == ("complete", {"result": 1})
