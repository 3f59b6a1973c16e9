"""The files of runs in this process: those of the data folder, as a server on it has them."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from oql.cli.options import settings_in_force
from oql.cli.refusal import Refused
from oql.program import Program
from oql.site_names import Sites
from substrate.interface import Files

if TYPE_CHECKING:
    from substrate.files.opening import FileStore


def files_for(program: Program, namespace: str) -> Files | None:
    """The files of a namespace in the data folder; None for a program that needs none, since that takes time."""
    if not program.uses_store:
        return None
    from substrate.errors import StoreError

    try:
        return _store().of(namespace)
    except StoreError as error:
        raise Refused(error.message) from None


def sites_for(program: Program) -> Sites | None:
    """Who has which site in the data folder; None for a program that makes none."""
    return _Sites() if program.uses_store else None


class _Sites:
    """The sites of the data folder, which is opened when somebody asks."""

    def claim(self, name: str, namespace: str) -> bool:
        """See Sites."""
        from oql.cli.registry import accounts_of

        with accounts_of(None) as accounts:
            return accounts.sites.claim(name, namespace)

    def release(self, name: str, namespace: str) -> None:
        """See Sites."""
        from oql.cli.registry import accounts_of

        with accounts_of(None) as accounts:
            accounts.sites.release(name, namespace)


@cache
def _store() -> "FileStore":
    from substrate.files.opening import FileStore

    data = Path(os.environ.get("OQL_DATA") or platformdirs.user_data_path("oql")).expanduser()
    return FileStore(data, _base_url)


def _base_url() -> str:
    """How links begin: those that a server on the same data folder answers."""
    settings = settings_in_force()
    return str(settings.base_url or f"http://{settings.host}:{settings.port}")
