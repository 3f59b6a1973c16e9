"""`oql account`: the accounts of a server."""

import sys
from collections.abc import Callable
from typing import Any

import click

from accounts.accounts import PERMISSIONS
from accounts.tiers import TIERS
from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Failed, Refused
from oql.cli.registry import accounts_of, namespace_of
from oql.cli.tables import show_table
from oql.cli.terminal import is_terminal

_tier = click.Choice(list(TIERS), case_sensitive=False)
_permission = click.Choice(PERMISSIONS)
_from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


class _Commands(click.Group):
    """The commands, and what to do instead of one that there is not."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises UsageError where there is no such command."""
        if args[0] in ("remove", "delete"):
            raise click.UsageError(
                "accounts are not removed: `oql account disable NAME` shuts one out at once, its tokens too", ctx
            )
        return super().resolve_command(ctx, args)


@click.group("account", cls=_Commands, short_help="Add, list and change accounts.")
def command() -> None:
    """Add, list and change the accounts of a server. NAME is a username, email or phone.

    A running server follows every change at once.
    """


@command.command("add")
@click.argument("name")
@click.option("--tier", type=_tier, default="free", show_default=True)
@click.option("--email", help="Finds the account too.")
@click.option("--phone", help="Finds the account too.")
@_from_stdin
@click.option("--no-password", is_flag=True, help="Let it in by token or whitelisted origin only.")
@data_option
def add(name: str, password_stdin: bool, no_password: bool, data: str | None, **details: Any) -> None:
    """Add an account with the username NAME. A password has at least 8 characters."""
    password = None if no_password else new_password(password_stdin)
    with accounts_of(data) as accounts:
        account = accounts.add(name, password, **details)
    click.echo(f"account {account.username} added: tier {account.tier.name}, namespace {account.namespace}")


@command.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(data: str | None, as_json: bool) -> None:
    """List all accounts."""
    with accounts_of(data) as accounts:
        found = [_shown(account) for account in accounts.list()]
    if as_json:
        from oql.cli.answers import json_text

        click.echo(json_text(found))
    elif found:
        show_table(list(found[0]), [[_cell(value) for value in row.values()] for row in found], sys.stdout)
    else:
        click.echo("no accounts yet: add one with `oql account add NAME`", err=True)


@command.command("passwd")
@click.argument("name")
@_from_stdin
@data_option
def passwd(name: str, password_stdin: bool, data: str | None) -> None:
    """Set a new password; the old one stops working at once."""
    with accounts_of(data) as accounts:
        accounts.find(name)
        account = accounts.passwd(name, new_password(password_stdin))
    click.echo(f"account {account.username}: password changed")


@command.command("tier", short_help="Put an account on another tier.")
@click.argument("name")
@click.argument("tier", type=_tier, metavar="TIER")
@data_option
def tier(name: str, tier: str, data: str | None) -> None:
    """Put an account on another TIER: free, starter, pro or enterprise."""
    with accounts_of(data) as accounts:
        account = accounts.set_tier(name, tier)
    click.echo(f"account {account.username}: tier {account.tier.name}")


@command.command("whitelist", short_help="Show or set whose web pages may act for it.")
@click.argument("name")
@click.argument("origins", nargs=-1, metavar="[ORIGIN]...")
@click.option("--clear", is_flag=True, help="Leave no origin; requests from any are then let in with credentials.")
@data_option
def whitelist(name: str, origins: tuple[str, ...], clear: bool, data: str | None) -> None:
    """Show the origins from which web pages may act for an account, or replace them by these.

    An ORIGIN is such as https://app.example.com, https://*.example.com or http://localhost:3000.
    """
    if origins and clear:
        raise click.UsageError("give either origins or --clear")
    with accounts_of(data) as accounts:
        account = accounts.set_whitelist(name, origins) if origins or clear else accounts.find(name)
    click.echo("".join(f"{origin}\n" for origin in account.whitelist), nl=False)


@command.command("allow")
@click.argument("name")
@click.argument("permissions", nargs=-1, required=True, type=_permission, metavar="PERMISSION...")
@data_option
def allow(name: str, permissions: tuple[str, ...], data: str | None) -> None:
    """Allow an account something that others may not do.

    The one PERMISSION is sideload: to run texts that come from outside (requests, files, rows, other machines) as
    programs, by SIDELOAD and INCLUDE.
    """
    _permit(name, data, lambda allowed: allowed.union(permissions))


@command.command("forbid")
@click.argument("name")
@click.argument("permissions", nargs=-1, required=True, type=_permission, metavar="PERMISSION...")
@data_option
def forbid(name: str, permissions: tuple[str, ...], data: str | None) -> None:
    """Take back what an account was allowed."""
    _permit(name, data, lambda allowed: allowed.difference(permissions))


def _permit(name: str, data: str | None, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
    with accounts_of(data) as accounts:
        account = accounts.set_allowed(name, change(accounts.find(name).allowed))
    click.echo(f"account {account.username}: allowed {', '.join(sorted(account.allowed)) or 'nothing more'}")


@command.command("operations", short_help="Show or set what web pages may run.")
@click.argument("name")
@click.argument("operations", required=False, metavar="[OP1,OP2...]")
@click.option("--all", "every", is_flag=True, help="Let the pages of its origins run any program again.")
@data_option
def operations(name: str, operations: str | None, every: bool, data: str | None) -> None:
    """Show the operations to which pages of an account's origins are limited without credentials, or set them.

    Such a page may then only send programs that run these operations by name, and otherwise only compute.
    """
    if operations and every:
        raise click.UsageError("give either operations or --all")
    with accounts_of(data) as accounts:
        if operations is None and not every:
            account = accounts.find(name)
        else:
            named = None if every else [part.strip() for part in (operations or "").split(",")]
            account = accounts.set_operations(name, named)
    click.echo("any program" if account.operations is None else "\n".join(account.operations))


@command.command("webhook-secret", short_help="Show what receivers verify webhooks with.")
@click.argument("name")
@data_option
def webhook_secret(name: str, data: str | None) -> None:
    """Show the secret with which receivers verify the webhooks of an account, also of a development server's test."""
    with accounts_of(data) as accounts:
        namespace = namespace_of(accounts, name)
    folder = settings_in_force(data).data
    if not folder.is_dir():
        raise Failed(f"there is no data folder {folder}: name that of the server by --data")
    from worker.signing import webhook_secret

    click.echo(webhook_secret(folder, namespace))


@command.command("disable")
@click.argument("name")
@data_option
def disable(name: str, data: str | None) -> None:
    """Shut an account out at once, its tokens and origins too."""
    with accounts_of(data) as accounts:
        account = accounts.disable(name)
    click.echo(f"account {account.username} disabled")


@command.command("enable")
@click.argument("name")
@data_option
def enable(name: str, data: str | None) -> None:
    """Let a disabled account in again."""
    with accounts_of(data) as accounts:
        account = accounts.disable(name, disabled=False)
    click.echo(f"account {account.username} enabled")


def new_password(from_stdin: bool) -> str:
    """A password, asked for twice on the terminal or read from standard input up to the line end."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not is_terminal(sys.stdin):
        raise Refused("there is no terminal to ask for the password: give --password-stdin")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _shown(account: Any) -> dict[str, Any]:
    return {
        "username": account.username,
        "tier": account.tier.name,
        "namespace": account.namespace,
        "email": account.email,
        "phone": account.phone,
        "disabled": account.disabled,
        "whitelist": list(account.whitelist),
        "allowed": sorted(account.allowed),
        "operations": None if account.operations is None else list(account.operations),
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(value) if isinstance(value, list) else value or ""
