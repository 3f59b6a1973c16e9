"""What a backup consists of: each file with its size and SHA-256, and where the log of each namespace stands."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from substrate import json

NAME = "manifest.json"
SUM = "manifest.sha256"
FORMAT = 1
_PIECE = 2**20


class BackupError(Exception):
    """A backup that cannot be made, or cannot be trusted; the message says why, in one line."""


@dataclass(slots=True)
class Manifest:
    """A backup. `files`: by their paths; `namespaces`: of each the places of its base and of its end.

    `system`, `control`: how many migrations had been run, by the names of what they were run in.
    """

    made_at: int
    version: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    control: dict[str, int] = field(default_factory=dict)
    whole: bool = True

    def add(self, folder: Path, path: str) -> None:
        """Takes in a file that is there."""
        digest, size = digest_of(folder / path)
        self.files[path] = {"sha256": digest, "bytes": size}

    def write(self, folder: Path) -> str:
        """Puts the manifest in place, behind everything that it names; its own SHA-256."""
        told = {
            "format": FORMAT, "made_at_secs": self.made_at, "version": self.version, "whole": self.whole,
            "namespaces": self.namespaces, "control": self.control, "files": self.files,
        }  # fmt: skip
        raw = json.dumps(told)
        digest = hashlib.sha256(raw).hexdigest()
        write_file(folder / f"{NAME}.new", [raw])
        write_file(folder / f"{SUM}.new", [f"{digest}  {NAME}\n".encode()])
        (folder / f"{NAME}.new").rename(folder / NAME)
        (folder / f"{SUM}.new").rename(folder / SUM)
        sync_folder(folder)
        return digest

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a backup, of which every file is as it was written. Raises BackupError."""
        try:
            if not folder.is_dir():
                raise BackupError(f"there is no folder {folder}")
            raw, wanted = (folder / NAME).read_bytes(), (folder / SUM).read_text().split()[0]
            if hashlib.sha256(raw).hexdigest() != wanted:
                raise BackupError(f"{folder / NAME} is not what was written: its SHA-256 is another one")
            told = json.loads(raw)
            if told["format"] != FORMAT:
                raise BackupError(f"{folder} is a backup of another format, {told['format']}")
            found = cls(
                told["made_at_secs"], told["version"], told["files"], told["namespaces"], told["control"], told["whole"]
            )
        except FileNotFoundError as error:
            raise BackupError(f"{folder} is no backup: it has no {Path(error.filename).name}") from None
        except OSError as error:
            raise BackupError(f"{error.filename} cannot be read: {error.strerror}") from None
        except (IndexError, KeyError, TypeError, ValueError):
            raise BackupError(f"{folder} is no backup: {NAME} or {SUM} is damaged") from None
        found.check(folder)
        return found

    def check(self, folder: Path) -> None:
        """Looks at every file. Raises BackupError: one is missing, or another than was written."""
        for path, told in self.files.items():
            try:
                digest, size = digest_of(folder / path)
            except OSError as error:
                raise BackupError(f"{folder / path} cannot be read: {error.strerror}") from None
            if (digest, size) != (told["sha256"], told["bytes"]):
                raise BackupError(f"{folder / path} is not what was written: its SHA-256 is another one")


def digest_of(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file, and its size."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def write_file(path: Path, parts: Iterable[bytes]) -> int:
    """Writes a file that only its owner can read, to the disk; how many parts there were."""
    count = 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for part in parts:
            file.write(part)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
