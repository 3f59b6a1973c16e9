"""Compiles the modules that programs bring.

A compilation cannot be interrupted, and text that is made for it takes minutes and gigabytes: a module of 200 kB with
40,000 loops inside each other takes 48 s. So all but small ones are compiled by a process of its own, which is ended
with the run, and has an end to its memory. What was compiled is kept, as long as others do not need the room.
"""

import os
import subprocess
import sys
import threading
from collections import OrderedDict
from hashlib import sha256

from wasmtime import Module, WasmtimeError

from oql.errors import Code, OqlError, expected, failed
from oql.sandbox import engines
from oql.sandbox.results import reason
from oql.verbs.run import Run

MOST_BYTES = 4 * 2**20
"""How large a module may be."""

SMALL_BYTES = 8 * 1024
"""Modules up to here compile in less than 0.1 s, whatever is in them; the run does it itself."""

_KEPT_BYTES = 16 * 2**20
_LOOK_S = 0.05
_one_at_a_time = threading.Semaphore(1)


_Key = tuple[int, bytes]


class _Kept:
    """Compiled modules by process and digest of their text; those that were used least lately make room."""

    def __init__(self) -> None:
        self._found: OrderedDict[_Key, tuple[Module, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: _Key) -> Module | None:
        with self._lock:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return self._found[key][0]

    def put(self, key: _Key, module: Module, size: int) -> None:
        with self._lock:
            self._size += size - self._found.pop(key, (module, 0))[1]
            self._found[key] = module, size
            while self._size > _KEPT_BYTES:
                _, (_, freed) = self._found.popitem(last=False)
                self._size -= freed


_kept = _Kept()


def compile_module(run: Run, text: bytes) -> Module:
    """The module of a binary, or of text. Raises SandboxFailed, Timeout."""
    if len(text) > MOST_BYTES:
        raise expected(Code.SANDBOX_FAILED, f"a module of at most {MOST_BYTES:,} bytes", f"{len(text):,}")
    key = os.getpid(), sha256(text).digest()
    module = _kept.get(key)
    if module is None:
        module = _compile_here(text) if len(text) <= SMALL_BYTES else _compile_there(run, text)
        _kept.put(key, module, len(text))
    return module


def _compile_here(text: bytes) -> Module:
    try:
        return Module(engines.engine(engines.FOREIGN), text)
    except WasmtimeError as error:
        raise _refused(str(error)) from None


def _compile_there(run: Run, text: bytes) -> Module:
    while not _one_at_a_time.acquire(timeout=_LOOK_S):
        run.look()
    try:
        answer = _ask(run, text)
    finally:
        _one_at_a_time.release()
    if answer[:1] == b"+":
        return Module.deserialize(engines.engine(engines.FOREIGN), answer[1:])
    if answer[:1] == b"-":
        raise _refused(answer[1:].decode("utf-8", "replace"))
    raise failed(Code.SANDBOX_FAILED, "compiling the module takes more memory or time than a module is worth")


def _ask(run: Run, text: bytes) -> bytes:
    """What the process answers; nothing where it was ended. What it takes counts as computing of the run."""
    command = [sys.executable, "-I", "-m", "oql.sandbox.compiler"]
    begun = run.context.monotonic_ns()
    with subprocess.Popen(  # noqa: S603 - our own program
        command,
        env={},
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        given: bytes | None = text
        try:
            while True:
                try:
                    return process.communicate(given, _LOOK_S)[0]
                except subprocess.TimeoutExpired:
                    given, now = None, run.context.monotonic_ns()
                    run.charge((now - begun) / 1e9)
                    begun = now
                    run.look()
        finally:
            process.kill()


def _refused(why: str) -> OqlError:
    return failed(Code.SANDBOX_FAILED, f"this is no module that can be run: {reason(why)}")
