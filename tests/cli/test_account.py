"""`oql account` and `oql token`: what an administrator does, and that a server would see it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.errors import AuthFailed
from accounts.service import Accounts
from oql.passwords import Argon2Cost
from tests.cli.calling import Called, oql
from tests.cli.pseudo_terminal import ENTER, terminal
from worker.signing import webhook_secret

CHEAP = {"OQL_PASSWORD_MEMORY_KIB": "8", "OQL_PASSWORD_PASSES": "1"}

Administrator = Callable[..., Called]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def call(data: Path) -> Administrator:
    """Calls `oql` on the data folder, which is not there at first."""

    def called(*arguments: str, stdin: str = "") -> Called:
        return oql(*arguments, "--data", data, stdin=stdin, **CHEAP)

    return called


def opened(data: Path) -> Accounts:
    return Accounts(data, password_cost=Argon2Cost(memory_kib=8, passes=1))


def test_an_account_is_added_and_can_sign_in(call: Administrator, data: Path) -> None:
    options = ("--tier", "Pro", "--email", "Ada@example.com", "--phone", "+49 30 1234567", "--password-stdin")
    added = call("account", "add", "Ada", *options, stdin="pass word \n")
    assert (added.code, added.out) == (0, "account ada added: tier pro, namespace user_ada\n")
    assert [
        opened(data).authenticate(login, "pass word ", "here").username for login in ("ada", "ada@example.com")
    ] == [
        "ada",
        "ada",
    ]
    listed = json.loads(call("account", "list", "--json").out)
    assert [(row["username"], row["tier"], row["email"], row["phone"]) for row in listed] == [
        ("ada", "pro", "ada@example.com", "+49301234567")
    ]
    assert call("account", "list").out.splitlines()[1].split()[:3] == ["ada", "pro", "user_ada"]


def test_the_secret_of_webhooks_is_shown(call: Administrator) -> None:
    for name in ("ada", "eve"):
        call("account", "add", name, "--password-stdin", stdin="pass word")
    ada, again, eve = (call("account", "webhook-secret", name).out for name in ("ada", "ada", "eve"))
    assert ada == again != eve
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", ada)
    assert call("account", "webhook-secret", "bob").code == 1


def test_the_secret_of_the_development_account_is_shown(call: Administrator, data: Path) -> None:
    missing = call("account", "webhook-secret", "test")
    assert (missing.code, missing.err) == (
        1,
        f"error: there is no data folder {data}: name that of the server by --data\n",
    )
    data.mkdir()
    shown = call("account", "webhook-secret", "test")
    assert (shown.code, shown.out) == (0, f"{webhook_secret(data, 'user_test')}\n")


@pytest.mark.slow
def test_an_account_is_changed(call: Administrator, data: Path) -> None:
    call("account", "add", "ada", "--password-stdin", stdin="old password")
    assert call("account", "passwd", "ada", "--password-stdin", stdin="new password\n").code == 0
    accounts = opened(data)
    assert accounts.authenticate("ada", "new password", "here").username == "ada"
    with pytest.raises(AuthFailed):
        accounts.authenticate("ada", "old password", "here")
    assert call("account", "tier", "ada", "starter").out == "account ada: tier starter\n"
    origins = ("https://app.example.com", "http://localhost:3000")
    assert call("account", "whitelist", "ada", *origins).out == "".join(f"{origin}\n" for origin in origins)
    assert call("account", "whitelist", "ada").out.splitlines() == list(origins)
    assert call("account", "whitelist", "ada", "--clear").out == ""
    assert call("account", "disable", "ada").code == 0
    assert accounts.find("ada").disabled
    assert call("account", "enable", "ada").code == 0
    account = accounts.find("ada")
    assert (account.disabled, account.tier.name, account.whitelist) == (False, "starter", ())


@pytest.mark.slow
def test_what_cannot_be_done_is_refused_in_one_line(call: Administrator) -> None:
    call("account", "add", "ada", "--no-password")
    twice = call("account", "add", "ada", "--no-password")
    assert (twice.code, twice.out, twice.err.count("\n")) == (1, "", 1)
    assert call("account", "passwd", "bob", "--password-stdin", stdin="x").err == "error: no account is called `bob`\n"
    assert call("account", "passwd", "ada", "--password-stdin", stdin="\n").code == 1
    gold = call("account", "tier", "ada", "gold")
    assert (gold.code, "Invalid value for 'TIER': 'gold' is not one of 'free'" in gold.err) == (2, True)
    silent = call("account", "add", "carl")
    assert (silent.code, silent.err) == (
        2,
        "error: there is no terminal to ask for the password: give --password-stdin\n",
    )
    assert call("account", "whitelist", "ada", "https://a.example.com", "--clear").code == 2
    for strange in ("ftp://a.example.com", "WSS://a.example.com"):
        refused = call("account", "whitelist", "ada", strange)
        assert (refused.code, "no web page has an origin with the scheme" in refused.err) == (1, True)
    assert call("account", "whitelist", "ada").out == ""
    assert call("account", "list", stdin="").out.count("\n") == 2


def test_an_empty_folder_has_no_accounts(call: Administrator) -> None:
    listed = call("account", "list")
    assert (listed.code, listed.out, listed.err) == (
        0,
        "",
        "no accounts yet: add one with `oql account add NAME`\n",
    )


@pytest.mark.slow
def test_a_password_is_asked_for_twice_and_not_shown(data: Path) -> None:
    with terminal("account", "add", "ada", "--data", str(data), **CHEAP) as screen:
        screen.expect("Password: ")
        screen.type("s3cret-enough" + ENTER)
        screen.expect("Repeat for confirmation: ")
        screen.type("s3cret-enough" + ENTER)
        screen.expect("account ada added")
        assert screen.wait() == 0
        assert "s3cret-enough" not in screen.raw
    assert opened(data).authenticate("ada", "s3cret-enough", "here").username == "ada"


def test_tokens_are_issued_once_listed_and_revoked(call: Administrator, data: Path) -> None:
    call("account", "add", "ada", "--no-password")
    issued = call("token", "add", "ada", "--name", "ci", "--expires-in", "30d")
    secret = issued.out.strip()
    grant = opened(data).by_token(secret)
    assert (issued.code, grant.account.username, grant.token.scopes) == (0, "ada", frozenset({"query"}))
    assert round(grant.token.expires_at - grant.token.created_at) == 30 * 86_400
    rows = json.loads(call("token", "list", "ada", "--json").out)
    assert [(row["id"], row["name"], row["scopes"]) for row in rows] == [(grant.token.id, "ci", ["query"])]
    table = call("token", "list", "ada").out
    assert table.splitlines()[1].split()[:3] == [grant.token.id, "ci", "query"]
    assert secret not in table
    assert call("token", "revoke", "ada", grant.token.id).code == 0
    with pytest.raises(AuthFailed):
        opened(data).by_token(secret)
    again = call("token", "revoke", "ada", grant.token.id)
    assert (again.code, again.err) == (1, f"error: ada has no token {grant.token.id}\n")


def test_the_development_account_has_tokens_too(call: Administrator, data: Path) -> None:
    issued = call("token", "add", "test")
    assert (issued.code, issued.err.endswith("; only development servers take it\n")) == (0, True)
    secret = issued.out.strip()
    with pytest.raises(AuthFailed):
        opened(data).by_token(secret)
    assert Accounts(data, development=True).by_token(secret).account.namespace == "user_test"
    [listed] = json.loads(call("token", "list", "test", "--json").out)
    assert call("token", "revoke", "test", listed["id"]).code == 0
    assert call("token", "list", "test").err == "test has no tokens\n"


def test_an_account_is_disabled_and_not_removed(call: Administrator) -> None:
    for word in ("remove", "delete"):
        refused = call("account", word, "ada")
        assert (refused.code, "`oql account disable NAME`" in refused.err) == (2, True)


@pytest.mark.slow
def test_a_token_that_cannot_be_issued_is_refused(call: Administrator) -> None:
    call("account", "add", "ada", "--no-password")
    assert call("token", "add", "ada", "--expires-in", "soon").code == 2
    assert call("token", "add", "ada", "--scope", "everything").code == 2
    bare = call("token", "add", "ada", "--expires-in", "30")
    assert (bare.code, "expected a unit too, as in 30d, 12h or 90s, found `30`" in bare.err) == (2, True)
    long = call("token", "add", "ada", "--expires-in", "400d")
    told = "error: expected a lifetime of 1 to 7776000 seconds (90d, the setting token_max_age_s)\n"
    assert (long.code, long.err) == (1, told)
    assert call("token", "add", "bob").err == "error: no account is called `bob`\n"
    assert call("token", "list", "ada").err == "ada has no tokens\n"


def test_wrong_settings_are_said(call: Administrator, data: Path) -> None:
    data.mkdir()
    (data / "oql.toml").write_text("prot = 1\n")
    called = call("account", "list")
    assert (called.code, called.out) == (2, "")
    assert "did you mean `port`?" in called.err


def test_tokens_of_tenants_and_of_operators(call: Administrator, data: Path) -> None:
    for owner, tenant, scopes in (
        (("--operator",), None, {"operator"}),
        (("--tenant", "acme", "--scope", "read"), "acme", {"read"}),
        (("--tenant", "acme"), "acme", {"read", "write"}),
    ):
        issued = call("token", "add", *owner, "--name", "ops")
        bearer = opened(data).bearer(issued.out.strip())
        assert (issued.code, bearer.tenant, set(bearer.token.scopes), bearer.account) == (0, tenant, scopes, None)
        whose = owner[:1] if tenant is None else owner[:2]
        listed = json.loads(call("token", "list", *whose, "--json").out)
        assert bearer.token.id in [row["id"] for row in listed]
        assert call("token", "revoke", *whose, bearer.token.id).code == 0
        assert call("token", "revoke", *whose, bearer.token.id).code == 1
        with pytest.raises(AuthFailed):
            opened(data).bearer(issued.out.strip())


def test_whose_token_it_is_has_to_be_clear(call: Administrator) -> None:
    call("account", "add", "ada", "--password-stdin", stdin="a long password\n")
    for words in (
        ("add",), ("add", "ada", "--operator"), ("add", "--operator", "--tenant", "acme"), ("list",), ("revoke", "1"),
        ("revoke",), ("revoke", "ada", "1", "2"), ("add", "--tenant", "not a name"),
        ("revoke", "ada", "1", "--operator"),
    ):  # fmt: skip
        assert call("token", *words).code == 2, words


def test_an_account_is_allowed_to_run_texts_from_outside(call: Administrator, data: Path) -> None:
    call("account", "add", "ada", "--password-stdin", stdin="pass word")
    assert not opened(data).may_sideload("user_ada")
    assert call("account", "allow", "ada", "sideload").out == "account ada: allowed sideload\n"
    assert opened(data).may_sideload("user_ada")
    assert call("account", "forbid", "ada", "sideload").out == "account ada: allowed nothing more\n"
    assert not opened(data).may_sideload("user_ada")
    assert call("account", "allow", "ada", "everything").code == 2
    assert not opened(data).may_sideload("user_nobody")


def test_pages_are_limited_to_operations(call: Administrator, data: Path) -> None:
    call("account", "add", "ada", "--password-stdin", stdin="pass word")
    assert call("account", "operations", "ada").out == "any program\n"
    assert call("account", "operations", "ada", "hello, total").out == "hello\ntotal\n"
    assert opened(data).find("ada").operations == ("hello", "total")
    assert call("account", "operations", "ada", "").out == "\n"
    assert opened(data).find("ada").operations == ()
    assert call("account", "operations", "ada", "--all").out == "any program\n"
    assert call("account", "operations", "ada", "hello", "--all").code == 2
