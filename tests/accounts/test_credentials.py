"""Logging in: who gets in, that nobody can tell why not, and that what is remembered is never out of date."""

import argon2.low_level
import pytest

from accounts.errors import AuthFailed
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
    made = accounts.add("alice", "pw", email="ann@example.org", phone="+491711234567")
    assert accounts.authenticate(login, "pw", HERE) == made


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
        ("alice' --", "pw"),
        ("alice\0", "pw"),
        ("nobody", "pw"),
        ("", ""),
        ("\ud800", "pw"),
        ("a" * 1_000_000, "pw"),
        ("silent", ""),
        ("silent", "None"),
        ("shut", "pw"),
        ("test", "test"),
    ],
)
def test_other_credentials_fail_alike(accounts: Accounts, login: str, password: str) -> None:
    accounts.add("alice", "pw")
    accounts.add("silent")
    accounts.add("shut", "pw")
    accounts.disable("shut")
    assert accounts.recall(login, password) is None
    with pytest.raises(AuthFailed, match=r"^these credentials are not right$"):
        accounts.authenticate(login, password, HERE)


@pytest.mark.parametrize("login", ["alice", "nobody", "silent", "shut", "nobody@example.org", "+499999999999"])
def test_a_failure_costs_one_hash_whoever_was_asked_for(
    accounts: Accounts, verified_hashes: list[str], login: str
) -> None:
    accounts.add("alice", "pw")
    accounts.add("silent")
    accounts.add("shut", "pw")
    accounts.disable("shut")
    with pytest.raises(AuthFailed):
        accounts.authenticate(login, "wrong", HERE)
    assert [hashed.split("$")[3] for hashed in verified_hashes] == ["m=8,t=1,p=1"]


def test_a_password_is_the_same_from_every_keyboard(accounts: Accounts) -> None:
    made = accounts.add("alice", "e\u0301t\u00e9")
    assert accounts.authenticate("alice", "\u00e9te\u0301", HERE) == made


def test_a_password_may_hold_anything(accounts: Accounts) -> None:
    password = "\0\n\u202e' -- \U0001f511" + "x" * 1_000
    made = accounts.add("alice", password)
    assert accounts.authenticate("alice", password, HERE) == made
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", password[:-1], HERE)


def test_a_login_is_remembered_for_a_minute(accounts: Accounts, clock: Clock, verified_hashes: list[str]) -> None:
    made = accounts.add("alice", "pw")
    assert accounts.recall("alice", "pw") is None
    accounts.authenticate("alice", "pw", HERE)
    clock.now += 59
    assert accounts.recall("alice", "pw") == made
    assert accounts.authenticate("alice", "pw", HERE) == made
    assert len(verified_hashes) == 1
    clock.now += 2
    assert accounts.recall("alice", "pw") is None


def test_only_these_very_credentials_are_remembered(accounts: Accounts) -> None:
    accounts.add("alice", "pw")
    accounts.add("alicep", "w")
    accounts.authenticate("alice", "pw", HERE)
    for login, password in [("alice", "pw2"), ("alice", ""), ("alicep", "w"), ("alic", "epw"), ("Alice", "pw")]:
        assert accounts.recall(login, password) is None


def test_a_failure_is_not_remembered(accounts: Accounts) -> None:
    accounts.add("alice", "pw")
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", "right soon", HERE)
    made = accounts.passwd("alice", "right soon")
    assert accounts.authenticate("alice", "right soon", HERE) == made


def test_a_changed_password_counts_at_once(accounts: Accounts) -> None:
    accounts.add("alice", "old")
    accounts.authenticate("alice", "old", HERE)
    made = accounts.passwd("alice", "new")
    assert accounts.recall("alice", "old") is None
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", "old", HERE)
    assert accounts.authenticate("alice", "new", HERE) == made


def test_a_changed_password_counts_at_once_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    accounts.add("alice", "old")
    assert other.call("authenticate", "alice", "old", HERE) == "alice"
    assert other.call("recall", "alice", "old") == "alice"
    accounts.passwd("alice", "new")
    assert other.call("recall", "alice", "old") is None
    assert other.call("authenticate", "alice", "old", HERE) == "AuthFailed"
    assert other.call("authenticate", "alice", "new", HERE) == "alice"


def test_a_disabled_account_is_out_at_once_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    accounts.add("alice", "pw")
    accounts.authenticate("alice", "pw", HERE)
    assert other.call("authenticate", "alice", "pw", HERE) == "alice"
    other.call("disable", "alice")
    assert accounts.recall("alice", "pw") is None
    assert other.call("recall", "alice", "pw") is None
    with pytest.raises(AuthFailed):
        accounts.authenticate("alice", "pw", HERE)


def test_a_changed_tier_counts_at_once(accounts: Accounts) -> None:
    accounts.add("alice", "pw")
    accounts.authenticate("alice", "pw", HERE)
    accounts.set_tier("alice", "pro")
    remembered = accounts.recall("alice", "pw") or accounts.authenticate("alice", "pw", HERE)
    assert remembered.tier.name == "pro"


def test_the_changes_of_others_cost_no_second_hash(
    accounts: Accounts, other: OtherProcess, verified_hashes: list[str]
) -> None:
    made = accounts.add("alice", "pw")
    accounts.authenticate("alice", "pw", HERE)
    other.call("add", "bob", "pw")
    assert other.call("authenticate", "bob", "wrong", HERE) == "AuthFailed"
    assert accounts.recall("alice", "pw") == made
    assert len(verified_hashes) == 1


def test_a_hash_of_another_cost_is_renewed(keeping: Keeping, verified_hashes: list[str]) -> None:
    dearer = Argon2Cost(memory_kib=16, passes=2)
    made = keeping.open().add("alice", "pw")
    for _ in range(2):
        assert keeping.open(password_cost=dearer).authenticate("alice", "pw", HERE) == made
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
