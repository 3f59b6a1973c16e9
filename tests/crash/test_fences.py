"""Who has lost a job to another one can neither write for it nor end it, whatever it still believes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oql.jobs import journals, records, waits
from oql.jobs.records import LEASE_S, JobKeeper
from oql.jobs.schema import MIGRATIONS
from oql.journal import Fenced, Wait
from substrate.interface import Frame, Namespace
from substrate.opening import open_store

NOW = 1_000.0
LATER = NOW + 2 * LEASE_S

CHANGES: dict[str, Callable[[JobKeeper, Frame], object]] = {
    "append": lambda keeper, frame: keeper.append(frame, [{"k": "1", "v": 1}], []),
    "end": lambda keeper, frame: keeper.end(frame, "complete", {"result": 1}, LATER),
    "suspend": lambda keeper, frame: keeper.suspend(frame, [Wait("1", "sleep", {}, 5.0)], LATER),
    "release": lambda keeper, frame: keeper.release(frame, LATER),
}


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    """A namespace with a job that one holder has claimed, and, its lease being over, another one after it."""
    store = open_store("", tmp_path / "data", system=MIGRATIONS)
    made = store.namespace("user_fence")
    made.write(lambda frame: records.create(frame, id="job", source="EMIT 1", request={}, now=NOW))
    assert made.write(lambda frame: records.claim_one(frame, "job", "first", NOW))
    assert made.write(lambda frame: records.claim_one(frame, "job", "early", NOW + LEASE_S / 2)) is None
    assert made.write(lambda frame: records.claim_one(frame, "job", "second", LATER))
    yield made
    store.close()


@pytest.mark.parametrize("change", CHANGES)
def test_a_stale_holder_changes_nothing(namespace: Namespace, change: str) -> None:
    before = records.find(namespace, "job")
    with pytest.raises(Fenced):
        namespace.write(lambda frame: CHANGES[change](JobKeeper("job", 1), frame))
    assert records.find(namespace, "job") == before
    assert journals.read(namespace, "job")[0] == []
    assert waits.of_job(namespace, "job") == []


@pytest.mark.parametrize("change", CHANGES)
def test_the_holder_may(namespace: Namespace, change: str) -> None:
    namespace.write(lambda frame: CHANGES[change](JobKeeper("job", 2), frame))


def test_a_stale_holder_gives_no_sign_of_life(namespace: Namespace) -> None:
    assert namespace.write(lambda frame: records.renew(frame, "first", LATER + 1)) == set()
    assert namespace.write(lambda frame: records.renew(frame, "second", LATER + 1)) == {"job"}
