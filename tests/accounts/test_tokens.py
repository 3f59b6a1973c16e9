"""Bearer tokens: what one looks like, what it allows, and that it ends when it should, everywhere."""

import math
import re
from collections.abc import Callable

import pytest

from accounts.errors import AuthFailed, InvalidTokenRequest, MissingScope
from accounts.service import Accounts
from tests.accounts.conftest import Clock
from tests.accounts.keeping import Keeping
from tests.accounts.other_process import OtherProcess

DAY = 86_400.0


def test_a_token_acts_for_its_account(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    issued = accounts.issue_token(alice, name="ci")
    grant = accounts.by_token(issued.secret)
    assert (grant.account, grant.token) == (alice, issued.token)
    assert (issued.token.name, issued.token.scopes) == ("ci", frozenset({"query"}))


def test_a_secret_has_a_prefix_and_256_bits(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    secrets = {accounts.issue_token(alice).secret for _ in range(5)}
    assert len(secrets) == 5
    # 32 bytes are 43 characters of base64url.
    assert all(re.fullmatch(r"oql_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


def test_a_secret_is_kept_nowhere(accounts: Accounts, keeping: Keeping) -> None:
    issued = accounts.issue_token(accounts.add("alice"), name="canary-name")
    accounts.by_token(issued.secret)
    accounts.close()
    held = keeping.content()
    assert b"canary-name" in held
    assert issued.secret.removeprefix("oql_").encode() not in held
    assert issued.secret not in repr(issued)


@pytest.mark.parametrize(
    "change",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "A",
        lambda secret: secret.swapcase(),
        lambda secret: secret.removeprefix("oql_"),
        lambda secret: " " + secret,
        lambda secret: secret + "\0",
        lambda _: "",
        lambda _: "oql_",
        lambda _: "oql_%",
        lambda _: "\ud800",
        lambda _: "x" * 1_000_000,
    ],
)
def test_another_secret_is_refused(accounts: Accounts, change: Callable[[str], str]) -> None:
    issued = accounts.issue_token(accounts.add("alice"))
    with pytest.raises(AuthFailed):
        accounts.by_token(change(issued.secret))


def test_a_token_ends_on_time(accounts: Accounts, clock: Clock) -> None:
    issued = accounts.issue_token(accounts.add("alice"), expires_in=60)
    clock.now += 59.9
    assert accounts.by_token(issued.secret).token == issued.token
    clock.now += 0.1
    with pytest.raises(AuthFailed):
        accounts.by_token(issued.secret)


def test_a_token_lives_as_long_as_is_allowed_unless_told(accounts: Accounts, clock: Clock) -> None:
    issued = accounts.issue_token(accounts.add("alice"))
    assert issued.token.expires_at == clock.now + 90 * DAY


def test_a_revoked_token_is_refused_at_once_in_every_process(accounts: Accounts, other: OtherProcess) -> None:
    alice = accounts.add("alice")
    issued = accounts.issue_token(alice)
    kept = accounts.issue_token(alice)
    assert other.call("by_token", issued.secret) == "alice"
    assert accounts.revoke_token(alice, issued.token.id)
    assert other.call("by_token", issued.secret) == "AuthFailed"
    assert other.call("by_token", kept.secret) == "alice"
    with pytest.raises(AuthFailed):
        accounts.by_token(issued.secret)
    assert not accounts.revoke_token(alice, issued.token.id)


def test_a_disabled_account_has_no_tokens(accounts: Accounts, other: OtherProcess) -> None:
    issued = accounts.issue_token(accounts.add("alice"))
    assert other.call("by_token", issued.secret) == "alice"
    accounts.disable("alice")
    assert other.call("by_token", issued.secret) == "AuthFailed"
    accounts.disable("alice", disabled=False)
    assert other.call("by_token", issued.secret) == "alice"


def test_a_token_sees_the_account_as_it_is_now(accounts: Accounts) -> None:
    issued = accounts.issue_token(accounts.add("alice"))
    accounts.by_token(issued.secret)
    accounts.set_tier("alice", "pro")
    assert accounts.by_token(issued.secret).account.tier.name == "pro"


def test_nobody_revokes_the_token_of_another(accounts: Accounts) -> None:
    issued = accounts.issue_token(accounts.add("alice"))
    assert not accounts.revoke_token(accounts.add("bob"), issued.token.id)
    assert accounts.by_token(issued.secret).token == issued.token


def test_only_tokens_that_work_are_listed(accounts: Accounts, clock: Clock) -> None:
    alice, bob = accounts.add("alice"), accounts.add("bob")
    first = accounts.issue_token(alice, expires_in=2 * DAY).token
    accounts.issue_token(bob)
    clock.now += 1
    second = accounts.issue_token(alice).token
    short = accounts.issue_token(alice, expires_in=5).token
    revoked = accounts.issue_token(alice).token
    accounts.revoke_token(alice, revoked.id)
    assert set(accounts.list_tokens(alice)) == {first, second, short}
    clock.now += 6
    assert accounts.list_tokens(alice) == (first, second)


@pytest.mark.parametrize("expires_in", [0, -1, 90 * DAY + 1, math.inf, math.nan])
def test_a_lifetime_that_is_not_allowed_is_refused(accounts: Accounts, expires_in: float) -> None:
    alice = accounts.add("alice")
    with pytest.raises(InvalidTokenRequest, match="1 to 7776000 seconds"):
        accounts.issue_token(alice, expires_in=expires_in)


@pytest.mark.parametrize("scopes", [[], ["operator"], ["query", "operator"], ["QUERY"], ["query token"], "query"])
def test_scopes_that_do_not_exist_are_refused(accounts: Accounts, scopes: list[str]) -> None:
    alice = accounts.add("alice")
    with pytest.raises(InvalidTokenRequest, match="expected scopes of query, token"):
        accounts.issue_token(alice, scopes=scopes)


@pytest.mark.parametrize("name", ["x" * 201, "a\nb", "\x1b[31m", "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(accounts: Accounts, name: str) -> None:
    alice = accounts.add("alice")
    with pytest.raises(InvalidTokenRequest, match="printable"):
        accounts.issue_token(alice, name=name)


def test_a_token_is_for_its_scopes_only(accounts: Accounts) -> None:
    grant = accounts.by_token(accounts.issue_token(accounts.add("alice"), scopes=["query"]).secret)
    grant.require("query")
    with pytest.raises(MissingScope, match="lacks the scope `token`"):
        grant.require("token")


def test_a_token_cannot_issue_more_than_itself(accounts: Accounts) -> None:
    alice = accounts.add("alice")
    querying = accounts.by_token(accounts.issue_token(alice).secret)
    with pytest.raises(MissingScope):
        accounts.issue_token(alice, within=querying)
    issuing = accounts.by_token(accounts.issue_token(alice, scopes=["token"], expires_in=60).secret)
    with pytest.raises(InvalidTokenRequest, match="lacks the scope query"):
        accounts.issue_token(alice, scopes=["query"], within=issuing)
    with pytest.raises(InvalidTokenRequest, match="cannot live longer"):
        accounts.issue_token(alice, scopes=["token"], expires_in=61, within=issuing)


def test_a_token_issues_what_it_has(accounts: Accounts, clock: Clock) -> None:
    alice = accounts.add("alice")
    both = accounts.by_token(accounts.issue_token(alice, scopes=["query", "token"], expires_in=60).secret)
    clock.now += 10
    issued = accounts.issue_token(alice, within=both).token
    assert (issued.scopes, issued.expires_at) == (frozenset({"query"}), clock.now + 50)


def test_the_tokens_of_an_account_are_bounded(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.tokens.MAX_TOKENS", 3)
    alice = accounts.add("alice")
    for _ in range(3):
        accounts.issue_token(alice)
    with pytest.raises(InvalidTokenRequest, match="at most 3 tokens"):
        accounts.issue_token(alice)
    accounts.issue_token(accounts.add("bob"))


def test_the_tokens_of_a_tenant_are_its_own(accounts: Accounts) -> None:
    first, second = (accounts.issue_tenant_token(name, scopes=["read"]).token.id for name in ("first", "second"))
    assert [token.id for token in accounts.list_tenant_tokens("first")] == [first]
    assert not accounts.revoke_tenant_token("first", second)
    assert accounts.revoke_tenant_token("first", None)
    assert [token.id for token in accounts.list_tenant_tokens("second")] == [second]
