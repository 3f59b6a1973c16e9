"""JavaScript: QuickJS-NG, which was built for WASI, inside a cell.

Only the language: its modules for files and processes are never loaded, and what they would call is not there
(`wasi.py`). Each guest has an engine of its own. Its functions are called through their C interface, where a value of
JavaScript is a number of 64 bits with its kind in the upper half.
"""

import importlib.resources
import os
import re
from contextlib import suppress
from functools import cache
from typing import NoReturn

from oql import json
from oql.errors import Code, failed
from oql.sandbox import compiled, engines
from oql.sandbox.cells import Cell
from oql.sandbox.linking import Program, link
from oql.sandbox.results import granted_json, printed_hint, result_of, too_much
from oql.sandbox.script import Script
from oql.sandbox.setup_js import SETUP
from oql.sandbox.stack import move_stack_into_heap, with_stack_exported
from oql.sandbox.waiting import ready
from oql.values import Value
from oql.verbs.run import Run

_EXCEPTION, _UNDEFINED = 6, 3 << 32
_COMPILE_ONLY = 1 << 5
_FULFILLED, _REJECTED = 1, 2
_FILE, _SETUP_FILE = b"guest.js\0", b"setup.js\0"
_LINE = re.compile(r"guest\.js:(\d+)")
_STACK_BYTES = 2**20


def _read() -> bytes:
    file = importlib.resources.files("qjs-wasi-reactor").joinpath("qjs-wasi-reactor.wasm")
    return with_stack_exported(file.read_bytes())


def _loading(pid: int) -> compiled.Loading:
    return compiled.loading(pid, "quickjs", _read, engines.engine(engines.TRUSTED))


@cache
def _program(pid: int) -> Program:
    return link(engines.engine(engines.TRUSTED), _loading(pid).result(), {})


def run_javascript(run: Run, script: Script, grants: dict[str, Value]) -> None:
    """Runs the pieces of a script in one guest. Raises SandboxFailed, LimitExceeded, Timeout."""
    ready(run, _loading(os.getpid()))
    with Cell(run, _program(os.getpid())) as cell:
        guest = _Guest(run, cell, grants)
        for code, wanted in script.pieces():
            script.values.append(guest.enter(code, wanted=wanted))


class _Guest:
    """One engine, in which `oql_get` finds the values that are granted."""

    def __init__(self, run: Run, cell: Cell, grants: dict[str, Value]) -> None:
        self._run = run
        self._cell = cell
        self._start(granted_json(run, grants))

    def _start(self, grants: bytes) -> None:
        call = self._cell.call
        call("_initialize")
        move_stack_into_heap(self._cell, _STACK_BYTES)
        self._runtime = call("JS_NewRuntime")
        self._cell.seeding = True
        self._context = call("JS_NewContext", self._runtime)
        self._cell.seeding = False
        self._name, self._word = self._memory(_SETUP_FILE), self._memory(bytes(4))
        tools = self._apply(self._evaluate(SETUP.encode()), self._text(grants))
        self._pack, self._tell, self._printed = (self._property(tools, name) for name in ("pack", "tell", "printed"))
        self._name = self._memory(_FILE)

    def enter(self, code: str, *, wanted: bool) -> Value:
        """Runs code, and gives the value of its last statement, or what it returns; null where that is not wanted.

        Its variables stay for the next code. Raises SandboxFailed, LimitExceeded, Timeout.
        """
        value = self._settled(self._run_code(code.encode("utf-8", "surrogatepass")))
        if not wanted:
            return None
        packed = self._apply(self._pack, value)
        if _is_exception(packed):
            self._fail(self._caught())
        text = self._read_text(packed)
        if text is None:
            raise too_much(self._run)
        return result_of(self._run, text)

    # running

    def _run_code(self, code: bytes) -> int:
        ready_made = self._evaluate(code, _COMPILE_ONLY)
        if _is_exception(ready_made):
            mistake = self._caught()
            ready_made = self._in_function(code)
            if _is_exception(ready_made):
                self._fail(mistake)
        value: int = self._cell.call("JS_EvalFunction", self._context, ready_made)
        if _is_exception(value):
            self._fail(self._caught())
        return value

    def _in_function(self, code: bytes) -> int:
        """Code that makes no sense as a script, since it awaits or returns; an exception where it does not here."""
        ready_made = 0
        for form in (b"(async () => (%b\n))()", b"(async () => {%b\n})()"):
            ready_made = self._evaluate(form % code, _COMPILE_ONLY)
            if not _is_exception(ready_made):
                break
            self._caught()
        return ready_made

    def _settled(self, value: int) -> int:
        """The value itself, or that of a promise; everything that was put off is done first."""
        while self._cell.call("JS_ExecutePendingJob", self._runtime, self._word) > 0:
            pass
        state = self._cell.call("JS_PromiseState", self._context, value)
        if state < 0:
            return value
        if state not in (_FULFILLED, _REJECTED):
            raise failed(Code.SANDBOX_FAILED, "the guest waits for a promise that nothing can fulfil any more")
        settled: int = self._cell.call("JS_PromiseResult", self._context, value)
        if state == _REJECTED:
            self._fail(settled)
        return settled

    def _fail(self, error: int) -> NoReturn:
        """Raises what JavaScript threw."""
        name, message, stack = _told(self._read_text(self._apply(self._tell, error)))
        if name == "InternalError" and message == "out of memory":
            raise too_much(self._run)
        line = _LINE.search(stack)
        place = f" in line {line[1]} of the guest" if line else ""
        hint = printed_hint(self._read_text(self._apply(self._printed)) or b"")
        raise failed(Code.SANDBOX_FAILED, f"{name}: {message}{place}" if name else f"{message}{place}", hint)

    # the C interface

    def _evaluate(self, code: bytes, flags: int = 0) -> int:
        begin = self._memory(code + b"\0")
        value: int = self._cell.call("JS_Eval", self._context, begin, len(code), self._name, flags)
        self._cell.call("free", begin)
        return value

    def _apply(self, function: int, *arguments: int) -> int:
        packed = b"".join((argument & (2**64 - 1)).to_bytes(8, "little") for argument in arguments)
        begin = self._memory(packed + bytes(8))
        value: int = self._cell.call("JS_Call", self._context, function, _UNDEFINED, len(arguments), begin)
        self._cell.call("free", begin)
        return value

    def _caught(self) -> int:
        error: int = self._cell.call("JS_GetException", self._context)
        return error

    def _property(self, value: int, name: str) -> int:
        begin = self._memory(name.encode() + b"\0")
        found: int = self._cell.call("JS_GetPropertyStr", self._context, value, begin)
        return found

    def _text(self, text: bytes) -> int:
        begin = self._memory(text)
        value: int = self._cell.call("JS_NewStringLen", self._context, begin, len(text))
        self._cell.call("free", begin)
        return value

    def _read_text(self, value: int) -> bytes | None:
        """The UTF-8 of a text of JavaScript; None for what is none, or does not fit into memory."""
        begin = self._cell.call("JS_ToCStringLen2", self._context, self._word, value, 0)
        length = int.from_bytes(self._cell.get(self._word, 4) or b"", "little")
        if not begin:
            return None
        self._run.claim(length)
        text = self._cell.get(begin, length)
        self._cell.call("JS_FreeCString", self._context, begin)
        return text

    def _memory(self, data: bytes) -> int:
        """The address of a copy of the bytes inside the cell."""
        begin: int = self._cell.call("malloc", max(1, len(data)))
        if not begin or self._cell.put(begin, data):
            raise too_much(self._run)
        return begin


def _told(text: bytes | None) -> list[str]:
    """Name, message and stack of what was thrown, as the guest tells it; which may tell anything."""
    with suppress(json.JsonError, UnicodeDecodeError):
        found = json.loads(text or b"null")
        if isinstance(found, list) and len(found) == 3 and all(isinstance(part, str) for part in found):
            return found
    return ["", "the guest failed, and could not say why", ""]


def _is_exception(value: int) -> bool:
    return value >> 32 == _EXCEPTION
