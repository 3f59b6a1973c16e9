"""Making, finding and changing accounts."""

import threading
from collections.abc import Callable

import pytest

from accounts.errors import AccountConflict, AccountsError, InvalidAccount, UnknownAccount
from accounts.service import Accounts
from tests.accounts.keeping import Keeping
from tests.accounts.other_process import OtherProcess


def test_a_new_account_has_what_was_given(accounts: Accounts) -> None:
    made = accounts.add("Alice", "long enough", email="Ann@Example.org", phone="0049 171 1234567", tier="Pro")
    assert (made.username, made.namespace, made.email, made.phone, made.tier.name, made.disabled) == (
        "alice", "user_alice", "ann@example.org", "+491711234567", "pro", False,
    )  # fmt: skip
    assert made.created_at == 1_773_144_000.0


@pytest.mark.parametrize(
    ("tier", "a_day", "at_once", "gigabytes"),
    [("free", 100, 1, 4), ("starter", 10_000, 4, 8), ("pro", 100_000, 16, 64), ("enterprise", 1_000_000, 64, 256)],
)
def test_the_tiers_allow_what_is_published(
    accounts: Accounts, tier: str, a_day: int, at_once: int, gigabytes: int
) -> None:
    made = accounts.add("alice", tier=tier).tier
    assert (made.queries_per_day, made.queries_at_once, made.storage_bytes) == (a_day, at_once, gigabytes * 2**30)


@pytest.mark.parametrize("login", ["alice", "ALICE", "ann@EXAMPLE.org", "+49 171 1234567", "00491711234567"])
def test_username_email_and_phone_find_the_account(accounts: Accounts, login: str) -> None:
    made = accounts.add("alice", email="ann@example.org", phone="+491711234567")
    assert accounts.find(login) == made


@pytest.mark.parametrize("login", ["", "bob", "' OR '1'='1", "%", "al*", "alice\0", "\ud800", "a" * 100_000])
def test_other_logins_find_nobody(accounts: Accounts, login: str) -> None:
    accounts.add("alice")
    with pytest.raises(UnknownAccount):
        accounts.find(login)


@pytest.mark.parametrize(
    ("name", "email", "phone", "field"),
    [
        ("ALICE", None, None, "username"),
        ("bob", "ANN@example.org", None, "email"),
        ("bob", None, "0049 171 1234567", "phone"),
    ],
)
def test_what_belongs_to_another_account_is_refused(
    accounts: Accounts, name: str, email: str | None, phone: str | None, field: str
) -> None:
    alice = accounts.add("alice", email="ann@example.org", phone="+491711234567")
    with pytest.raises(AccountConflict) as refused:
        accounts.add(name, email=email, phone=phone)
    assert refused.value.field == field
    assert accounts.list() == (alice,)


def test_usernames_that_look_alike_in_a_namespace_get_their_own(accounts: Accounts) -> None:
    made = [accounts.add(name).namespace for name in ("a.b", "a-b", "a_b", "a_b_2")]
    assert made == ["user_a_b", "user_a_b_2", "user_a_b_3", "user_a_b_2_2"]


def test_many_at_once_make_one_account_of_one_name(accounts: Accounts) -> None:
    outcomes: list[str] = []

    def add() -> None:
        try:
            outcomes.append(accounts.add("alice").username)
        except AccountConflict as error:
            outcomes.append(error.field)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["alice"] + ["username"] * 7


@pytest.mark.parametrize("password", ["", "x" * 1_025, "ä" * 513, "\ud800"])
def test_passwords_that_cannot_be_kept_are_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidAccount) as refused:
        accounts.add("alice", password)
    assert refused.value.field == "password"
    assert accounts.list() == ()


def test_an_unknown_tier_is_refused(accounts: Accounts) -> None:
    with pytest.raises(InvalidAccount, match="free, starter, pro, enterprise"):
        accounts.add("alice", tier="gold")


def test_changes_are_kept_and_raise_the_version(accounts: Accounts) -> None:
    accounts.add("alice")
    assert accounts.set_tier("alice", "starter").tier.name == "starter"
    assert accounts.set_whitelist("alice", ["https://a.example.com", "https://*.b.example.com"]).whitelist == (
        "https://a.example.com",
        "https://*.b.example.com",
    )
    assert accounts.disable("alice").disabled
    assert not accounts.disable("alice", disabled=False).disabled
    assert accounts.find("alice").version == 5


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts: accounts.passwd("nobody", "long enough"),
        lambda accounts: accounts.set_tier("nobody", "pro"),
        lambda accounts: accounts.set_whitelist("nobody", []),
        lambda accounts: accounts.disable("nobody"),
    ],
)
def test_changes_to_nobody_are_refused(accounts: Accounts, change: Callable[[Accounts], object]) -> None:
    with pytest.raises(UnknownAccount):
        change(accounts)


def test_accounts_are_listed_by_username_with_their_origins(accounts: Accounts) -> None:
    accounts.add("bob")
    alice = accounts.add("alice")
    bob = accounts.set_whitelist("bob", ["https://b.example.com", "https://a.example.com"])
    assert accounts.list() == (alice, bob)


def test_an_origin_belongs_to_one_account(accounts: Accounts) -> None:
    for name in ("alice", "bob"):
        accounts.add(name)
    accounts.set_whitelist("alice", ["https://*.example.com", "https://one.example.org"])
    for taken in ("https://a.example.com", "https://*.example.com", "https://*.example.org", "https://one.example.org"):
        with pytest.raises(AccountConflict):
            accounts.set_whitelist("bob", ["https://b.example.net", taken])
    assert accounts.find("bob").whitelist == ()
    free = ["https://example.com", "https://a.b.example.com", "https://a.example.com:8443", "http://a.example.com"]
    assert accounts.set_whitelist("bob", free).whitelist == tuple(free)


def test_a_whitelist_is_replaced_as_a_whole(accounts: Accounts) -> None:
    accounts.add("alice")
    accounts.set_whitelist("alice", ["https://a.example.com", "https://*.example.com"])
    alice = accounts.set_whitelist("alice", ["https://b.example.org", "https://b.example.org:443"])
    assert alice.whitelist == ("https://b.example.org",)
    assert accounts.by_origin("https://a.example.com") is None
    assert accounts.by_origin("https://b.example.org") == alice


@pytest.mark.slow
def test_an_origin_follows_its_account_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    accounts.add("alice")
    accounts.set_whitelist("alice", ["https://a.example.com"])
    assert other.call("by_origin", "https://a.example.com") == "alice"
    accounts.disable("alice")
    assert other.call("by_origin", "https://a.example.com") is None
    accounts.disable("alice", disabled=False)
    assert other.call("by_origin", "https://a.example.com") == "alice"
    accounts.set_whitelist("alice", [])
    assert other.call("by_origin", "https://a.example.com") is None


def test_an_account_without_whitelist_takes_any_origin(accounts: Accounts) -> None:
    assert accounts.origin_allowed(accounts.add("alice"), "https://anywhere.example.com")


def test_everything_is_there_after_a_restart(accounts: Accounts, keeping: Keeping) -> None:
    made = accounts.add("alice", "long enough", email="ann@example.org")
    again = keeping.open()
    assert again.list() == (made,)
    assert again.authenticate("alice", "long enough", "192.0.2.1") == made


def test_every_refusal_names_itself(accounts: Accounts) -> None:
    with pytest.raises(AccountsError) as refused:
        accounts.find("nobody")
    assert refused.value.code == "UnknownAccount"
    assert str(refused.value) == "no account is called `nobody`"
