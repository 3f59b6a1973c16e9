"""What the work beside the answers needs of a namespace; see `substrate.interface.migrations.Upkeep`."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from substrate.file_locks import locked
from substrate.reading import ReadingHere

if TYPE_CHECKING:
    from substrate.frame import Frame

FOLDER = "upkeep"
"""Where the locks of all namespaces are, in the data folder."""
_LOOKED_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class Place:
    """Where steps are done: how to read, and how to write, durable or not; `settle` as that of the engine."""

    snapshot: Callable[[], AbstractContextManager[ReadingHere]]
    frame: Callable[[bool], "AbstractContextManager[Frame]"]
    settle: Callable[[], None]
    now: Callable[[], float]


@contextmanager
def alone(folder: Path, namespace: str, seconds: float) -> Iterator[bool]:
    """Whether no other thread or process of the machine is in such a block; waits for so long at most.

    Two that do the same would only make each other, and the writers, wait.
    """
    path = folder / FOLDER / namespace
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        ends = time.monotonic() + seconds
        while not (mine := locked(file.fileno())) and time.monotonic() < ends:
            time.sleep(_LOOKED_AGAIN_S)
        try:
            yield mine
        finally:
            if mine:
                fcntl.flock(file, fcntl.LOCK_UN)


def forget(folder: Path, namespace: str) -> None:
    """Deletes the lock of a namespace that was deleted."""
    (folder / FOLDER / namespace).unlink(missing_ok=True)
