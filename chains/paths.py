"""Paths as chains write them: below /root/, `/tmp/x` for `/root/tmp/x`, or relative to a folder."""

import posixpath
import re
from collections.abc import Iterable

from oql.errors import Code, OqlError, failed
from substrate.errors import StoreError
from substrate.interface import Files

ROOT = "/root"
_FILE = re.compile(r"(?<![\w/.:-])/(?:[\w.-]{1,200}/){0,50}[\w.-]{1,200}\.(?i:pdf|png|jpg|csv)\b")
_MOST_FILES = 100


def below_root(path: str, base: str = ROOT) -> str:
    """The whole path of a file, which need not exist. Raises OqlError (FsReadError) where it leads out of /root/."""
    text = path.strip()
    if text.startswith("/tmp/") or text == "/tmp":  # noqa: S108 - a folder of the namespace
        text = ROOT + text
    whole = posixpath.normpath(text if text.startswith("/") else posixpath.join(below_root(base or ROOT), text))
    if whole != ROOT and not whole.startswith(f"{ROOT}/"):
        raise failed(Code.FS_READ_ERROR, f"`{path[:200]}` leads out of {ROOT}/")
    return whole


def files_in(outputs: Iterable[str]) -> list[str]:
    """The absolute paths of documents and pictures that texts name, each once."""
    return list(dict.fromkeys(path for output in outputs for path in _FILE.findall(output)))[:_MOST_FILES]


def size_of(files: Files | None, path: str) -> int | None:
    """The bytes of a file; None where there is none."""
    try:
        found = files.stat(below_root(path)) if files else None
    except (OqlError, StoreError, OSError):
        return None
    return found.size if found and not found.is_folder else None
