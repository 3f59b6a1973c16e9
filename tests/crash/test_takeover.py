"""A job whose process dies, stands still or is told to end goes on in another, from its last step."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.holding_on import Watched, freeze_holder, judged, kill_holder, opened, target_in
from tests.crash.sink import Sink, taking
from tests.crash.storm import logins
from tests.crash.works import slow_loop

AT_MOST_S = 15.0
"""A job whose process has died is taken up again within that."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server that takes webhooks."""
    with taking() as made:
        yield made


def test_a_holder_that_dies_and_one_that_stands_still(sink: Sink, tmp_path: Path) -> None:
    target = target_in(tmp_path, sink, job_workers="4")
    store = opened(target)
    try:
        works = [
            Watched(target, login, slow_loop(f"t{number}", 60), store) for number, login in enumerate(logins(target, 2))
        ]
        for work in works:
            work.give()
        taken = [freeze_holder(works[0]), kill_holder(works[1])]
        faults = judged(works, sink)
        assert not faults, "\n".join([*faults, *target.log])
        assert max(taken) < AT_MOST_S
    finally:
        store.close()
        target.end()


def test_a_server_that_is_told_to_end_hands_over(sink: Sink, tmp_path: Path) -> None:
    target = target_in(tmp_path, sink)
    store = opened(target)
    try:
        works = [Watched(target, login, slow_loop("t", 40), store) for login in logins(target, 2)]
        for work in works:
            work.give()
        for work in works:
            work.holder()
        target.stop_gently()
        for work in works:
            job = work.job()
            assert job
            assert job.state == "queued", "it is given back, not left to its lease"
        target.restart()
        faults = judged(works, sink)
        assert not faults, "\n".join([*faults, *target.log])
    finally:
        store.close()
        target.end()
