"""`oql chains`: the saved chains and pipelines of an account, in the data folder."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oql.cli.options import data_option
from oql.cli.programs import YAML
from oql.cli.refusal import Failed
from oql.cli.registry import accounts_of, namespace_of

if TYPE_CHECKING:
    from chains.library import Kind
    from substrate.interface import Namespace

DEVELOPMENT = "test"


@click.group("chains", short_help="Import chains and pipelines from a folder.")
def command() -> None:
    """Look after the saved chains and pipelines of an account. A running server sees every change at once.

    To run and follow them, see `oql chain`.
    """


@command.command("import", short_help="Save the YAML files of a folder.")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--account", default=DEVELOPMENT, show_default=True, metavar="ACCOUNT", help="Whose: a username, email or phone."
)
@data_option
def import_(folder: Path, account: str, data: str | None) -> None:
    """Save every *.yaml and *.yml in DIR under the name of its file; where there are both, the first.

    A file with `steps` is a chain, one with `chains` a pipeline. What is invalid is told, and the rest saved: exit code
    1 then.
    """
    from oql.cli.workshop import open_here, refusals

    with accounts_of(data) as accounts:
        owner = DEVELOPMENT if account == DEVELOPMENT else accounts.find(account).username
        name = namespace_of(accounts, account)
    with refusals():
        refused = _import(open_here(data).namespace(name), _texts(folder))
    if refused:
        raise Failed(*refused)
    click.echo(f"all of {folder} is saved for {owner}", err=True)


def _import(namespace: "Namespace", files: dict[str, Path]) -> list[str]:
    """Saves texts, chains before the pipelines that name them; what is wrong with those that are not saved."""
    from chains.library import is_name
    from chains.saving import TextRefused, kind_of, save

    refused: list[str] = []
    texts = {name: text for name, path in files.items() if (text := _text(path, refused)) is not None}
    kinds: dict[str, Kind] = {name: kind_of(text) for name, text in texts.items()}
    for name in sorted(texts, key=lambda name: (kinds[name] == "pipeline", name)):
        try:
            if not is_name(name):
                raise TextRefused(f'Invalid name: "{name}"')
            for warning in save(namespace, kinds[name], name, texts[name], time.time()):
                click.echo(f"warning: {files[name]}: {warning}", err=True)
            click.echo(f"{kinds[name]} {name}")
        except TextRefused as refusal:
            refused.append(f"{files[name]}: {refusal}")
    return refused


def _texts(folder: Path) -> dict[str, Path]:
    """The files of a folder by the names that their texts get."""
    found: dict[str, Path] = {}
    for path in _files(folder):
        found.setdefault(path.stem, path)
    return found


def _files(folder: Path) -> Iterator[Path]:
    for ending in YAML:
        yield from sorted(path for path in folder.iterdir() if path.suffix == ending and path.is_file())


def _text(path: Path, refused: list[str]) -> str | None:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        refused.append(f"{path}: {error}")
        return None
