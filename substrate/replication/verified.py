"""Frames as they come from elsewhere: read, with their checksum looked at."""

import zlib
from dataclasses import dataclass
from typing import Any

from substrate import json
from substrate.errors import Conflict
from substrate.interface import Lsn
from substrate.log import Op

_END = b',"crc":"'
_TAIL = len(_END) + 8 + 2


@dataclass(frozen=True, slots=True)
class Verified:
    """A frame whose checksum fits. `raw`: its bytes."""

    lsn: Lsn
    epoch: int
    tenant: str
    at_secs: int
    ops: list[Op]
    raw: bytes


def damaged(why: str, **detail: object) -> Conflict:
    """The refusal of frames that cannot be what a leader or a backup has written."""
    return Conflict(f"the frames are damaged: {why}", damaged=True, **detail)


def crc_of(frame: bytes) -> str:
    """The checksum that stands at the end of a frame."""
    return frame[-10:-2].decode("ascii", "replace")


def verified(raw: bytes) -> Verified:
    """The frame of these bytes. Raises Conflict where they are not what was written."""
    body = raw[:-_TAIL]
    if raw[-_TAIL : -_TAIL + len(_END)] != _END or crc_of(raw) != f"{zlib.crc32(body):08x}" or raw[-2:] != b'"}':
        raise damaged("a checksum does not fit")
    try:
        told: dict[str, Any] = json.loads(raw)
        lsn = Lsn(told["lsn"]["segment"], told["lsn"]["offset"])
        return Verified(lsn, told["epoch"], told["tenant"], told["at_secs"], told["ops"], raw)
    except (KeyError, TypeError, ValueError):
        raise damaged("a frame lacks what every frame has") from None
