"""Many clients at one thing: a key, a single-use link, a stream that breaks off. One server for all of these."""

import random
from collections.abc import Iterator

import httpx
import pytest

from substrate.interface import Store
from tests.crash.clients import Client, Login
from tests.crash.holding_on import opened, target_in
from tests.crash.keys import halted_link, one_key, one_link
from tests.crash.killing import Target
from tests.crash.sink import taking
from tests.crash.storm import PASSWORD, logins
from tests.crash.streams import Reader
from tests.crash.works import slow_loop

CLIENTS = 16


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server for all of them."""
    with taking() as sink:
        made = target_in(tmp_path_factory.mktemp("clients"), sink)
        yield made
        made.end()


@pytest.fixture(scope="module")
def store(target: Target) -> Iterator[Store]:
    """Its store."""
    made = opened(target)
    yield made
    made.close()


@pytest.fixture(scope="module")
def login(target: Target) -> Login:
    """An account of it."""
    return logins(target, 1)[0]


@pytest.mark.parametrize("number", range(3))
def test_one_key_has_one_effect_and_one_answer(target: Target, login: Login, store: Store, number: int) -> None:
    assert one_key(target.url(), login, store, f"key{number}", CLIENTS) == []


def test_one_key_of_two_accounts_is_two(target: Target, store: Store) -> None:
    first, second = logins(target, 2, "other")
    assert one_key(target.url(), first, store, "same", 2) == []
    assert one_key(target.url(), second, store, "same", 2) == []


def test_a_single_use_link_gives_one_body(target: Target, login: Login) -> None:
    with httpx.Client() as client:
        assert one_link(client, target.url(), login, "link", CLIENTS) == []


def test_a_single_use_link_is_kept_from_others_while_one_reads_it(target: Target, login: Login) -> None:
    assert halted_link(target.url(), login, "halted") == []


def test_a_reader_who_comes_back_sees_everything_once(target: Target, login: Login) -> None:
    client = Client(login, iter(()), target.url)
    job = client.give(slow_loop("stream", 20), "async").job
    auth = httpx.BasicAuth(login.auth["username"], PASSWORD)
    cut = Reader(target.url, f"/v1/job/{job}/stream", auth)
    cut.read_all(random.Random(5))
    whole = Reader(target.url, cut.path, auth)
    whole.read_all(None)
    assert cut.cuts > 3
    assert len(whole.got) > 40
    assert cut.got == whole.got
