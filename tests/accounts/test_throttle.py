"""Slowing down guesses: how long, for whom, in every process, and never for the owner."""

import pytest

from accounts.errors import AuthFailed, TooManyFailures
from accounts.service import Accounts
from accounts.throttle import network
from oql.passwords import wait_after
from tests.accounts.conftest import Clock
from tests.accounts.other_process import OtherProcess

HOME = "192.0.2.1"
STRANGER = "198.51.100.7"


def fail(accounts: Accounts, login: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(AuthFailed):
            accounts.authenticate(login, "wrong", address)


def waits(accounts: Accounts, login: str, address: str) -> int:
    """The seconds that even the right password has to wait."""
    with pytest.raises(TooManyFailures) as refused:
        accounts.authenticate(login, "long enough", address)
    return refused.value.retry_after


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (1_000_000, 900)]
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert wait_after(failures, 5) == seconds


def test_the_fifth_failure_of_a_login_brings_a_wait(accounts: Accounts, clock: Clock) -> None:
    made = accounts.add("alice", "long enough")
    fail(accounts, "alice", STRANGER, 4)
    fail(accounts, "alice", STRANGER)
    assert waits(accounts, "alice", STRANGER) == 1
    clock.now += 1
    fail(accounts, "alice", STRANGER)
    assert waits(accounts, "alice", STRANGER) == 2
    clock.now += 2
    assert accounts.authenticate("alice", "long enough", STRANGER) == made


def test_waiting_attempts_do_not_make_the_wait_longer(accounts: Accounts, clock: Clock) -> None:
    made = accounts.add("alice", "long enough")
    fail(accounts, "alice", STRANGER, 5)
    for _ in range(20):
        waits(accounts, "alice", STRANGER)
    clock.now += 1
    assert accounts.authenticate("alice", "long enough", STRANGER) == made


def test_a_success_forgets_the_failures(accounts: Accounts) -> None:
    accounts.add("alice", "long enough")
    fail(accounts, "alice", STRANGER, 4)
    accounts.authenticate("alice", "long enough", STRANGER)
    fail(accounts, "alice", STRANGER, 4)


def test_an_hour_forgets_the_failures(accounts: Accounts, clock: Clock) -> None:
    accounts.add("alice", "long enough")
    fail(accounts, "alice", STRANGER, 4)
    clock.now += 3_601
    fail(accounts, "alice", STRANGER, 4)


def test_a_login_that_nobody_has_waits_alike(accounts: Accounts) -> None:
    accounts.add("alice", "long enough")
    fail(accounts, "alice", HOME, 5)
    fail(accounts, "nobody", STRANGER, 5)
    assert waits(accounts, "nobody", "203.0.113.1") == waits(accounts, "alice", "203.0.113.1") == 1


def test_case_makes_no_second_login(accounts: Accounts) -> None:
    accounts.add("alice", "long enough")
    for login in ("alice", "Alice", "ALICE", " alice", "aLice"):
        fail(accounts, login, STRANGER)
    assert waits(accounts, "alice", STRANGER) == 1


def test_the_waits_do_not_tell_which_names_belong_together(accounts: Accounts) -> None:
    made = accounts.add("alice", "long enough", email="ann@example.org")
    fail(accounts, "alice", STRANGER, 5)
    assert accounts.authenticate("ann@example.org", "long enough", HOME) == made


def test_the_twentieth_failure_of_an_address_brings_a_wait(accounts: Accounts) -> None:
    made = accounts.add("alice", "long enough")
    for n in range(20):
        fail(accounts, f"guess{n}", STRANGER)
    assert waits(accounts, "alice", STRANGER) == 1
    assert accounts.authenticate("alice", "long enough", HOME) == made


def test_a_success_does_not_forget_the_failures_of_the_address(accounts: Accounts) -> None:
    accounts.add("mallory", "long enough")
    for n in range(19):
        fail(accounts, f"guess{n}", STRANGER)
    accounts.authenticate("mallory", "long enough", STRANGER)
    fail(accounts, "guess19", STRANGER)
    assert waits(accounts, "guess20", STRANGER) == 1


def test_strangers_cannot_lock_out_the_owner(accounts: Accounts, clock: Clock) -> None:
    made = accounts.add("alice", "long enough")
    accounts.authenticate("alice", "long enough", HOME)
    fail(accounts, "alice", STRANGER, 5)
    assert accounts.recall("alice", "long enough") == made
    clock.now += 61
    fail(accounts, "alice", STRANGER)
    assert accounts.recall("alice", "long enough") is None
    assert waits(accounts, "alice", STRANGER) == 2
    assert accounts.authenticate("alice", "long enough", HOME) == made


def test_a_known_address_is_counted_by_itself(accounts: Accounts, clock: Clock) -> None:
    made = accounts.add("alice", "long enough")
    accounts.authenticate("alice", "long enough", HOME)
    clock.now += 61
    fail(accounts, "alice", HOME, 5)
    assert waits(accounts, "alice", HOME) == 1
    assert accounts.authenticate("alice", "long enough", STRANGER) == made


def test_an_address_is_known_for_a_month(accounts: Accounts, clock: Clock) -> None:
    accounts.add("alice", "long enough")
    accounts.authenticate("alice", "long enough", HOME)
    clock.now += 30 * 86_400 + 1
    fail(accounts, "alice", STRANGER, 5)
    assert waits(accounts, "alice", HOME) == 1


def test_failures_count_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    accounts.add("alice", "long enough")
    fail(accounts, "alice", STRANGER, 4)
    assert other.call("authenticate", "alice", "wrong", STRANGER) == "AuthFailed"
    assert waits(accounts, "alice", STRANGER) == 1
    assert other.call("authenticate", "alice", "long enough", STRANGER) == "TooManyFailures"


def test_a_clock_set_back_locks_nobody_out(accounts: Accounts, clock: Clock) -> None:
    made = accounts.add("alice", "long enough")
    fail(accounts, "alice", STRANGER, 5)
    clock.now -= 86_400
    assert accounts.authenticate("alice", "long enough", STRANGER) == made


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_an_ipv6_customer_is_one_address(address: str, counted: str) -> None:
    assert network(address) == counted
