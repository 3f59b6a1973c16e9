"""The leases of a process: each namespace's are renewed, whatever becomes of the others."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oql.context import CancelFlag
from oql.jobs import records
from oql.jobs.holding import Held, Holding
from oql.jobs.schema import MIGRATIONS
from substrate import turns
from substrate.interface import Namespace, Store
from substrate.opening import open_store

PATIENCE_S = 20.0


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A store as two processes have it."""
    first, second = (open_store("", tmp_path / "data", system=MIGRATIONS) for _ in range(2))
    yield first, second
    first.close()
    second.close()


def held_job(namespace: Namespace, holding: Holding) -> Held:
    """A job that this process has claimed, and looks after."""
    now = time.time()
    namespace.write(lambda frame: records.create(frame, id="job", source="EMIT 1", request={}, now=now))
    assert namespace.write(lambda frame: records.claim_one(frame, "job", holding.holder, now))
    held = Held(namespace, "job", CancelFlag())
    holding.take(held)
    return held


def due(namespace: Namespace) -> float:
    job = records.find(namespace, "job")
    assert job
    assert job.due
    return job.due


def comes_true(looked_at: Callable[[], bool]) -> bool:
    """Whether it does before anybody would say that it never will."""
    ends = time.monotonic() + PATIENCE_S
    while not (seen := looked_at()) and time.monotonic() < ends:
        time.sleep(0.02)
    return seen


def test_who_cannot_write_in_one_namespace_keeps_the_jobs_of_others(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "RENEW_S", 0.05)
    monkeypatch.setattr(turns, "TURN_SECONDS", 3 * PATIENCE_S)
    holding = Holding()
    stuck, sound = (stores[0].namespace(name) for name in ("user_stuck", "user_sound"))
    jobs = [held_job(namespace, holding) for namespace in (stuck, sound)]
    with stores[1].namespace("user_stuck").transaction():
        for _ in range(3):
            before = due(sound)
            assert comes_true(lambda: due(sound) > before)  # noqa: B023 - called at once
    before = due(stuck)
    assert comes_true(lambda: due(stuck) > before)
    for job in jobs:
        assert not job.cancel.is_set()
        holding.drop(job)


def test_a_job_that_somebody_else_has_is_ended_here(stores: tuple[Store, Store]) -> None:
    holding, namespace = Holding(), stores[0].namespace("user_lost")
    held = held_job(namespace, holding)
    later = time.time() + 2 * records.LEASE_S
    other = stores[1].namespace("user_lost")
    assert other.write(lambda frame: records.claim_one(frame, "job", "another", later))
    assert comes_true(held.cancel.is_set)
    holding.drop(held)
