"""Sites that come into being by what verbs do to files: the names are the namespace's before a file changes.

So a step fails where somebody else has the name. What other programs of the machine put into the folder of sites makes
none until `oql site add` says so.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from oql.errors import Code, failed
from oql.site_names import FOLDER, INDEX, SiteRefused, checked_name, index_path
from oql.verbs.run import Run
from substrate.errors import StoreError
from substrate.interface import DatabaseError, Files


@contextmanager
def claiming(run: Run, files: Files, path: str, source: str | None = None) -> Iterator[None]:
    """Gives the run's namespace the names of the sites that the block makes by writing to a path.

    `source`: what is copied or moved there. A name that is new is free again when the block fails and there is
    no such site. Raises OqlError, StoreError.
    """
    names = _made_by(files, path, source)
    taken: list[str] = []
    try:
        taken.extend(name for name in names if claim(run, name))
        yield
    except BaseException:
        sites = run.context.environment.sites
        if sites:
            for name in taken:
                if not _is_there(files, name):  # another step may have made the site meanwhile
                    sites.release(name, run.context.namespace)
        raise


def _is_there(files: Files, name: str) -> bool:
    try:
        return files.stat(index_path(name)) is not None
    except StoreError:  # better kept than given to somebody else
        return True


def claim_below(run: Run, files: Files, path: str) -> None:
    """Gives the run's namespace the names of sites that were unpacked into a folder. Raises OqlError, StoreError."""
    parts = _parts(path)
    if parts and parts[0] != "sites":
        return
    names = [parts[1]] if len(parts) > 1 else _folders(run, files, FOLDER)
    for name in names:
        if files.stat(index_path(name)):
            claim(run, name)


def claim(run: Run, name: str) -> bool:
    """Gives the run's namespace a name; whether it had not had it before. Raises OqlError."""
    try:
        checked_name(name)
        sites = run.context.environment.sites
        return sites is not None and sites.claim(name, run.context.namespace)
    except SiteRefused as error:
        raise failed(Code.FS_WRITE_ERROR, str(error), error.hint) from None
    except DatabaseError:
        raise failed(Code.FS_WRITE_ERROR, "it cannot be seen now who has which site") from None


def _made_by(files: Files, path: str, source: str | None) -> list[str]:
    """The sites whose program comes to its place when a path is written, or something is put there."""
    parts = _parts(path)
    if parts[:1] != ["sites"] or len(parts) > 3:
        return []
    if len(parts) == 3:
        return [parts[1]] if parts[2] == INDEX else []
    if source is None or (found := files.stat(source)) is None or not found.is_folder:
        return []
    if len(parts) == 2:
        return [parts[1]] if files.stat(f"{source}/{INDEX}") else []
    names = _folders(None, files, source)
    return [name for name in names if files.stat(f"{source}/{name}/{INDEX}")]


def _folders(run: Run | None, files: Files, path: str) -> Sequence[str]:
    found = files.stat(path)
    if found is None or not found.is_folder:
        return []
    return [entry.name for entry in files.walk(path, _MOST, _Nobody() if run is None else run) if entry.is_folder]


_MOST = 10_000


class _Nobody:
    """Whoever asks for so little that it need not be counted."""

    def look(self) -> None:
        """Goes on."""

    def claim(self, size: int) -> None:
        """Lets it."""


def _parts(path: str) -> list[str]:
    """The names of a path below `/root`, as the file store reads them; [""] of one that it refuses."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return parts[1:] if path.startswith("/root") and parts[:1] == ["root"] else [""]
