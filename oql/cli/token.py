"""`oql token`: the bearer tokens of an account."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from accounts.tokens import SCOPES
from oql import durations
from oql.cli.options import data_option
from oql.cli.refusal import Failed
from oql.cli.registry import accounts_of
from oql.cli.tables import show_table


class _Duration(click.ParamType[float]):
    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds of a duration as programs write it."""
        seconds = durations.seconds(value)
        if seconds is None or seconds <= 0:
            self.fail(f"expected a duration such as 30d or 12h, found `{value}`", param, ctx)
        return float(seconds)


@click.group("token", short_help="Add, list and revoke bearer tokens.")
def command() -> None:
    """Add, list and revoke the bearer tokens of an account. ACCOUNT is a username, email or phone."""


@command.command("add")
@click.argument("account")
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)), help="May be repeated; default: query."
)
@click.option("--expires-in", type=_Duration(), help="Such as 30d or 12h; default: the longest allowed.")
@data_option
def add(account: str, name: str, scopes: tuple[str, ...], expires_in: float | None, data: str | None) -> None:
    """Issue a token. It is printed this once and cannot be read again."""
    with accounts_of(data) as accounts:
        owner = accounts.find(account)
        issued = accounts.issue_token(owner, name=name, scopes=scopes or None, expires_in=expires_in)
    click.echo(issued.secret)
    token = issued.token
    scope = ", ".join(sorted(token.scopes))
    click.echo(f"token {token.id} of {owner.username}: {scope}, until {_moment(token.expires_at)}", err=True)


@command.command("list")
@click.argument("account")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@data_option
def list_(account: str, as_json: bool, data: str | None) -> None:
    """List the tokens of an account that still work."""
    with accounts_of(data) as accounts:
        owner = accounts.find(account)
        found = [_shown(token) for token in accounts.list_tokens(owner)]
    if as_json:
        from oql.cli.answers import json_text

        click.echo(json_text(found))
    elif found:
        rows = [[" ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in found]
        show_table(list(found[0]), rows, sys.stdout)
    else:
        click.echo(f"{owner.username} has no tokens", err=True)


@command.command("revoke")
@click.argument("account")
@click.argument("token_id", metavar="ID")
@data_option
def revoke(account: str, token_id: str, data: str | None) -> None:
    """End the token with this ID at once."""
    with accounts_of(data) as accounts:
        owner = accounts.find(account)
        if not accounts.revoke_token(owner, token_id):
            raise Failed(f"{owner.username} has no token {token_id}")
    click.echo(f"token {token_id} revoked")


def _shown(token: Any) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": _moment(token.created_at),
        "expires_at": _moment(token.expires_at),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
