"""How a step finds files when it first begins: by that a repetition of it knows what was done, and watches are told.

A step of a job may be repeated: its process died behind the change of the files, and before the journal said so. What
the files were like before is on disk by then, so that the step sees whether it was done. Watches of folders are told in
the commit that says that the step was done, and so exactly once.

Only what verbs do is told, and each path once: what copies, moves, packs, unpacks or deletes a whole folder tells of
the folder. What other programs of the machine do to the files is not seen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from oql import wake
from oql.verbs.run import Run
from substrate.interface import Files

State: TypeAlias = list[bool | int | float] | None
"""What is at a path: whether it is a folder, its bytes, and when it was changed. None for nothing."""
_STRIDE = 2**20


def state(files: Files, path: str) -> State:
    """What is at a path now. Raises StoreError."""
    found = files.stat(path)
    return None if found is None else [found.is_folder, found.size, found.modified]


@contextmanager
def changing(run: Run, files: Files, *paths: str, modifies: bool = True) -> Iterator[list[State]]:
    """Gives what was at the paths when the step first began; tells of what is there behind the block.

    A change is told as create, modify or delete. modifies: whether the block changes what was there and still is. Of a
    block that raises nothing is told. Raises StoreError.
    """
    before: list[State] = run.first(lambda: [state(files, path) for path in paths])
    yield before
    if not wake.watches_files(run.frame, run.context.store):
        return
    from oql import watches  # it takes time to load

    after = [state(files, path) for path in paths]
    kinds = {(False, True): "create", (True, False): "delete"} | ({(True, True): "modify"} if modifies else {})
    changes = [(was is not None, is_ is not None) for was, is_ in zip(before, after, strict=True)]
    told = [
        (kinds[change], watches.normal_path(path))
        for path, change in zip(paths, changes, strict=True)
        if change in kinds
    ]
    if told:
        run.with_step(lambda frame: watches.tell(frame, told, run.clock()))


def appended(run: Run, files: Files, path: str, before: State, data: bytes) -> bool:
    """Of a repeated step: whether data stands in a file behind what was there before."""
    now = files.stat(path)
    at = int(before[1]) if before else 0
    while now is not None and at + len(data) <= now.size:
        part = files.part(path, at, len(data) + _STRIDE, run)
        if data in part:
            return True
        at += _STRIDE
    return False


def copied(files: Files, path: str, to: str, before: State) -> bool:
    """Of a repeated step: whether it has copied what cannot be copied again: a folder, or a file gone since."""
    source, now = files.stat(path), state(files, to)
    if source is not None and not source.is_folder:
        return False
    return now is not None and now != before and (source is None or before is None)


def moved(path: State, to: State, source: State, target: State) -> bool:
    """Of a repeated step: whether the source has become the target, by what is there now and was there before."""
    return path != source and to is not None and (to != target or to == source)
