"""What a request wants of a file: all of it, a part, or nothing, since it has it already (RFC 9110)."""

import hashlib
import os
import re

from server.problems import Problem
from server.request import Request

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def tag_of(found: os.stat_result) -> str:
    """What differs whenever the content may: a file that is written anew is another file."""
    state = f"{found.st_ino}:{found.st_mtime_ns}:{found.st_size}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'


def is_known(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag."""
    if header is None:
        return False
    return header.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))


def part_wanted(req: Request, tag: str, size: int) -> tuple[int, int]:
    """Which bytes are asked for, as start and size: one range, else all of them. Raises Problem (416)."""
    match = _RANGE.fullmatch((req.get_header("Range") or "").strip())
    condition = req.get_header("If-Range")
    if match is None or req.method == "HEAD" or (condition is not None and condition.strip() != tag):
        return 0, size
    first, last = match.groups()
    if (not first and not last) or (first and last and int(last) < int(first)):
        return 0, size
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise Problem(416, f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"})
    return start, end - start
