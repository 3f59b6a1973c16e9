"""Verbs on files below `/root/`.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Number, Text

family = Family(
    "files",
    "Files",
    failure=Code.FS_WRITE_ERROR,
    exec_class="Io",
    options={"effect": "store", "touches": "file", "needs": "a file store"},
)

Recursive = Literal["recursive"]


@family.verb("WRITE", names="INTO", acts=True)
def write(value: Any, *, into: Text, as_: Literal["append", "png", "jpg", "webp"] | None = None) -> Value:
    """Writes a value to a file, or adds it at the end; an image is written in the format that AS names."""


@family.verb("READ", failure=Code.FS_READ_ERROR, effect="read")
def read(path: Text, *, as_: Literal["binary"] | None = None) -> Value:
    """Reads a file as text, or as binary."""


@family.verb("LIST", failure=Code.FS_READ_ERROR, effect="read")
def list_(path: Text, *, as_: Recursive | None = None) -> Value:
    """Lists what is in a folder, and with "recursive" in all folders inside it."""


@family.verb("STAT", failure=Code.FS_READ_ERROR, effect="read")
def stat(path: Text) -> Value:
    """Tells the name, size and time of change of a file, and whether it is a folder."""


@family.verb("EXISTS", failure=Code.FS_READ_ERROR, effect="read")
def exists(path: Text) -> Value:
    """Tells whether there is a file or folder."""


@family.verb("MKDIR", acts=True)
def mkdir(path: Text) -> Value:
    """Makes a folder, and those it stands in."""


@family.verb("COPY", names="TO", acts=True)
def copy(path: Text, *, to: Text, as_: Recursive | None = None) -> Value:
    """Copies a file, or with "recursive" a folder with all that is in it."""


@family.verb("MOVE", names="TO", acts=True)
def move(path: Text, *, to: Text) -> Value:
    """Moves a file or folder to another place or name."""


@family.verb("REMOVE", acts=True)
def remove(path: Text, *, as_: Recursive | None = None) -> Value:
    """Removes a file, or with "recursive" a folder with all that is in it."""


@family.verb("CLEAR", acts=True)
def clear(path: Text) -> Value:
    """Removes everything in a folder and keeps the folder."""


@family.verb("SEARCH", failure=Code.FS_READ_ERROR, effect="read")
def search(path: Text, *, where: Text, as_: Recursive | None = None) -> Value:
    """Gives the files in a folder whose names fit a pattern such as "*.csv"."""


@family.verb("FILE SELECT", failure=Code.FS_READ_ERROR, effect="read")
def file_select(*paths: Text) -> Value:
    """Gathers files and folders for COMPRESS."""


@family.verb("COMPRESS", failure=Code.COMPRESS_FAILED, names="INTO")
def compress(selection: Any, *, as_: Literal["zip", "tar", "tar.gz", "gz"], into: Text) -> Value:
    """Packs what FILE SELECT gathered, or one path, into an archive."""


@family.verb("DECOMPRESS", failure=Code.COMPRESS_FAILED, names="INTO")
def decompress(path: Text, *, into: Text) -> Value:
    """Unpacks an archive into a folder."""


@family.verb("SHARE")
def share(path: Text, *, on: Number | None = None, as_: Literal["multi"] | None = None) -> Value:
    """Gives a URL under which a file can be downloaded once, or with "multi" any number of times."""


@family.verb("UNSHARE")
def unshare(path: Text) -> Value:
    """Ends every share of a file, and tells how many there were."""
