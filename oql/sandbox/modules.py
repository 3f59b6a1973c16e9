"""WebAssembly modules that programs bring themselves.

A module is run by its export `run`, else `main`, else `_start`, which takes no parameters. What it gives is, the first
that there is: the JSON that it handed to `oql.result`; the numbers that the export returns; what it printed, as a text.

It may import, besides WASI preview 1, from the module `oql`:

    get(name, length) -> bytes    finds a granted value by its name: how many bytes its JSON has, -1 where there is none
    read(at)                      copies the JSON that `get` has found last to an address
    result(at, length)            the JSON of the value that the module gives

Addresses are those of its exported memory `memory`.
"""

import base64
import binascii
import math
from typing import Any

from wasmtime import Func

from oql.errors import Code, expected, failed
from oql.sandbox import engines
from oql.sandbox.cells import Cell
from oql.sandbox.compiling import compile_module
from oql.sandbox.linking import Extras, link
from oql.sandbox.results import Exited, exited, result_of
from oql.values import Value, to_json, whole
from oql.verbs.declare import describe
from oql.verbs.run import Run

_ENTRANCES = ("run", "main", "_start")
_TEXT_BEGINS = (b"(", b";;")
_BINARY_BEGINS = b"\0asm"
_NOTHING_GRANTED = -1


class _Exchange:
    """What one module reads of the host and gives it."""

    def __init__(self, grants: dict[str, Value]) -> None:
        self.grants = grants
        self.found = b""
        self.result: bytes | None = None


def run_module(run: Run, code: Value, grants: dict[str, Value]) -> Value:
    """What the module gives. Raises SandboxFailed, LimitExceeded, Timeout."""
    module = compile_module(run, module_of(code))
    program = link(engines.engine(engines.FOREIGN), module, _FUNCTIONS)
    exchange = _Exchange(grants)
    with Cell(run, program) as cell:
        cell.session = exchange
        returned = _enter(cell)
        if exchange.result is not None:
            return result_of(run, exchange.result)
        return returned if returned is not None else printed_text(cell)


def module_of(code: Value) -> bytes:
    """The bytes of a module, in binary or text, that a value of the language stands for."""
    if isinstance(code, bytes):
        return code
    if not isinstance(code, str):
        raise expected(Code.SANDBOX_FAILED, "a module, as binary, base64 or text", describe(code))
    text = code.strip().encode("utf-8", "replace")
    if text.startswith(_TEXT_BEGINS):
        return text
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        hint = "its text begins with `(module`"
        raise expected(Code.SANDBOX_FAILED, "a module, as binary, base64 or text", "another text", hint=hint) from None


def _enter(cell: Cell) -> Value:
    """Runs the module, and gives what its entrance returns; None where that is nothing."""
    name = next((name for name in _ENTRANCES if isinstance(cell.export(name), Func)), None)
    if name is None:
        hint = "a module is run by its export `run`, `main` or `_start`"
        raise failed(Code.SANDBOX_FAILED, "the module exports nothing that can be run", hint)
    if cell.parameters(name):
        raise failed(Code.SANDBOX_FAILED, f"`{name}` takes parameters, which nobody gives it", _GIVEN)
    try:
        if isinstance(cell.export("_initialize"), Func):
            cell.call("_initialize")
        return _value(cell.call(name))
    except Exited as ended:
        if ended.code:
            raise exited(ended, cell.printed) from None
        return None


_GIVEN = "GRANT a value to it, which it reads by `oql.get`"


def _value(returned: Any) -> Value:
    if isinstance(returned, list):
        return [_value(each) for each in returned]
    if isinstance(returned, float) and not math.isfinite(returned):
        raise failed(Code.SANDBOX_FAILED, f"{returned} has no JSON form")
    if returned is None or isinstance(returned, (int, float)):
        return whole(returned) if isinstance(returned, float) else returned
    raise failed(Code.SANDBOX_FAILED, "the guest returned what is no number")


def printed_text(cell: Cell) -> Value:
    """What the guest printed, as a text; null where it was nothing."""
    return bytes(cell.printed).decode("utf-8", "replace") or None


# what a module may call


def _get(cell: Cell, name: int, length: int) -> int:
    exchange = _exchange(cell)
    text = cell.get(name, length)
    if text is None:
        raise failed(Code.SANDBOX_FAILED, "the guest broke down: it reached outside its memory")
    alias = text.decode("utf-8", "replace")
    if alias not in exchange.grants:
        return _NOTHING_GRANTED
    exchange.found = to_json(exchange.grants[alias])
    return len(exchange.found)


def _read(cell: Cell, at: int) -> None:
    if cell.put(at, _exchange(cell).found):
        raise failed(Code.SANDBOX_FAILED, "the guest broke down: it reached outside its memory")


def _result(cell: Cell, at: int, length: int) -> None:
    cell.run.claim(max(0, length))
    _exchange(cell).result = cell.get(at, length)
    if _exchange(cell).result is None:
        raise failed(Code.SANDBOX_FAILED, "the guest broke down: it reached outside its memory")


def _exchange(cell: Cell) -> _Exchange:
    assert isinstance(cell.session, _Exchange)
    return cell.session


_FUNCTIONS: Extras = {("oql", "get"): _get, ("oql", "read"): _read, ("oql", "result"): _result}
