"""Gives a program that clang built a larger stack than the 64 kB it was linked with.

Such a program keeps its stack in its own memory, and the address in its first global, which it does not export. A line
more in its table of exports lets us move the stack to where there is room.
"""

from wasmtime import Global

from oql.sandbox.cells import Cell

_EXPORTED = "oql_stack"
_EXPORTS, _GLOBAL = 7, 3
_HEADER = 8
_ALIGNED = 16


def with_stack_exported(module: bytes) -> bytes:
    """The module, with its first global exported. Raises ValueError where it exports nothing at all."""
    at = _HEADER
    while at < len(module):
        kind, (size, begin) = module[at], _number(module, at + 1)
        if kind == _EXPORTS:
            count, first = _number(module, begin)
            name = _EXPORTED.encode()
            added = bytes([len(name)]) + name + bytes([_GLOBAL, 0])
            table = _written(count + 1) + module[first : begin + size] + added
            return module[: at + 1] + _written(len(table)) + table + module[begin + size :]
        at = begin + size
    raise ValueError("the module exports nothing")


def move_stack_into_heap(cell: Cell, size: int) -> None:
    """Has the cell's program use so many bytes of its heap as its stack from now on."""
    _move(cell, cell.call("malloc", size) + size)


def move_stack_up(cell: Cell, size: int) -> None:
    """Has the cell's program use so many bytes beyond its memory as its stack, before anything of it has run."""
    _move(cell, cell.grow(size) + size)


def _move(cell: Cell, top: int) -> None:
    stack = cell.export(_EXPORTED)
    assert isinstance(stack, Global)
    cell.set_global(stack, top // _ALIGNED * _ALIGNED)


def _number(module: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = module[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _written(number: int) -> bytes:
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
