"""Who has which site: what names there are, and who gets one by writing files."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from accounts.service import Accounts
from accounts.sites import MOST_SITES
from oql import engine, program
from oql.context import CancelFlag, Environment
from oql.contexts import Contexts
from oql.errors import OqlError
from oql.limits import DEFAULT
from oql.passwords import Argon2Cost
from oql.site_claims import claiming
from oql.site_names import RESERVED, SiteRefused, checked_name, is_name
from oql.verbs.run import Run
from substrate.files.opening import FileStore
from tests.conformance.stores import sqlite_store, untouched


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    opened = Accounts(tmp_path, password_cost=Argon2Cost(memory_kib=8, passes=1))
    for name in ("ada", "eve"):
        opened.add(name)
    yield opened
    opened.close()


@pytest.fixture
def contexts(tmp_path: Path, accounts: Accounts) -> Iterator[Contexts]:
    files = FileStore(tmp_path, str)
    stores = untouched(sqlite_store())
    yield Contexts(DEFAULT, stores, lambda fault, job_id: "", files.of, Environment(sites=accounts.sites))
    files.close()


def run(contexts: Contexts, namespace: str, text: str) -> OqlError | None:
    """How a program of a namespace fails, if it does."""
    return engine.run(program.load(text), contexts.make(namespace, "job", {}, CancelFlag())).error


@pytest.mark.parametrize("name", ["a", "shop", "my-shop", "2026", "a" * 63])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Shop",
        "-a",
        "a-",
        "a.b",
        "a_b",
        "a b",
        "ü",
        "xn--4ca",
        "ab--c",
        "a" * 64,
        "a\n",
        "*",
        "..",
        *sorted(RESERVED),
    ],
)
def test_what_is_no_name(name: str, accounts: Accounts) -> None:
    assert not is_name(name)
    with pytest.raises(SiteRefused):
        accounts.sites.give(name, "user_ada")


@pytest.mark.parametrize(("name", "seen"), [("ünï", "ünï"), ("a\u200bb\n", "a\\u200bb\\n")])
def test_a_name_is_told_as_it_is_seen(name: str, seen: str) -> None:
    with pytest.raises(SiteRefused, match="expected the name of a site") as refused:
        checked_name(name)
    assert str(refused.value).endswith(f"found `{seen}`")


def test_the_first_to_write_the_program_has_the_name(accounts: Accounts, contexts: Contexts) -> None:
    assert run(contexts, "user_ada", 'WRITE "x" INTO "/root/sites/shop/index.oql"') is None
    error = run(contexts, "user_eve", 'WRITE "x" INTO "/root/sites/shop/index.oql"')
    assert error is not None
    assert (str(error.code), error.message) == ("FsWriteError", "the site `shop` belongs to somebody else")
    assert run(contexts, "user_eve", 'READ "/root/sites/shop/index.oql"') is not None
    found = accounts.by_site("shop")
    assert found is not None
    assert found.namespace == "user_ada"


def test_a_name_is_kept_until_it_is_removed(accounts: Accounts, contexts: Contexts) -> None:
    run(contexts, "user_ada", 'WRITE "x" INTO "/root/sites/shop/index.oql"')
    run(contexts, "user_ada", 'REMOVE "/root/sites/shop" AS "recursive"')
    assert run(contexts, "user_eve", 'WRITE "x" INTO "/root/sites/shop/index.oql"') is not None
    assert accounts.by_site("shop") is not None
    accounts.sites.release("shop", "user_eve")
    assert accounts.by_site("shop") is not None
    accounts.sites.release("shop", "user_ada")
    assert accounts.by_site("shop") is None
    assert run(contexts, "user_eve", 'WRITE "x" INTO "/root/sites/shop/index.oql"') is None


@pytest.mark.parametrize(
    "text",
    [
        'WRITE "x" INTO "/root/sites//./shop/index.oql"',
        'WRITE "x" INTO "/root/a" AFTER COPY "/root/a" TO "/root/sites/shop/index.oql"',
        'WRITE "x" INTO "/root/a" AFTER MOVE "/root/a" TO "/root/sites/shop/index.oql"',
        'WRITE "x" INTO "/root/a/index.oql" AFTER COPY "/root/a" TO "/root/sites/shop" AS "recursive"',
        'WRITE "x" INTO "/root/a/index.oql" AFTER MOVE "/root/a" TO "/root/sites/shop"',
        'WRITE "x" INTO "/root/a/shop/index.oql" AFTER MOVE "/root/a" TO "/root/sites"',
        'WRITE "x" INTO "/root/a/shop/index.oql" AFTER COPY "/root/a" TO "/root/sites" AS "recursive"',
        'WRITE "x" INTO "/root/index.oql" AFTER COMPRESS "/root/index.oql" AS "zip" INTO "/root/z"'
        ' AFTER DECOMPRESS "/root/z" INTO "/root/sites/shop"',
        'WRITE "x" INTO "/root/shop/index.oql" AFTER COMPRESS "/root/shop" AS "tar" INTO "/root/z"'
        ' AFTER DECOMPRESS "/root/z" INTO "/root/sites"',
    ],
)
def test_every_way_to_put_a_program_in_its_place(accounts: Accounts, contexts: Contexts, text: str) -> None:
    assert run(contexts, "user_ada", text) is None
    assert accounts.sites.namespace("shop") == "user_ada"
    error = run(contexts, "user_eve", text)
    assert error is not None
    assert "belongs to somebody else" in error.message


@pytest.mark.parametrize(
    "text",
    [
        'WRITE "x" INTO "/root/sites/shop/other.oql"',
        'WRITE "x" INTO "/root/sites/index.oql"',
        'WRITE "x" INTO "/root/sites/shop/inner/index.oql"',
        'WRITE "x" INTO "/root/other/shop/index.oql"',
        'MKDIR "/root/sites/shop"',
    ],
)
def test_what_is_no_site(accounts: Accounts, contexts: Contexts, text: str) -> None:
    assert run(contexts, "user_ada", text) is None
    assert accounts.sites.all() == ()


def test_a_name_that_cannot_be_had(contexts: Contexts) -> None:
    error = run(contexts, "user_ada", 'WRITE "x" INTO "/root/sites/www/index.oql"')
    assert error is not None
    assert error.message == "`www` is reserved, no site can be called so"


def test_a_step_that_fails_takes_no_name(accounts: Accounts, contexts: Contexts) -> None:
    error = run(contexts, "user_ada", 'COPY "/root/nothing" TO "/root/sites/shop/index.oql"')
    assert error is not None
    assert accounts.sites.all() == ()


def test_a_name_stays_where_another_step_made_the_site_before_this_one_failed(
    accounts: Accounts, contexts: Contexts
) -> None:
    context = contexts.make("user_ada", "job", {}, CancelFlag())
    assert context.files is not None
    index = "/root/sites/shop/index.oql"

    @claiming(cast(Run, SimpleNamespace(context=context)), context.files, index)
    def step() -> None:
        assert run(contexts, "user_ada", f'WRITE "x" INTO "{index}"') is None
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        step()
    assert accounts.sites.namespace("shop") == "user_ada"
    assert run(contexts, "user_eve", f'WRITE "x" INTO "{index}"') is not None


def test_a_namespace_without_an_account_has_no_sites(accounts: Accounts, contexts: Contexts) -> None:
    assert run(contexts, "tenant_x", 'WRITE "x" INTO "/root/sites/shop/index.oql"') is None
    assert accounts.sites.all() == ()


def test_a_namespace_has_so_many_sites(accounts: Accounts) -> None:
    for number in range(MOST_SITES):
        assert accounts.sites.claim(f"s{number}", "user_ada")
    with pytest.raises(SiteRefused, match="at most 100"):
        accounts.sites.claim("more", "user_ada")
    assert accounts.sites.claim("s1", "user_ada") is False
    assert accounts.sites.claim("more", "user_eve")


def test_a_site_of_a_disabled_account_is_none(accounts: Accounts) -> None:
    accounts.sites.claim("shop", "user_ada")
    assert accounts.by_site("shop") is not None
    accounts.disable("ada")
    assert accounts.by_site("shop") is None
    accounts.disable("ada", disabled=False)
    assert accounts.by_site("shop") is not None
