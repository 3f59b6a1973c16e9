"""The context of a run in this process: real ids, clocks and randomness."""

import uuid

from oql import engine
from oql.context import CancelFlag
from oql.local import local_context, new_id
from oql.program import load


def test_ids_are_uuids_of_their_version() -> None:
    random, ordered = uuid.UUID(new_id(4)), uuid.UUID(new_id(7))
    assert (random.version, random.variant) == (4, uuid.RFC_4122)
    assert (ordered.version, ordered.variant) == (7, uuid.RFC_4122)
    assert len({new_id(version) for version in (4, 7) for _ in range(1_000)}) == 2_000


def test_ids_of_version_7_are_in_the_order_of_their_time() -> None:
    milliseconds = [uuid.UUID(new_id(7)).int >> 80 for _ in range(1_000)]
    assert milliseconds == sorted(milliseconds)


def test_each_run_has_its_own_cache_and_job_unless_told_otherwise() -> None:
    first, second = local_context(), local_context()
    assert first.job_id != second.job_id
    assert first.cache is not second.cache
    assert local_context(cache=first.cache).cache is first.cache


def test_a_run_that_was_cancelled_ends_with_an_error() -> None:
    cancel = CancelFlag()
    cancel.set()
    outcome = engine.run(load('SLEEP "5m"'), local_context(cancel=cancel))
    assert outcome.error is not None
    assert outcome.error.message == "the run was cancelled"
