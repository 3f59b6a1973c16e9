"""`oql users`: the end users of an account, who sign in to what its programs serve."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from oql import iso
from oql.cli.account import new_password
from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Failed
from oql.cli.registry import accounts_of, namespace_of
from oql.cli.tables import show_table

if TYPE_CHECKING:
    from oql.users.names import Username
    from substrate.interface import Namespace

_account = click.option("--account", metavar="ACCOUNT", help="A username, email or phone: whose end users.")
_namespace = click.option("--namespace", default="local", show_default=True, help="Whose, where no account is named.")


@click.group("users", short_help="List and remove end users, and set their passwords.")
def command() -> None:
    """Look after the end users of an account: those whom its programs have registered. USER is a username.

    A running server follows every change at once.
    """


@command.command("list")
@_account
@_namespace
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(account: str | None, namespace: str, data: str | None, as_json: bool) -> None:
    """List all end users."""
    from oql.tables.access import all_or_none
    from oql.users import records

    with _namespace_of(account, namespace, data) as there:
        found = [
            {**user.shown(), "created_at": iso.utc(user.created, "seconds")}
            for user in all_or_none(lambda: records.listed(there))
        ]
    if as_json:
        from oql.cli.answers import json_text

        click.echo(json_text(found))
    elif found:
        columns = ["username", "email", "confirmed", "created_at", "id"]
        show_table(columns, [[_cell(user.get(column)) for column in columns] for user in found], sys.stdout)
    else:
        click.echo("there are no end users", err=True)


@command.command("passwd")
@click.argument("user")
@_account
@_namespace
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@data_option
def passwd(user: str, account: str | None, namespace: str, password_stdin: bool, data: str | None) -> None:
    """Set a new password; all sessions of the user end."""
    from oql import passwords
    from oql.users import names, records

    with _namespace_of(account, namespace, data) as there:
        hashed = passwords.argon2_hash(names.new_password(new_password(password_stdin)))
        name = _name(user)
        if not there.exists() or not there.write(lambda frame: records.set_password(frame, name, hashed)):
            raise Failed(f"there is no end user `{user}`")
    click.echo(f"user {name.shown}: password changed")


@command.command("remove")
@click.argument("user")
@_account
@_namespace
@data_option
def remove(user: str, account: str | None, namespace: str, data: str | None) -> None:
    """Remove an end user with all sessions."""
    from oql.users import records

    with _namespace_of(account, namespace, data) as there:
        name = _name(user)
        if not there.exists() or not there.write(lambda frame: records.remove(frame, name)):
            raise Failed(f"there is no end user `{user}`")
    click.echo(f"user {name.shown} removed")


@contextmanager
def _namespace_of(account: str | None, namespace: str, data: str | None) -> Iterator["Namespace"]:
    """The namespace whose end users are meant. What is refused is said in one line, exit code 1."""
    from oql.errors import OqlError
    from oql.jobs.schema import MIGRATIONS
    from substrate.errors import StoreError
    from substrate.opening import open_store

    if account is not None:
        with accounts_of(data) as accounts:
            namespace = namespace_of(accounts, account)
    settings = settings_in_force(data)
    store = open_store(settings.store or "", settings.data, system=MIGRATIONS)
    try:
        yield store.namespace(namespace)
    except (StoreError, OqlError) as error:
        raise Failed(error.message) from None
    finally:
        store.close()


def _name(user: str) -> "Username":
    from oql.users import names

    return names.new_username(user)


def _cell(value: Any) -> str:
    return "yes" if value is True else "" if value is None or value is False else str(value)
