"""One server on one data folder: a lock that dies with the last process that holds it."""

import os
import time
from pathlib import Path

from substrate.file_locks import locked

LEFTOVER_SECONDS = 5.0
"""How long to wait for the workers of a killed master; they notice within a second."""


class Refusal(Exception):
    """Why the server does not start, in one line. `exit_code`: 1, or 2 when it was asked wrongly."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def claim(data: Path) -> int:
    """Makes the folder where it is missing and takes its lock. Raises Refusal.

    The kernel lets go of the lock when the last process of the tree has ended, however it ended: children
    inherit it. The file says who holds it. The number returned is the open file.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(data / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refusal(f"cannot use the data folder {data}: {error.strerror}") from error
    give_up = time.monotonic() + LEFTOVER_SECONDS
    while not locked(handle):
        holder = os.pread(handle, 200, 0).decode(errors="replace")
        if _alive(holder) or time.monotonic() > give_up:
            os.close(handle)
            who = holder.strip() or "starting"
            raise Refusal(f"another server uses the data folder {data} ({who}); `--data` takes another folder")
        time.sleep(0.1)
    try:
        say(handle, "")
    except OSError as error:
        raise Refusal(f"cannot use the data folder {data}: {error.strerror}") from error
    return handle


def say(handle: int, address: str) -> None:
    """Writes into the lock file who holds it, and where it listens. Raises OSError."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"process {os.getpid()} {address}".strip().encode() + b"\n", 0)


def _alive(holder: str) -> bool:
    """Whether the process that the lock file names is there; an empty file belongs to one that starts."""
    words = holder.split()
    if len(words) < 2 or not words[1].isdigit():
        return True
    try:
        os.kill(int(words[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
