"""`oql token`: the bearer tokens of an account, of a tenant without one, and of operators."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from accounts.development import ACCOUNT
from accounts.tokens import SCOPES, Token
from oql import durations, iso
from oql.cli.options import data_option
from oql.cli.refusal import Failed
from oql.cli.registry import account_of, accounts_of
from oql.cli.tables import show_table
from oql.values import as_number
from substrate import names
from substrate.errors import Invalid


class _Duration(click.ParamType[float]):
    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds of a duration as programs write it, here with its unit."""
        if as_number(value) is not None:
            self.fail(f"expected a unit too, as in 30d, 12h or 90s, found `{value}`", param, ctx)
        seconds = durations.seconds(value)
        if seconds is None or seconds <= 0:
            self.fail(f"expected a duration such as 30d or 12h, found `{value}`", param, ctx)
        return float(seconds)


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose tokens are meant: one of an account (a login), a tenant, or operators (neither)."""

    account: str | None
    tenant: str | None

    def __str__(self) -> str:
        return self.account or (f"tenant {self.tenant}" if self.tenant else "operators")


def _owner_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name another owner than an account."""
    operator = click.option("--operator", is_flag=True, help="Tokens that reach the store of every tenant.")
    tenant = click.option("--tenant", metavar="TENANT", help="Tokens of a tenant without an account.")
    return operator(tenant(command))


def _owner(account: str | None, tenant: str | None, operator: bool) -> _Owner:
    if [account is not None, tenant is not None, operator].count(True) != 1:
        raise click.UsageError("expected one of ACCOUNT, --tenant and --operator")
    try:
        return _Owner(account, tenant if tenant is None else names.tenant(tenant))
    except Invalid as error:
        raise click.UsageError(error.message) from None


@click.group("token", short_help="Add, list and revoke bearer tokens.")
def command() -> None:
    """Add, list and revoke bearer tokens. ACCOUNT is a username, email or phone."""


@command.command("add")
@click.argument("account", required=False)
@_owner_options
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    help="May be repeated; default: query, for a tenant read and write.",
)
@click.option("--expires-in", type=_Duration(), help="Such as 30d or 12h; default: the longest allowed.")
@data_option
def add(
    account: str | None,
    tenant: str | None,
    operator: bool,
    name: str,
    scopes: tuple[str, ...],
    expires_in: float | None,
    data: str | None,
) -> None:
    """Issue a token. It is printed this once and cannot be read again."""
    owner = _owner(account, tenant, operator)
    with accounts_of(data) as accounts:
        if owner.account:
            found = account_of(accounts, owner.account)
            issued = accounts.issue_token(found, name=name, scopes=scopes or None, expires_in=expires_in)
        else:
            ends = None if expires_in is None else time.time() + expires_in
            wanted = scopes or ("read", "write")
            issued = accounts.issue_tenant_token(owner.tenant, name=name, scopes=wanted, expires_at=ends)
    click.echo(issued.secret)
    token = issued.token
    scope = ", ".join(sorted(token.scopes))
    click.echo(
        f"token {token.id} of {owner}: {scope}, until {iso.utc(token.expires_at, 'seconds')}{_only(token)}", err=True
    )


def _only(token: Token) -> str:
    """What is said of a token that does not work everywhere."""
    return "; only development servers take it" if token.account_id == ACCOUNT.id else ""


@command.command("list")
@click.argument("account", required=False)
@_owner_options
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@data_option
def list_(account: str | None, tenant: str | None, operator: bool, as_json: bool, data: str | None) -> None:
    """List the tokens that still work."""
    owner = _owner(account, tenant, operator)
    with accounts_of(data) as accounts:
        tokens = (
            accounts.list_tokens(account_of(accounts, owner.account))
            if owner.account
            else accounts.list_tenant_tokens(owner.tenant)
        )
    found = [_shown(token) for token in tokens]
    if as_json:
        from oql.cli.answers import json_text

        click.echo(json_text(found))
    elif found:
        rows = [[" ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in found]
        show_table(list(found[0]), rows, sys.stdout)
    else:
        click.echo(f"{owner} has no tokens" if owner.account or owner.tenant else "there are no tokens", err=True)


@command.command("revoke")
@click.argument("which", nargs=-1, metavar="[ACCOUNT] ID")
@_owner_options
@data_option
def revoke(which: tuple[str, ...], tenant: str | None, operator: bool, data: str | None) -> None:
    """End the token with this ID at once."""
    if not 1 <= len(which) <= 2:
        raise click.UsageError("expected ACCOUNT and ID, or ID with --tenant or --operator")
    owner, token_id = _owner(which[0] if len(which) == 2 else None, tenant, operator), which[-1]
    with accounts_of(data) as accounts:
        revoked = (
            accounts.revoke_token(account_of(accounts, owner.account), token_id)
            if owner.account
            else accounts.revoke_tenant_token(owner.tenant, token_id)
        )
    if not revoked:
        raise Failed(f"{owner} has no token {token_id}" if owner.account or owner.tenant else f"no token {token_id}")
    click.echo(f"token {token_id} revoked")


def _shown(token: Any) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": iso.utc(token.created_at, "seconds"),
        "expires_at": iso.utc(token.expires_at, "seconds"),
    }
