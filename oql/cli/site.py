"""`oql site`: who has which site of a server, and putting one there from a folder."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oql import iso
from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Failed, Refused
from oql.cli.registry import accounts_of, namespace_of
from oql.cli.site_files import site_files
from oql.cli.tables import show_table
from oql.site_names import INDEX, SiteRefused

if TYPE_CHECKING:
    from accounts.service import Accounts
    from oql.settings import Settings

_account = click.option("--account", required=True, metavar="ACCOUNT", help="A username, email or phone.")


@click.group("site", short_help="Publish sites; add, list and remove their names.")
def command() -> None:
    """Publish sites; add, list and remove their names.

    A name belongs to the first account that writes /root/sites/NAME/index.oql, or that it is given to here. A running
    server follows every change at once.
    """


@command.command("add")
@click.argument("name")
@_account
@data_option
def add(name: str, account: str, data: str | None) -> None:
    """Give the site NAME to an account."""
    with accounts_of(data) as accounts:
        new = _given(accounts, name, namespace_of(accounts, account))
    click.echo(f"site {name} added for {account}" if new else f"site {name} belonged to {account} already")


@command.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(data: str | None, as_json: bool) -> None:
    """List all sites."""
    with accounts_of(data) as accounts:
        found = [
            {"name": site.name, "namespace": site.namespace, "created_at": iso.utc(site.created_at, "seconds")}
            for site in accounts.sites.all()
        ]
    if as_json:
        from oql.cli.answers import json_text

        click.echo(json_text(found))
    elif found:
        show_table(list(found[0]), [list(row.values()) for row in found], sys.stdout)
    else:
        click.echo("no sites yet: publish one with `oql site publish FOLDER --account NAME`", err=True)


@command.command("remove")
@click.argument("name")
@data_option
def remove(name: str, data: str | None) -> None:
    """Free the name of a site at once; its files stay."""
    with accounts_of(data) as accounts:
        namespace = accounts.sites.namespace(name)
        if namespace is None:
            raise Failed(f"there is no site {name}")
        accounts.sites.release(name, namespace)
    click.echo(f"site {name} removed")


@command.command("publish", short_help="Put a folder up as the site NAME of an account.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("name", required=False)
@_account
@click.option("--delete", is_flag=True, help="Delete files of the site that FOLDER does not have.")
@data_option
def publish(folder: Path, name: str | None, account: str, delete: bool, data: str | None) -> None:
    """Copy FOLDER to an account's files as the site NAME, by default the name of the folder.

    Its program index.oql is checked first. Files that are there already are replaced; others stay, also those that were
    published before, unless --delete is given. What begins with a dot is left out.
    """
    name = name or folder.resolve().name
    _check(folder / INDEX)
    with accounts_of(data) as accounts:
        namespace = namespace_of(accounts, account)
        _given(accounts, name, namespace)
        with site_files(name, namespace, accounts, data) as files:
            copied = files.copy(folder)
            others = files.others(copied)
            if delete:
                files.delete(others)
    click.echo(f"site {name} of {account}: {_counted(len(copied), len(others), deleted=delete)}")
    click.echo(_where(name, settings_in_force(data)))


def _counted(copied: int, others: int, *, deleted: bool) -> str:
    """How many files were copied, and what became of the others of the site."""
    told = f"{copied} file{'' if copied == 1 else 's'}"
    if deleted:
        return f"{told}, {others} deleted"
    if not others:
        return told
    stay = "1 other file stays" if others == 1 else f"{others} other files stay"
    return f"{told}; {stay} that the folder does not have (--delete deletes such files)"


def _where(name: str, settings: "Settings") -> str:
    """Where a server with these settings serves a site."""
    if settings.site_domain:
        return f"It is served as {name}.{settings.site_domain}"
    if settings.site_paths:
        return f"It is served below /s/{name}/"
    at = f"{name}.localhost, and below /s/{name}/"
    return f"A development server serves it as {at}; any other one needs the setting site_domain, or site_paths"


def _given(accounts: "Accounts", name: str, namespace: str) -> bool:
    try:
        return accounts.sites.give(name, namespace)
    except SiteRefused as error:
        raise Failed(f"{error}; {error.hint}" if error.hint else str(error)) from None


def _check(index: Path) -> None:
    """Exits for a program that cannot be run, after its errors."""
    from oql.cli.answers import show_error
    from oql.program import inspect

    if not index.is_file():
        raise Refused(f"there is no {index}: the program of a site")
    checked = inspect(_text(index), str(index))
    for error in checked.errors:
        show_error(error, checked.source)
    if checked.errors:
        sys.exit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read {path}: {error}") from None
