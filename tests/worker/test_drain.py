"""A drain has others look at what becomes due while it may be busy with a job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oql.context import Environment, report_fault
from oql.contexts import Contexts
from oql.jobs import records
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.limits import DEFAULT
from oql.outbound import Outbound
from substrate.files.opening import FileStore
from substrate.interface import Namespace
from substrate.opening import open_store
from worker.deliveries import Deliverer
from worker.drain import NamespaceDrain
from worker.marks import LEASE_SECONDS

NOW = 1_000_000.0


class Asked:
    """Notes when others were asked to look."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def more(self, namespace: str, at: float) -> None:
        assert namespace == "ada"
        self.times.append(at)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Namespace]:
    store = open_store("", tmp_path, system=MIGRATIONS)
    yield store.namespace("ada")
    store.close()


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def drain(there: Namespace, asked: Asked, tmp_path: Path) -> Iterator[NamespaceDrain]:
    files, outbound = FileStore(tmp_path, lambda: "http://localhost"), Outbound()
    contexts = Contexts(
        DEFAULT, lambda _: there, lambda fault, **_: report_fault(fault), files.of, Environment(outbound)
    )
    runner = Runner(Holding(), contexts.make, lambda: NOW)
    deliverer = Deliverer(outbound, None, lambda _: "whsec_c2VjcmV0")
    yield NamespaceDrain(lambda _: there, runner, deliverer, asked.more, lambda: NOW)
    outbound.close()
    files.close()


def add(there: Namespace, job: str, due: float) -> None:
    there.write(lambda frame: records.create(frame, id=job, source='EMIT "hello"', request={}, now=due))


def state(there: Namespace, job: str) -> str:
    found = records.find(there, job)
    assert found is not None
    return found.state


def test_nobody_is_asked_for_the_only_job(there: Namespace, drain: NamespaceDrain, asked: Asked) -> None:
    add(there, "a", NOW)
    assert drain.drain("ada") is None
    assert state(there, "a") == "complete"
    assert asked.times == []


def test_others_look_at_what_is_due_already(there: Namespace, drain: NamespaceDrain, asked: Asked) -> None:
    add(there, "a", NOW - 3)
    add(there, "b", NOW - 2)
    add(there, "c", NOW - 1)
    assert drain.drain("ada") is None
    assert [state(there, job) for job in "abc"] == ["complete"] * 3
    assert asked.times == [NOW - 2]


def test_others_look_at_what_becomes_due_before_anybody_would(
    there: Namespace, drain: NamespaceDrain, asked: Asked
) -> None:
    add(there, "a", NOW)
    add(there, "b", NOW + 1)
    assert drain.drain("ada") == NOW + 1
    assert (state(there, "a"), state(there, "b")) == ("complete", "queued")
    assert asked.times == [NOW + 1]


def test_no_more_run_at_once_than_may(there: Namespace, drain: NamespaceDrain, asked: Asked) -> None:
    drain._runner.at_once = lambda namespace: 2
    for job, due in (("a", NOW - 3), ("b", NOW - 3), ("c", NOW - 2), ("d", NOW - 1)):
        add(there, job, due)
    for _ in range(2):
        assert len(there.write(lambda frame: records.claim(frame, "another", NOW, 1, 2))) == 1
    assert there.write(lambda frame: records.claim(frame, "third", NOW, 1, 2)) == []
    assert there.write(lambda frame: records.claim_one(frame, "c", "third", NOW, 2)) is None
    assert drain.drain("ada") == NOW + records.LEASE_S, "then those who run them may have died"
    assert [state(there, job) for job in "abcd"] == ["running", "running", "queued", "queued"]
    assert asked.times == []
    there.write(lambda frame: records.cancel(frame, "a", "somebody", NOW))
    assert drain.drain("ada") == NOW + records.LEASE_S
    assert [state(there, job) for job in "abcd"] == ["cancelled", "running", "complete", "complete"]


def test_those_of_the_dead_do_not_count(there: Namespace, drain: NamespaceDrain) -> None:
    drain._runner.at_once = lambda namespace: 1
    add(there, "a", NOW - 60)
    assert there.write(lambda frame: records.claim_one(frame, "a", "dead", NOW - 50, 1))
    add(there, "b", NOW)
    assert drain.drain("ada") is None
    assert [state(there, job) for job in "ab"] == ["complete", "complete"]


def test_what_is_due_later_waits_for_the_mark(there: Namespace, drain: NamespaceDrain, asked: Asked) -> None:
    add(there, "a", NOW)
    add(there, "b", NOW + LEASE_SECONDS + 1)
    assert drain.drain("ada") == NOW + LEASE_SECONDS + 1
    assert asked.times == []
