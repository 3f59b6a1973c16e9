"""What guests find where a machine would be: the clock of the run, a place to print to, and nothing else.

The functions of WASI preview 1. There is one folder, `/dev`, in which programs find `random` and `urandom`; no other,
no environment, no sockets: whatever asks for one is told that it is not there. What goes wrong here ends the guest.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oql.sandbox.cells import Cell

MODULE = "wasi_snapshot_preview1"

_OK, _NO_SUCH_HANDLE, _FAULT, _NO_SUCH_FILE, _NOT_SUPPORTED = 0, 8, 21, 44, 52
_CHARACTER_DEVICE, _FOLDER = 2, 3
_FOLDER_HANDLE, _RANDOM_HANDLE = 3, 4
_FOLDER_NAME, _RANDOM_NAMES = b"/dev", (b"random", b"urandom")
_MOST_RANDOM = 2**16
_REALTIME = 0
_STANDARD = (0, 1, 2)
_MOST_PIECES = 1_024

Answer = Callable[..., int | None]


def answer(name: str) -> Answer:
    """The function of WASI with this name: `function(cell, *arguments) -> errno`."""
    return _FUNCTIONS.get(name) or (_no_such_handle if name.startswith(("fd_", "path_")) else _not_supported)


def _no_such_handle(cell: "Cell", *_: int) -> int:
    return _NO_SUCH_HANDLE


def _not_supported(cell: "Cell", *_: int) -> int:
    return _NOT_SUPPORTED


def _nothing(cell: "Cell", *_: int) -> int:
    return _OK


def _clock_time_get(cell: "Cell", clock: int, _precision: int, at: int) -> int:
    moment = cell.realtime_ns() if clock == _REALTIME else cell.monotonic_ns()
    return cell.put(at, (moment & (2**64 - 1)).to_bytes(8, "little"))


def _clock_res_get(cell: "Cell", _clock: int, at: int) -> int:
    return cell.put(at, (1_000).to_bytes(8, "little"))


def _random_get(cell: "Cell", at: int, length: int) -> int:
    return cell.put(at, cell.chance(length)) if 0 <= length <= _MOST_RANDOM else _NOT_SUPPORTED


def _environ_sizes_get(cell: "Cell", count: int, size: int) -> int:
    return cell.put(count, bytes(4)) or cell.put(size, bytes(4))


def _args_sizes_get(cell: "Cell", count: int, size: int) -> int:
    lengths = [len(argument) + 1 for argument in cell.arguments]
    return cell.put(count, _word(len(lengths))) or cell.put(size, _word(sum(lengths)))


def _args_get(cell: "Cell", pointers: int, at: int) -> int:
    starts, begin = [], at
    for argument in cell.arguments:
        starts.append(_word(begin))
        begin += len(argument) + 1
    texts = b"".join(argument + b"\0" for argument in cell.arguments)
    return cell.put(pointers, b"".join(starts)) or cell.put(at, texts)


def _fd_fdstat_get(cell: "Cell", handle: int, at: int) -> int:
    if handle not in (*_STANDARD, _FOLDER_HANDLE, _RANDOM_HANDLE):
        return _NO_SUCH_HANDLE
    return cell.put(at, bytes([_FOLDER if handle == _FOLDER_HANDLE else _CHARACTER_DEVICE]) + bytes(23))


def _fd_prestat_get(cell: "Cell", handle: int, at: int) -> int:
    return cell.put(at, bytes(4) + _word(len(_FOLDER_NAME))) if handle == _FOLDER_HANDLE else _NO_SUCH_HANDLE


def _fd_prestat_dir_name(cell: "Cell", handle: int, at: int, length: int) -> int:
    fits = handle == _FOLDER_HANDLE and length >= len(_FOLDER_NAME)
    return cell.put(at, _FOLDER_NAME) if fits else _NO_SUCH_HANDLE


def _path_open(
    cell: "Cell", folder: int, _look: int, name: int, length: int, _how: int, _r: int, _i: int, _flags: int, at: int
) -> int:
    known = folder == _FOLDER_HANDLE and cell.get(name, length) in _RANDOM_NAMES
    return cell.put(at, _word(_RANDOM_HANDLE)) if known else _NO_SUCH_FILE


def _fd_close(cell: "Cell", handle: int) -> int:
    return _OK if handle in (*_STANDARD, _FOLDER_HANDLE, _RANDOM_HANDLE) else _NO_SUCH_HANDLE


def _fd_read(cell: "Cell", handle: int, pieces: int, count: int, at: int) -> int:
    if handle not in (0, _RANDOM_HANDLE) or not 0 <= count <= _MOST_PIECES:
        return _NO_SUCH_HANDLE
    if handle == 0:
        return cell.put(at, bytes(4))
    table, filled = cell.get(pieces, 8 * count), 0
    if table is None:
        return _FAULT
    for begin, length in _pairs(table):
        filled += length
        if filled > _MOST_RANDOM or cell.put(begin, cell.chance(length)):
            return _FAULT
    return cell.put(at, _word(filled))


def _fd_write(cell: "Cell", handle: int, pieces: int, count: int, at: int) -> int:
    if handle not in _STANDARD[1:]:
        return _NO_SUCH_HANDLE
    if not 0 <= count <= _MOST_PIECES:
        return _NOT_SUPPORTED
    table = cell.get(pieces, 8 * count)
    if table is None:
        return _FAULT
    written = 0
    for begin, length in _pairs(table):
        cell.print(begin, length)
        written += length
    return cell.put(at, _word(written))


def _pairs(table: bytes) -> Sequence[tuple[int, int]]:
    words = [int.from_bytes(table[i : i + 4], "little") for i in range(0, len(table), 4)]
    return list(zip(words[::2], words[1::2], strict=True))


def _proc_exit(cell: "Cell", code: int) -> None:
    cell.exit(code)


def _word(number: int) -> bytes:
    return (number & (2**32 - 1)).to_bytes(4, "little")


_FUNCTIONS: dict[str, Answer] = {
    "args_get": _args_get,
    "args_sizes_get": _args_sizes_get,
    "clock_res_get": _clock_res_get,
    "clock_time_get": _clock_time_get,
    "environ_get": _nothing,
    "environ_sizes_get": _environ_sizes_get,
    "fd_close": _fd_close,
    "fd_fdstat_get": _fd_fdstat_get,
    "fd_prestat_dir_name": _fd_prestat_dir_name,
    "fd_prestat_get": _fd_prestat_get,
    "fd_read": _fd_read,
    "fd_write": _fd_write,
    "path_open": _path_open,
    "proc_exit": _proc_exit,
    "random_get": _random_get,
    "sched_yield": _nothing,
}
