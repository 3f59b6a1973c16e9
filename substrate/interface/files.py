"""What storage promises of files, which the rooms above take from `substrate.interface`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file or folder as it is. `path` is what programs call it; `size` in bytes, 0 of a folder; `modified` Unix s."""

    path: str
    size: int
    modified: float
    is_folder: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[1]


class Asker(Protocol):
    """Whoever asks for work that may take long."""

    def look(self) -> None:
        """Raises if the work is to end here."""

    def claim(self, size: int) -> None:
        """Raises if the asker may not hold so many bytes; asked before they are made."""


class Files(Protocol):
    """The files of one namespace. A path begins with `/root`, and nothing outside of that can be reached.

    What changes something is on disk when it returns, and is seen by others as a whole or not at all; what copies or
    unpacks many files is in place at once where its target was not there. Folders around a new file are made. Links,
    devices and pipes are as if they were not there. What is added to a file may be seen in part before it is there as a
    whole; `settle` waits for that. Raises Invalid (the path, or the kind of thing there), NotFound,
    Conflict (something is in the way), QuotaExceeded, Unavailable (the disk); `detail["hint"]` may say what to do.
    """

    def settle(self, asker: Asker) -> None:
        """Waits until nobody is adding to a file, and takes back what a dead process had not added to the end."""

    def stat(self, path: str) -> FileEntry | None:
        """What is there, or None."""

    def read(self, path: str, most: int, asker: Asker) -> bytes:
        """A whole file. Raises Invalid with `detail["most"]` and "unit" where it is longer than that."""

    def part(self, path: str, start: int, length: int, asker: Asker) -> bytes:
        """At most so many bytes of a file, from an offset on."""

    def write(self, path: str, data: bytes, asker: Asker, *, append: bool = False) -> None:
        """Makes a file, or replaces or extends one."""

    def walk(self, path: str, most: int, asker: Asker, *, recursive: bool = False) -> Iterator[FileEntry]:
        """What is in a folder, in the order of names, what is inside an inner folder right after that.

        Raises Invalid with `detail["most"]` and "unit" where a folder holds more than that.
        """

    def make_folder(self, path: str, asker: Asker) -> None:
        """Makes a folder, unless there is one."""

    def copy(self, path: str, to: str, asker: Asker, *, recursive: bool = False) -> None:
        """Copies a file over what is at `to`, or a folder to where nothing is."""

    def move(self, path: str, to: str, asker: Asker) -> None:
        """Moves a file over what is at `to`, or a folder to where nothing is."""

    def remove(self, path: str, asker: Asker, *, recursive: bool = False) -> None:
        """Deletes a file, an empty folder, or with `recursive` any."""

    def clear(self, path: str, asker: Asker) -> None:
        """Deletes all that is in a folder."""

    def pack(self, paths: Sequence[str], kind: str, into: str, asker: Asker) -> None:
        """Makes an archive ("zip", "tar", "tar.gz") of files and folders, or packs one file ("gz")."""

    def unpack(self, path: str, into: str, asker: Asker) -> int:
        """Unpacks what `pack` makes into a folder, over files that are there; how many files these were."""

    def new_token(self) -> str:
        """A new token for `share`."""

    def share(self, path: str, token: str, now: float, seconds: float | None, *, multi: bool = False) -> str:
        """A URL that gives the file to whoever has it, once or with `multi` often; for some seconds or for good.

        With a token that is shared already that stays as it is, and the URL is the same.
        """

    def shared(self, path: str, now: float) -> int:
        """How many shares of a file can still be used."""

    def unshare(self, path: str, now: float) -> int:
        """Ends all shares of a file; how many could still have been used."""
