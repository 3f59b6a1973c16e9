"""Who asks for files in these tests, and what there is to ask of a namespace."""

import os
from pathlib import Path

from substrate.files import place, staging, trees
from substrate.files.folder import NamespaceFiles
from substrate.files.ledger import USAGE

NAMESPACE = "user_ada"


class Ended(Exception):
    """What an asker raises who wants the work to end."""


class Asker:
    """Looks up for ever, or ends the work at one of its looks. Counts looks, and adds up claims."""

    def __init__(self, ends_at: int | None = None) -> None:
        self.ends_at = ends_at
        self.looks = 0
        self.claimed = 0

    def look(self) -> None:
        """Somebody looks whether the work is to go on."""
        self.looks += 1
        if self.ends_at is not None and self.looks >= self.ends_at:
            raise Ended

    def claim(self, size: int) -> None:
        """Somebody wants to hold so many bytes."""
        self.claimed += size


ASKER = Asker()


def base(data: Path) -> Path:
    """The folder of the namespace."""
    return data / "namespaces" / NAMESPACE


def inside(data: Path) -> Path:
    """The folder that programs see as /root."""
    return base(data) / "files"


def paths(files: NamespaceFiles, folder: str = "/root") -> list[str]:
    """All that is in a folder."""
    return [entry.path for entry in files.walk(folder, 100_000, ASKER, recursive=True)]


def text(files: NamespaceFiles, path: str) -> str:
    """A file as text."""
    return files.read(path, 2**30, ASKER).decode()


def expect_true_count(data: Path) -> int:
    """Holds when nothing is left aside and the count is what is really there; that count."""
    with place.writing(base(data), None, lambda: False) as at:
        assert os.listdir(at.work) == [USAGE]
        with at.ledger.turn(ASKER) as turn:
            assert turn.used == trees.size_of(at.files) + staging.reserved(at.work)
            return turn.used
