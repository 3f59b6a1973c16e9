"""What the processes of one data folder may do now: write, or not, and under which epoch.

The file `replication.state` says it. One process writes it, all others look at it with every commit, which costs a
microsecond. Without the file, or where it says "alone", everybody may write. Times are seconds of a clock that goes on
while the machine sleeps and begins anew with it, so the file says of which start of the machine it speaks.
"""

import os
import time
import weakref
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from substrate import json
from substrate.errors import Fenced, Unavailable

FILE = "replication.state"
_SIZE = 1_024
_TRIES, _PAUSE_S = 50, 0.001
"""How often the file is read anew while it is being written, which takes microseconds."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")

Role: TypeAlias = Literal["alone", "leader", "follower"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server is. `until`: to which moment a leader holds the lease under `epoch`.

    `leader`: whom those who want to write should ask: of a follower an address, else the name of a node.
    """

    role: Role = "alone"
    epoch: int = 0
    until: float = 0.0
    leader: str = ""
    boot: str = ""


_ALONE = Standing()


def moment() -> float:
    """Seconds of the clock of `Standing.until`."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Standings:
    """The file of one data folder. Safe to share between threads, and to carry over a fork."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / FILE)
        self._file: int | None = None
        self._seen: tuple[bytes, Standing] = (b"", _ALONE)

    def now(self) -> Standing:
        """What the server is at this moment. Raises Unavailable: the file is damaged."""
        if self._file is None:
            if not os.access(self._path, os.F_OK):  # a tenth of what an exception costs
                return _ALONE
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._file)
        for _ in range(_TRIES):
            raw = os.pread(self._file, _SIZE, 0)
            seen, standing = self._seen
            if raw == seen:
                return standing
            found = _read(raw)
            if found is not None:
                self._seen = (raw, found)
                return found
            time.sleep(_PAUSE_S)
        raise Unavailable(f"{self._path} is damaged: restart the server, which writes it anew")

    def say(self, standing: Standing) -> None:
        """Tells all processes of the folder."""
        body = json.dumps({**asdict(standing), "boot": _boot()})
        raw = b"%08x %b" % (zlib.crc32(body), body)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(handle, raw.ljust(_SIZE), 0)
            if standing.role != "leader":  # a lease does not outlive the start of the machine
                os.fsync(handle)
        finally:
            os.close(handle)

    def allowed(self) -> int | None:
        """The epoch under which this server may write now; None where no lease binds it. Raises Fenced, Unavailable."""
        standing = self.now()
        if standing.role == "alone":
            return None
        if standing.role == "follower":
            raise Fenced("this server follows another one, which takes the writes", leader=standing.leader)
        if moment() >= standing.until or standing.boot != _boot():
            raise Fenced("this server does not hold the lease to write", leader=standing.leader or None)
        return standing.epoch


def _read(raw: bytes) -> Standing | None:
    """What the file says; None where it was being written."""
    crc, _, body = raw.rstrip().partition(b" ")
    if not body or b"%08x" % zlib.crc32(body) != crc:
        return None if body else _ALONE
    return Standing(**json.loads(body))


def _boot() -> str:
    global _known
    if not _known:
        _known = _BOOT.read_text().strip() if _BOOT.exists() else "one"
    return _known


_known = ""
