"""The accounts of a data folder, as the commands about accounts and tokens open them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from oql.cli.options import settings_in_force
from oql.cli.refusal import Failed

if TYPE_CHECKING:
    from accounts.accounts import Account
    from accounts.service import Accounts


@contextmanager
def accounts_of(data: str | None) -> Iterator["Accounts"]:
    """The accounts of a folder, made where it is missing. What they refuse is said in one line, exit code 1."""
    settings = settings_in_force(data)
    from accounts.errors import AccountsError
    from accounts.opening import open_accounts
    from substrate.interface import DatabaseError

    accounts = open_accounts(settings)
    try:
        yield accounts
    except (AccountsError, DatabaseError) as error:
        raise Failed(str(error)) from None
    finally:
        accounts.close()


def namespace_of(accounts: "Accounts", login: str) -> str:
    """The namespace of an account; that of the development account too."""
    return account_of(accounts, login).namespace


def account_of(accounts: "Accounts", login: str) -> "Account":
    """The account of a login; the development account too, which is in no table."""
    from accounts.development import ACCOUNT

    return ACCOUNT if login == ACCOUNT.username else accounts.find(login)
