"""The account test/test: there in development mode, nowhere otherwise, and never in the database."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from accounts.accounts import Account
from accounts.errors import AuthFailed
from accounts.service import Accounts
from tests.accounts.keeping import Keeping
from tests.accounts.other_process import running

HERE = "127.0.0.1"


@pytest.fixture
def developing(keeping: Keeping) -> Iterator[Accounts]:
    opened = keeping.open(development=True)
    yield opened
    opened.close()


@pytest.fixture
def tester(developing: Accounts) -> Account:
    return developing.authenticate("test", "test", HERE)


def test_test_test_gets_in(developing: Accounts, tester: Account) -> None:
    assert (tester.username, tester.namespace, tester.tier.name) == ("test", "user_test", "free")
    assert developing.recall("test", "test") == tester
    assert developing.recall("TEST", "test") == tester


@pytest.mark.parametrize(("login", "password"), [("test", "TEST"), ("test", ""), ("tests", "test"), ("test", "\ud800")])
def test_nothing_like_it_gets_in(developing: Accounts, login: str, password: str) -> None:
    assert developing.recall(login, password) is None
    with pytest.raises(AuthFailed):
        developing.authenticate(login, password, HERE)


def test_nobody_locks_it_out(developing: Accounts, tester: Account) -> None:
    for _ in range(5):
        with pytest.raises(AuthFailed):
            developing.authenticate("test", "wrong", HERE)
    assert developing.authenticate("test", "test", HERE) == tester


def test_it_has_no_limits(developing: Accounts, tester: Account) -> None:
    with ExitStack() as held:
        admitted = [held.enter_context(running(developing, tester)) for _ in range(150)]
    assert {(one.limit, one.remaining, one.reset) for one in admitted} == {(None, None, None)}


def test_other_accounts_keep_their_tier(developing: Accounts) -> None:
    with running(developing, developing.add("alice")) as admitted:
        assert (admitted.limit, admitted.remaining) == (100, 99)


def test_it_is_in_no_list(developing: Accounts) -> None:
    assert developing.list() == ()


def test_its_tokens_work_in_development_mode_only(developing: Accounts, accounts: Accounts, tester: Account) -> None:
    issued = developing.issue_token(tester)
    assert developing.by_token(issued.secret).account == tester
    assert developing.list_tokens(tester) == (issued.token,)
    with pytest.raises(AuthFailed):
        accounts.by_token(issued.secret)
