"""The names of sites: one namespace has each, whoever asks at the same time and wherever."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.accounts import Account
from accounts.service import Accounts
from oql.site_names import SiteRefused
from tests.accounts.keeping import Keeping


def claimed(accounts: Accounts, account: Account) -> bool:
    try:
        return accounts.sites.claim("shop", account.namespace)
    except SiteRefused:
        return False


def test_of_many_one_gets_the_name(accounts: Accounts) -> None:
    many = [accounts.add(f"a{number}") for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda account: claimed(accounts, account), many))
    assert got.count(True) == 1
    found = accounts.by_site("shop")
    assert found is not None
    assert found.namespace == many[got.index(True)].namespace


def test_other_processes_see_changes_at_once(accounts: Accounts, keeping: Keeping) -> None:
    ada, eve = accounts.add("ada"), accounts.add("eve")
    other = keeping.open()
    for owner in (ada, eve):
        assert other.by_site("shop") is None
        assert accounts.sites.give("shop", owner.namespace)
        assert accounts.sites.give("shop", owner.namespace) is False
        found = other.by_site("shop")
        assert found is not None
        assert found.username == owner.username
        other.sites.release("shop", owner.namespace)
        assert accounts.by_site("shop") is None
    other.close()


def test_the_development_account_has_sites_too(keeping: Keeping) -> None:
    accounts = keeping.open(development=True)
    assert accounts.sites.claim("shop", "user_test")
    found = accounts.by_site("shop")
    assert found is not None
    assert found.username == "test"
    plain = keeping.open()
    assert plain.by_site("shop") is None
    assert plain.sites.claim("other", "user_test") is False
    for opened in (accounts, plain):
        opened.close()


def test_sites_are_listed_by_name(accounts: Accounts) -> None:
    ada = accounts.add("ada")
    for name in ("b", "a"):
        accounts.sites.give(name, ada.namespace)
    assert [site.name for site in accounts.sites.all()] == ["a", "b"]
    with pytest.raises(SiteRefused):
        accounts.sites.give("A", ada.namespace)
