"""What programs do to files, told to the watches of folders.

Only where folders are watched, only what verbs do, and each path once: what copies, moves, packs, unpacks or deletes a
whole folder tells of the folder. What other programs of the machine do to the files is not seen.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from oql import wake, watches
from oql.tables.access import write
from oql.verbs.declare import Run
from substrate.interface import Files


@contextmanager
def telling(run: Run, files: Files, *paths: str, modifies: bool = True) -> Iterator[None]:
    """Tells what the block did to the paths: create, modify or delete, by what was there before and is there after.

    modifies: whether it changes what was there and still is. Of a block that raises nothing is told. Raises StoreError.
    """
    if not wake.watches_files(run.frame, run.context.store):
        yield
        return
    before = [files.stat(path) is not None for path in paths]
    yield
    after = [files.stat(path) is not None for path in paths]
    kinds = {(False, True): "create", (True, False): "delete"} | ({(True, True): "modify"} if modifies else {})
    changes = zip(paths, before, after, strict=True)
    told = [(kinds[was, is_], watches.normal_path(path)) for path, was, is_ in changes if (was, is_) in kinds]
    if told:
        write(run, lambda frame, call: watches.tell(frame, told, run.clock()))
