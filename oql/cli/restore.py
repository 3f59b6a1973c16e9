"""`oql restore`: a backup put back into a data folder and its store."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Failed


class _Place(click.ParamType[Any]):
    name = "SEGMENT:OFFSET"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The place in a log."""
        from substrate.interface import Lsn

        found = re.fullmatch(r"(\d{1,9}):(\d{1,9})", str(value))
        if not found:
            self.fail(f"expected a place such as 0:1234, found `{value}`", param, ctx)
        return Lsn(int(found[1]), int(found[2]))


@click.command("restore", short_help="Put a backup back.")
@click.option("--from", "folder", required=True, type=click.Path(), metavar="DIR", help="The backup.")
@click.option("--namespace", "names", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--to-lsn", "place", type=_Place(), help="Without the frames that stand there or behind it.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--check", is_flag=True, help="Only look whether every file is as it was written.")
@data_option
def command(folder: str, names: tuple[str, ...], place: Any, force: bool, check: bool, data: str | None) -> None:
    """Put a backup into a data folder whose server does not run, and into its store.

    Every file is checked by its SHA-256 before anything is touched.
    """
    from worker.backup import restoring
    from worker.backup.manifest import BackupError

    backup, wanted = Path(folder).expanduser().absolute(), restoring.Wanted(names, place, force)
    try:
        manifest = restoring.check(backup, wanted)
        if check:
            click.echo(f"{len(manifest.files)} files are as they were written", err=True)
            return
        with _unused(data) as target:
            restoring.restore_folder(backup, manifest, target, wanted)
            ends = _restored(backup, manifest, data, wanted)
    except BackupError as error:
        raise Failed(str(error)) from None
    for name, end in ends.items():
        click.echo(f"{name} {end.segment}:{end.offset}")


def _restored(backup: Path, manifest: Any, data: str | None, wanted: Any) -> Any:
    from oql.jobs.schema import MIGRATIONS
    from substrate.errors import StoreError
    from substrate.interface import DatabaseError
    from substrate.opening import open_store
    from worker.backup import restoring
    from worker.backup.making import Source

    settings = settings_in_force(data)  # those of the backup, where it has some
    url = settings.store or ""
    try:
        store = open_store(url, settings.data, system=MIGRATIONS, fenced=False)
        try:
            return restoring.restore(backup, manifest, Source(settings.data, url, store), wanted)
        finally:
            store.close()
    except (DatabaseError, OSError) as error:
        raise Failed(str(error)) from None
    except StoreError as error:
        raise Failed(error.message) from None


@contextmanager
def _unused(data: str | None) -> Iterator[Path]:
    """The data folder, which no server uses meanwhile."""

    from server.process.folder import Refusal, claim

    folder: Path = settings_in_force(data).data
    try:
        lock = claim(folder)
    except Refusal as refusal:
        raise Failed(str(refusal)) from None
    try:
        yield folder
    finally:
        os.close(lock)
