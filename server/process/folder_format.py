"""Which program a data folder can be used by: `format.json` counts what has been changed in its layout.

Every database counts its own migrations and refuses an older program, when it is opened. This file has all the counts
in one place, so that an older program refuses the folder before it touches anything, and a newer one knows beforehand
that it will change it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import oql
from server.process.folder import Refusal

FILE = "format.json"
FOLDER = 2
"""Raised with every change after which an earlier program would misread a folder, and which no database counts."""


def examine(data: Path) -> bool:
    """Whether this program would change the layout of what is in the folder. Raises Refusal: a newer one has been."""
    told = _read(data / FILE)
    had, ours = told.get("counts", {}), own_counts()
    if any(count > ours.get(name, 0) for name, count in had.items()):
        raise Refusal(
            f"the data folder {data} was written by OQL {told.get('version')}, which is newer than this one"
            f" ({oql.__version__}): run that version or a newer one, or restore a backup into an empty folder"
        )
    return bool(had != ours)


def note(data: Path) -> None:
    """Notes that this program uses the folder, before it changes anything in it. Raises Refusal: it cannot."""
    if not examine(data):
        return
    text = json.dumps({"version": oql.__version__, "counts": own_counts()}, indent=2) + "\n"
    aside = data / f"{FILE}.new"
    try:
        with aside.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(data / FILE)
    except OSError as error:
        raise Refusal(f"cannot use the data folder {data}: {error.strerror}") from error


def own_counts() -> Mapping[str, int]:
    """What this program knows: for each kind of database the number of its migrations."""
    from oql.jobs.schema import MIGRATIONS as SYSTEM
    from substrate.sqlite.engine import FORMAT
    from worker.backup.control import DATABASES

    databases = {name: len(migrations) for name, migrations in DATABASES.items()}
    return {"folder": FOLDER, "namespaces": FORMAT, "system": len(SYSTEM), **databases}


def _read(path: Path) -> dict[str, dict[str, int]]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Refusal(f"cannot read {path}: {error}; delete it if the folder is of this version") from None
    return found if isinstance(found, dict) else {}
