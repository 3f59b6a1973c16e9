"""`oql backup`: everything that a data folder and its store hold, in a folder of files."""

from pathlib import Path

import click

from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Failed


@click.command("backup", short_help="Make a backup while the server runs.")
@click.option("--to", "folder", required=True, type=click.Path(), metavar="DIR", help="Where it goes: a new folder.")
@click.option("--namespace", "names", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--update", is_flag=True, help="Add what was logged since to the backup in that folder.")
@data_option
def command(folder: str, names: tuple[str, ...], update: bool, data: str | None) -> None:
    """Make a backup: rows, jobs, files, accounts, tokens and the key of the data folder.

    Each namespace is as it was at one place of its log, which is shown. Writers go on meanwhile.
    """
    if update and names:
        raise click.UsageError("--update takes the namespaces that the backup has")
    settings = settings_in_force(data)
    from oql.jobs.schema import MIGRATIONS
    from substrate.errors import StoreError
    from substrate.interface import DatabaseError
    from substrate.opening import open_store
    from worker.backup.making import Source, bring_up_to_date, make
    from worker.backup.manifest import BackupError

    url = settings.store or ""
    store = open_store(url, settings.data, system=MIGRATIONS)
    source, to = Source(settings.data, url, store), Path(folder).expanduser().absolute()
    try:
        manifest, digest = bring_up_to_date(source, to) if update else make(source, to, names)
    except (BackupError, DatabaseError, OSError) as error:
        raise Failed(str(error)) from None
    except StoreError as error:
        raise Failed(error.message) from None
    finally:
        store.close()
    for name, told in manifest.namespaces.items():
        click.echo(f"{name} {told['end'][0]}:{told['end'][1]}")
    size = sum(each["bytes"] for each in manifest.files.values())
    click.echo(f"{len(manifest.files)} files, {size:,} bytes, manifest SHA-256 {digest}", err=True)
