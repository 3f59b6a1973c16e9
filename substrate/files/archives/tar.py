"""Reads tar: POSIX (ustar and pax) and GNU. Only what an archive of files and folders needs, and that exactly.

The library's own reader believes too much of a header: it reads as much as one says, and takes hours for some.

    a member is    a header of 512 bytes, then its content, filled up to whole blocks
    before it      there may be members that only tell about it: `x` (pax: its path, its size), `L` (GNU: its path)
    at the end     stand blocks of zeros
"""

from collections.abc import Iterator
from dataclasses import dataclass

from substrate.errors import Invalid, shown
from substrate.files.archives.sources import Source

BLOCK = 512
MARK = b"ustar"
LONGEST_HEADER = 64 * 1024
"""How much may be told about one member,"""
MOST_IN_A_ROW = 10
"""and in how many pieces."""

_FILES = frozenset(b"0\0" + b"7")
_FOLDER, _PAX, _PAX_FOR_ALL, _LONG_NAME = b"5xgL"
_ZEROS = bytes(BLOCK)


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder of an archive. `size` bytes of content come next in the source."""

    name: str
    size: int
    is_folder: bool


def is_tar(start: bytes) -> bool:
    """Whether the first block of something is one of tar."""
    return len(start) >= BLOCK and start[257:262] == MARK


def members(source: Source) -> Iterator[Member]:
    """The members of an archive. The content of each is to be read, or left, before the next one is asked for.

    Raises Invalid for links, devices, and whatever is damaged.
    """
    told: dict[str, str] = {}
    in_a_row = 0
    while (header := _block(source)) != _ZEROS:
        _check_sum(header)
        kind, size = header[156], _number(header[124:136])
        if kind in (_PAX, _PAX_FOR_ALL, _LONG_NAME):
            in_a_row += 1
            if in_a_row > MOST_IN_A_ROW:
                raise Invalid("the archive tells too much about one file")
            about = _about(source, size)
            if kind != _PAX_FOR_ALL:
                told |= _records(about) if kind == _PAX else {"path": _text(about)}
            continue
        if kind not in _FILES and kind != _FOLDER:
            raise Invalid(f"the archive has a link or device: {shown(told.get('path') or _name(header))}")
        member = _member(header, size, told)
        told, in_a_row = {}, 0
        following = source.tell() + -(-member.size // BLOCK) * BLOCK
        yield member
        source.seek(following)


def content(source: Source, member: Member, most: int) -> Iterator[bytes]:
    """The content of a member, at most so many bytes at a time."""
    left = member.size
    while left:
        chunk = source.read(min(left, most))
        if not chunk:
            raise _damaged()
        left -= len(chunk)
        yield chunk


def _member(header: bytes, size: int, told: dict[str, str]) -> Member:
    if any(key.startswith("GNU.sparse") for key in told):
        raise Invalid("the archive has a sparse file, which is not supported")
    name = told.get("path") or _name(header)
    if "size" in told:
        size = _decimal(told["size"])
    is_folder = header[156] == _FOLDER or name.endswith("/")
    return Member(name, 0 if is_folder else size, is_folder)


def _name(header: bytes) -> str:
    prefix = header[345:500] if header[257:263] == b"ustar\0" else b""
    return "/".join(filter(None, (_text(prefix), _text(header[:100]))))


def _block(source: Source) -> bytes:
    """The next block; the end of the source is as good as zeros."""
    block = source.read(BLOCK)
    if not block:
        return _ZEROS
    if len(block) < BLOCK:
        raise _damaged()
    return block


def _about(source: Source, size: int) -> bytes:
    if size > LONGEST_HEADER:
        raise Invalid("the archive has a header that is too long")
    blocks = -(-size // BLOCK) * BLOCK
    data = b""
    while len(data) < blocks:
        data += (block := _block(source))
        if block is _ZEROS:
            raise _damaged()
    return data[:size]


def _records(data: bytes) -> dict[str, str]:
    """The records of a pax header: each is `<its length> <key>=<value>` and a line end."""
    told: dict[str, str] = {}
    while data:
        length, blank, _ = data[:8].partition(b" ")
        if not blank or not length.isdigit() or not 5 <= (end := int(length)) <= len(data):
            raise _damaged()
        key, equals, value = data[len(length) + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise _damaged()
        if key in (b"path", b"size") or key.startswith(b"GNU.sparse"):
            told[_text(key)] = _text(value)
        data = data[end:]
    return told


def _check_sum(header: bytes) -> None:
    if _number(header[148:156]) != sum(header[:148]) + sum(header[156:]) + 8 * ord(" "):
        raise _damaged()


def _number(field: bytes) -> int:
    """A number in octal digits, or where it is too long for that, in binary behind a bit."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\0")[0].strip()
    if not digits.isdigit() and digits:
        raise _damaged()
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise _damaged()
    return int(text)


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode()


def _damaged() -> Invalid:
    return Invalid("the archive is damaged")
