"""`oql users`: what the owner of a site does for those who sign in there, and that programs see it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.calling import Called, oql

Administrator = Callable[..., Called]
REGISTER = 'REGISTER "Ada" WITH "correct horse" AS "ada@example.com" SET ?id EMIT ?id'
LOGIN = 'LOGIN "ada" WITH "{}" SET ?token IF ?token IS NOT NULL OPEN NEST EMIT "in" CLOSE NEST'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def call(data: Path) -> Administrator:
    """Calls `oql` on the data folder, which is not there at first."""

    def called(*arguments: str, stdin: str = "") -> Called:
        return oql(*arguments, "--data", data, stdin=stdin)

    return called


def run(data: Path, program: str, namespace: str = "local") -> str:
    """What a program prints that runs in a namespace of the folder."""
    return oql("run", "-", "--namespace", namespace, stdin=program, OQL_DATA=str(data)).out


def test_users_are_listed_changed_and_removed(call: Administrator, data: Path) -> None:
    user = run(data, REGISTER).strip()
    [listed] = json.loads(call("users", "list", "--json").out)
    created = listed.pop("created_at")
    assert listed == {"id": user, "username": "Ada", "email": "ada@example.com", "confirmed": False}
    assert call("users", "list").out.splitlines()[1].split() == ["Ada", "ada@example.com", created, user]
    changed = call("users", "passwd", "ADA", "--password-stdin", stdin="another horse\n")
    assert (changed.code, changed.out) == (0, "user ADA: password changed\n")
    assert run(data, LOGIN.format("correct horse")) == "null\n"
    assert run(data, LOGIN.format("another horse")) == "in\n"
    assert call("users", "remove", "ada").out == "user ada removed\n"
    assert run(data, LOGIN.format("another horse")) == "null\n"


def test_an_account_has_its_own(call: Administrator, data: Path) -> None:
    call("account", "add", "shop", "--no-password")
    run(data, REGISTER, "user_shop")
    assert [user["username"] for user in json.loads(call("users", "list", "--account", "shop", "--json").out)] == [
        "Ada"
    ]
    assert call("users", "list").err == "there are no end users\n"
    assert call("users", "list", "--account", "nobody").code == 1
    assert call("users", "list", "--account", "test").err == "there are no end users\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("remove", "ada"), "there is no end user `ada`"),
        (("passwd", "ada", "--password-stdin"), "there is no end user `ada`"),
        (("remove", " "), "expected a username"),
    ],
)
def test_what_is_refused(call: Administrator, arguments: tuple[str, ...], message: str) -> None:
    refused = call("users", *arguments, stdin="another horse\n")
    assert refused.code == 1
    assert message in refused.err


def test_a_short_password_is_refused_and_not_shown(call: Administrator, data: Path) -> None:
    run(data, REGISTER)
    refused = call("users", "passwd", "ada", "--password-stdin", stdin="hunter\n")
    assert (refused.code, "too short" in refused.err, "hunter" in refused.err) == (1, True, False)
