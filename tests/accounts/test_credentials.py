"""Logging in: who gets in, that nobody can tell why not, and that what is remembered is never out of date."""

import argon2.low_level
import pytest

from accounts.errors import AuthFailed, InvalidAccount
from accounts.service import Accounts
from oql.passwords import Argon2Cost
from tests.accounts.conftest import Clock
from tests.accounts.keeping import Keeping
from tests.accounts.other_process import OtherProcess

HERE = "192.0.2.1"


@pytest.fixture
def verified_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes against which argon2 has verified something. It goes on verifying."""
    seen: list[str] = []
    verify = argon2.low_level.verify_secret

    def counted(hashed: bytes, secret: bytes, kind: argon2.low_level.Type) -> bool:
        seen.append(hashed.decode())
        return verify(hashed, secret, kind)

    monkeypatch.setattr(argon2.low_level, "verify_secret", counted)
    return seen


@pytest.mark.parametrize("login", ["alice", "Alice", "ann@example.org", "+49 171 1234567"])
def test_every_name_of_an_account_logs_in(accounts: Accounts, login: str) -> None:
    made = accounts.add("alice", "long enough", email="ann@example.org", phone="+491711234567")
    assert accounts.authenticate(login, "long enough", HERE) == made


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice", "wrong"),
        ("alice", ""),
        ("alice", "PW"),
        ("alice", "pw\0"),
        ("alice", "pw "),
        ("alice", "\ud800"),
        ("alice", "x" * 1_025),
        ("alice", "x" * 1_000_000),
        ("alice", "' OR '1'='1"),
        ("alice' --", "long enough"),
        ("alice\0", "long enough"),
        ("nobody", "long enough"),
        ("", ""),
        ("\ud800", "long enough"),
        ("a" * 1_000_000, "long enough"),
        ("silent", ""),
        ("silent", "None"),
        ("shut", "long enough"),
        ("test", "test"),
    ],
)
def test_other_credentials_fail_alike(accounts: Accounts, login: str, password: str) -> None:
    accounts.add("alice", "long enough")
    accounts.add("silent")
    accounts.add("shut", "long enough")
    accounts.disable("shut")
    assert accounts.recall(login, password) is None
    with pytest.raises(AuthFailed, match=r"^these credentials are not right$"):
        accounts.authenticate(login, password, HERE)


@pytest.mark.parametrize("login", ["alice", "nobody", "silent", "shut", "nobody@example.org", "+499999999999"])
def test_a_failure_costs_one_hash_whoever_was_asked_for(
    accounts: Accounts, verified_hashes: list[str], login: str
) -> None:
    accounts.add("alice", "long enough")
    accounts.add("silent")
    accounts.add("shut", "long enough")
    accounts.disable("shut")
    with pytest.raises(AuthFailed):
        accounts.authenticate(login, "wrong", HERE)
    assert [hashed.split("$")[3] for hashed in verified_hashes] == ["m=8,t=1,p=1"]


def test_a_password_is_the_same_from_every_keyboard(accounts: Accounts) -> None:
    made = accounts.add("alice", "e\u0301t\u00e9 et jour")
    assert accounts.authenticate("alice", "\u00e9te\u0301 et jour", HERE) == made


@pytest.mark.parametrize("short", ["", "seven c", "e\u0301" * 4])
def test_a_new_password_has_eight_characters(accounts: Accounts, short: str) -> None:
    with pytest.raises(InvalidAccount, match="at least 8 characters"):
        accounts.add("alice", short)
    made = accounts.add("alice", "eight ch")
    with pytest.raises(InvalidAccount, match="at least 8 characters"):
        accounts.passwd("alice", short)
    assert accounts.authenticate("alice", "eight ch", HERE) == made


def test_a_password_may_hold_anything(accounts: Accounts) -> None:
    password = "\0\n\u202e' -- \U0001f511" + "x" * 1_000
    made = accounts.add("alice", password)
    assert accounts.authenticate("alice", password, HERE) == made
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", password[:-1], HERE)


def test_a_login_is_remembered_for_a_minute(accounts: Accounts, clock: Clock, verified_hashes: list[str]) -> None:
    made = accounts.add("alice", "long enough")
    assert accounts.recall("alice", "long enough") is None
    accounts.authenticate("alice", "long enough", HERE)
    clock.now += 59
    assert accounts.recall("alice", "long enough") == made
    assert accounts.authenticate("alice", "long enough", HERE) == made
    assert len(verified_hashes) == 1
    clock.now += 2
    assert accounts.recall("alice", "long enough") is None


def test_only_these_very_credentials_are_remembered(accounts: Accounts) -> None:
    accounts.add("alice", "plong enough")
    accounts.add("alicep", "long enough")
    accounts.authenticate("alice", "plong enough", HERE)
    others = [("alice", "plong enough2"), ("alice", ""), ("alicep", "long enough"), ("alic", "eplong enough")]
    for login, password in [*others, ("Alice", "plong enough")]:
        assert accounts.recall(login, password) is None


def test_a_failure_is_not_remembered(accounts: Accounts) -> None:
    accounts.add("alice", "long enough")
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", "right soon", HERE)
    made = accounts.passwd("alice", "right soon")
    assert accounts.authenticate("alice", "right soon", HERE) == made


def test_a_changed_password_counts_at_once(accounts: Accounts) -> None:
    accounts.add("alice", "old password")
    accounts.authenticate("alice", "old password", HERE)
    made = accounts.passwd("alice", "new password")
    assert accounts.recall("alice", "old password") is None
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", "old password", HERE)
    assert accounts.authenticate("alice", "new password", HERE) == made


def test_a_changed_password_counts_at_once_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    accounts.add("alice", "old password")
    assert other.call("authenticate", "alice", "old password", HERE) == "alice"
    assert other.call("recall", "alice", "old password") == "alice"
    accounts.passwd("alice", "new password")
    assert other.call("recall", "alice", "old password") is None
    assert other.call("authenticate", "alice", "old password", HERE) == "AuthFailed"
    assert other.call("authenticate", "alice", "new password", HERE) == "alice"


def test_a_disabled_account_is_out_at_once_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    accounts.add("alice", "long enough")
    accounts.authenticate("alice", "long enough", HERE)
    assert other.call("authenticate", "alice", "long enough", HERE) == "alice"
    other.call("disable", "alice")
    assert accounts.recall("alice", "long enough") is None
    assert other.call("recall", "alice", "long enough") is None
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", "long enough", HERE)


def test_a_changed_tier_counts_at_once(accounts: Accounts) -> None:
    accounts.add("alice", "long enough")
    accounts.authenticate("alice", "long enough", HERE)
    accounts.set_tier("alice", "pro")
    remembered = accounts.recall("alice", "long enough") or accounts.authenticate("alice", "long enough", HERE)
    assert remembered.tier.name == "pro"


def test_the_changes_of_others_cost_no_second_hash(
    accounts: Accounts, other: OtherProcess, verified_hashes: list[str]
) -> None:
    made = accounts.add("alice", "long enough")
    accounts.authenticate("alice", "long enough", HERE)
    other.call("add", "bob", "long enough")
    assert other.call("authenticate", "bob", "wrong", HERE) == "AuthFailed"
    assert accounts.recall("alice", "long enough") == made
    assert len(verified_hashes) == 1


def test_a_hash_of_another_cost_is_renewed(keeping: Keeping, verified_hashes: list[str]) -> None:
    dearer = Argon2Cost(memory_kib=16, passes=2)
    made = keeping.open().add("alice", "long enough")
    for _ in range(2):
        assert keeping.open(password_cost=dearer).authenticate("alice", "long enough", HERE) == made
    assert [hashed.split("$")[3] for hashed in verified_hashes] == ["m=8,t=1,p=1", "m=16,t=2,p=1"]


def test_nothing_holds_a_password(accounts: Accounts, keeping: Keeping) -> None:
    accounts.add("alice", "canary-password")
    accounts.authenticate("alice", "canary-password", HERE)
    with pytest.raises(AuthFailed):
        accounts.authenticate("canary-login", "canary-wrong", HERE)
    accounts.close()
    held = keeping.content()
    assert b"alice" in held
    assert b"canary" not in held
