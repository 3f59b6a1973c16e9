"""The databases of runs in this process: those of the data folder, or of the store that the settings name."""

import os
import time
from functools import cache
from pathlib import Path

import platformdirs

from oql.cli.refusal import Refused
from oql.program import Program
from substrate.interface import Namespace


def databases_for(program: Program, namespace: str) -> Namespace | None:
    """The databases of a namespace; None for a program that needs none, since opening takes time."""
    return _open(namespace) if program.uses_store else None


def tell_workers(program: Program, namespace: Namespace | None) -> None:
    """Lets a server on the data folder know of the crons and watches that a run has left work for."""
    if namespace is None or not program.makes_work or not namespace.exists():
        return
    from oql.jobs.due import next_due

    due = next_due(namespace, time.time())
    if due is not None:
        from substrate.opening import open_control
        from worker.marks import DATABASE, MIGRATIONS, Marks

        marks = Marks(open_control(*_store(), DATABASE, MIGRATIONS))
        marks.mark(namespace.name, due)
        marks.close()


@cache
def _open(namespace: str) -> Namespace:
    from oql.jobs.schema import MIGRATIONS
    from substrate.errors import StoreError
    from substrate.opening import open_store

    url, data = _store()
    try:
        return open_store(url, data, system=MIGRATIONS).namespace(namespace)
    except StoreError as error:
        raise Refused(error.message) from None
    except OSError as error:
        raise Refused(f"the data folder {data} cannot be used: {error.strerror}") from None


def _store() -> tuple[str, Path]:
    """The URL of the store and the data folder. Reading settings is slow, so only where there are any."""
    data = Path(os.environ.get("OQL_DATA") or platformdirs.user_data_path("oql")).expanduser()
    if "OQL_STORE" not in os.environ and not (data / "oql.toml").exists():
        return "", data
    from oql.settings import Settings, SettingsError

    try:
        settings = Settings.load()
    except SettingsError as error:
        raise Refused(*error.problems) from None
    return settings.store or "", settings.data
