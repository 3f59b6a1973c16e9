"""How many queries run in a day and at once, over all processes, also when one of them was killed."""

import os
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.errors import InstanceLimitExceeded, QuotaExceeded
from accounts.service import Accounts
from substrate.interface import DatabaseError
from tests.accounts.conftest import Clock
from tests.accounts.keeping import Keeping
from tests.accounts.other_process import OtherProcess, running

HALF_A_DAY = 43_200


def test_a_query_is_told_what_is_left(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    for used in (1, 2, 3):
        with running(accounts, alice) as admitted:
            assert (admitted.limit, admitted.remaining, admitted.reset) == (100, 100 - used, HALF_A_DAY)


def test_the_hundred_and_first_query_of_a_free_day_is_refused(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    for _ in range(100):
        with running(accounts, alice):
            pass
    for _ in range(3):
        with pytest.raises(QuotaExceeded, match="100 queries a day") as refused, running(accounts, alice):
            pass
        error = refused.value
        assert (error.limit, error.remaining) == (100, 0)
        assert (error.reset, error.retry_after) == (HALF_A_DAY, HALF_A_DAY)


def test_the_day_ends_at_midnight_utc(accounts: Accounts, clock: Clock) -> None:
    alice = accounts.add("alice")
    clock.now = datetime(2026, 3, 10, 23, 59, 59, 500_000, UTC).timestamp()
    with running(accounts, alice) as admitted:
        assert (admitted.remaining, admitted.reset) == (99, 1)
    clock.now += 0.5
    with running(accounts, alice) as admitted:
        assert (admitted.remaining, admitted.reset) == (99, 86_400)


def test_days_long_past_are_cleared_away(accounts: Accounts, clock: Clock, tmp_path: Path) -> None:
    alice = accounts.add("alice")
    for _ in range(4):
        with running(accounts, alice):
            pass
        clock.now += 86_400
    kept = sorted(day.name for day in (tmp_path / "usage" / "days").iterdir())
    assert kept == ["2026-03-12", "2026-03-13"]


def test_a_larger_tier_counts_at_once(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    for _ in range(100):
        with running(accounts, alice):
            pass
    alice = accounts.set_tier("alice", "starter")
    with running(accounts, alice) as admitted:
        assert (admitted.limit, admitted.remaining) == (10_000, 9_899)


@pytest.mark.parametrize(("tier", "at_once"), [("free", 1), ("starter", 4), ("pro", 16), ("enterprise", 64)])
def test_no_more_run_at_once_than_the_tier_allows(accounts: Accounts, tier: str, at_once: int) -> None:
    alice = accounts.add("alice", tier=tier)
    with ExitStack() as held:
        for _ in range(at_once):
            held.enter_context(running(accounts, alice))
        with pytest.raises(InstanceLimitExceeded) as refused, running(accounts, alice):
            pass
        assert (refused.value.limit, refused.value.remaining, refused.value.retry_after) == (at_once, 0, 1)
    with running(accounts, alice):
        pass


def test_what_is_refused_for_now_does_not_count_for_the_day(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    with running(accounts, alice):
        for _ in range(10):
            with pytest.raises(InstanceLimitExceeded), running(accounts, alice):
                pass
    with running(accounts, alice) as admitted:
        assert admitted.remaining == 98


def test_a_query_that_fails_frees_its_place(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    with pytest.raises(ZeroDivisionError), running(accounts, alice) as admitted:
        assert 1 / (admitted.limit or 0) / 0
    with running(accounts, alice):
        pass


def test_accounts_do_not_count_for_each_other(accounts: Accounts) -> None:
    with running(accounts, accounts.add("alice")), running(accounts, accounts.add("bob")) as admitted:
        assert admitted.remaining == 99


def test_both_are_counted_over_all_processes(accounts: Accounts, other: OtherProcess) -> None:
    alice = accounts.add("alice", tier="starter")
    assert [other.call("hold", "alice") for _ in range(3)] == [9_999, 9_998, 9_997]
    # A process takes a thousandth of the day at a time, here ten queries, and has three of its share used up.
    with running(accounts, alice) as admitted:
        assert admitted.remaining == 9_989
        assert other.call("hold", "alice") == "InstanceLimitExceeded"
        with pytest.raises(InstanceLimitExceeded), running(accounts, alice):
            pass


def test_a_killed_process_frees_its_places_and_its_queries_stay_counted(
    accounts: Accounts, other: OtherProcess
) -> None:
    alice = accounts.add("alice")
    assert other.call("hold", "alice") == 99
    with pytest.raises(InstanceLimitExceeded), running(accounts, alice):
        pass
    other.kill()
    with running(accounts, alice) as admitted:
        assert admitted.remaining == 98


def test_two_processes_let_pass_no_more_than_a_day_together(accounts: Accounts, other: OtherProcess) -> None:
    alice = accounts.add("alice", tier="starter")
    assert [other.call("hold", "alice") for _ in range(3)] == [9_999, 9_998, 9_997]
    other.kill()
    # The killed process has lost the rest of its share of ten.
    assert [accounts.admit(alice).remaining for _ in range(9_990)][-1] == 0
    with pytest.raises(QuotaExceeded):
        accounts.admit(alice)


def test_a_child_does_not_keep_the_place_of_its_parent(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    reader, writer = os.pipe()
    with running(accounts, alice):
        child = os.fork()
        if child == 0:
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
    os.close(reader)
    with running(accounts, alice) as admitted:
        assert admitted.remaining == 98
    os.close(writer)
    os.waitpid(child, 0)


def test_the_count_is_there_after_a_restart(accounts: Accounts, keeping: Keeping, clock: Clock) -> None:
    alice = accounts.add("alice")
    with running(accounts, alice):
        pass
    assert keeping.open(now=clock).admit(alice).remaining == 98


def test_every_query_of_many_threads_gets_a_number_of_its_own(accounts: Accounts) -> None:
    alice = accounts.add("alice", tier="pro")
    left: list[int | None] = []

    def run() -> None:
        for _ in range(50):
            with running(accounts, alice) as admitted:
                left.append(admitted.remaining)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number in left if number is not None) == list(range(99_600, 100_000))


def test_a_folder_that_cannot_be_written_is_said_so(accounts: Accounts, tmp_path: Path) -> None:
    alice = accounts.add("alice")
    (tmp_path / "usage").write_text("in the way")
    with pytest.raises(DatabaseError, match="cannot keep count"), running(accounts, alice):
        pass
