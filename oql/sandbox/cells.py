"""A cell: one instance of a module, for one step of one run, on the thread of that step.

    with Cell(run, program) as cell:
        cell.call("add", 1, 2)

While its code runs, the interpreter's lock is free and other threads go on. Every tick (`engines.TICK_S`) the code
stops for a moment to ask whether it may go on: the run then charges what was computed and what memory has grown, and
looks whether it was cancelled. Functions of the host that the code calls never raise through it: they note what went
wrong, and the next such question ends the code (`stop`). So no exception of one thread can be seen by another.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Self, TypeVar

from wasmtime import Global, Instance, Memory, Store, Trap, TrapCode, WasmtimeError

from oql.errors import Code, OqlError, failed
from oql.sandbox import bindings, engines
from oql.sandbox.linking import Program
from oql.sandbox.results import Exited, reason, too_much
from oql.verbs.run import Run

T = TypeVar("T")

PRINTED_KEPT = 4_096
"""How many bytes of what a guest printed last are kept."""

PAGE = 64 * 1024
"""The memory of WebAssembly comes in pages of so many bytes."""

_OK, _FAULT = 0, 21
_ADDRESS = 2**32 - 1
_HIDDEN_MEMORY = 2**20
_MOST_TABLE_ELEMENTS = 20_000

_here = threading.local()


class Cell:
    """See above. `arguments`: what the guest finds as those of its command.

    `printed`: what it printed last. `session`: what the functions need that its language adds. `seeding`: its clock
    gives numbers by chance, by which an interpreter seeds itself.
    """

    def __init__(self, run: Run, program: Program, arguments: Sequence[bytes] = ()) -> None:
        self.run = run
        self.arguments = arguments
        self.printed = bytearray()
        self.seeding = False
        self.session: object = None
        self._held = 0
        self._ending: BaseException | None = None
        self._functions: dict[str, Any] = {}
        self._memory: Memory | None = None
        self._stack = ExitStack()
        self._stack.enter_context(engines.ticking(program.engine))
        self._store = self._stack.enter_context(Store(program.engine))
        self._stack.callback(self._vacate)
        limit = run.context.limits.memory_bytes if program.shows_memory else _HIDDEN_MEMORY
        self._store.set_limits(limit, table_elements=_MOST_TABLE_ELEMENTS, instances=1, tables=4, memories=1)
        bindings.interrupt_by(self._store, _INTERRUPTION)
        try:
            self._instance: Instance = self._guarded(lambda: program.linked.instantiate(self._store))
            memory = self.export("memory")
            self._memory = memory if isinstance(memory, Memory) else None
            self.account(self._store)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the instance, and frees its memory."""
        self._stack.close()

    # from outside: the host uses the instance

    def export(self, name: str) -> Any:
        """What the module exports under a name: a Func, Memory, Table or Global of wasmtime; None where nothing."""
        if name not in self._functions:
            self._functions[name] = bindings.export(self._store, self._instance, name)
        return self._functions[name]

    def call(self, name: str, *arguments: int) -> Any:
        """What an exported function gives. Raises OqlError for whatever ends it, Exited when it ended itself."""
        function = self.export(name)
        return self._guarded(lambda: function(self._store, *arguments))

    def parameters(self, name: str) -> int:
        """How many parameters an exported function takes."""
        return len(self.export(name).type(self._store).params)

    def get(self, at: int, length: int) -> bytes | None:
        """Bytes of the memory; None where it does not reach so far."""
        at, memory = at & _ADDRESS, self._memory
        if memory is None or length < 0 or at + length > memory.data_len(self._store):
            return None
        return bytes(memory.read(self._store, at, at + length))

    def put(self, at: int, data: bytes) -> int:
        """Writes bytes to the memory; 0, or WASI's number for an address outside it."""
        at, memory = at & _ADDRESS, self._memory
        if memory is None or at + len(data) > memory.data_len(self._store):
            return _FAULT
        if data:
            memory.write(self._store, data, at)
        return _OK

    def grow(self, size: int) -> int:
        """Makes the memory so many bytes larger, whole pages; where they begin. Raises LimitExceeded."""
        assert self._memory is not None
        try:
            begin = self._memory.grow(self._store, -(-size // PAGE)) * PAGE
        except WasmtimeError:
            raise too_much(self.run) from None
        self.account(self._store)
        return begin

    def set_global(self, variable: Global, value: int) -> None:
        """Sets an exported global of the module."""
        variable.set_value(self._store, value)

    # from inside: what functions of the host do for the guest

    def stop(self, error: BaseException) -> None:
        """Ends the code at its next step; `error` is then raised where it was called."""
        self._ending = self._ending or error
        self._store.set_epoch_deadline(0)

    def exit(self, code: int) -> None:
        """Ends the code as it asked for."""
        self.stop(Exited(code))

    def print(self, at: int, length: int) -> None:
        """Keeps what the guest prints; of much of it the end."""
        kept = min(length, PRINTED_KEPT)
        self.printed += self.get(at + length - kept, kept) or b""
        del self.printed[:-PRINTED_KEPT]

    def realtime_ns(self) -> int:
        """Unix nanoseconds; while an interpreter is seeded by its clock, a number by chance."""
        return self.run.context.random.getrandbits(63) if self.seeding else int(self.run.clock() * 1e9)

    def monotonic_ns(self) -> int:
        """Nanoseconds that only measure."""
        return self.run.context.monotonic_ns()

    def chance(self, length: int) -> bytes:
        """So many bytes by chance."""
        return self.run.context.random.randbytes(length)

    # time, memory, ends

    def goes_on(self, inside: Any) -> bool:
        """Whether the code may go on: asked every tick, in the middle of it."""
        if self._ending is None:
            try:
                self.account(inside)
                self.run.look()
            except BaseException as error:  # noqa: BLE001 - raised again where the code was called
                self._ending = error
        return self._ending is None

    def account(self, inside: Any) -> None:
        """Charges what the memory has grown. Raises LimitExceeded."""
        size = self._memory.data_len(inside) if self._memory else 0
        grown, self._held = size - self._held, size
        if grown:
            self.run.occupy(grown)

    def _vacate(self) -> None:
        self.run.occupy(-self._held)

    def _guarded(self, work: Callable[[], T]) -> T:
        outer, _here.cell = getattr(_here, "cell", None), self
        try:
            value = work()
        except (Trap, WasmtimeError) as error:
            raise (self._ending or self._failure(error)) from None
        finally:
            _here.cell = outer
        if self._ending:
            raise self._ending
        self.account(self._store)
        return value

    def _failure(self, error: Trap | WasmtimeError) -> OqlError:
        """What ended the code by itself, as an error of the language."""
        if isinstance(error, Trap):
            why = _TRAPS.get(error.trap_code) if error.trap_code else None
            return failed(Code.SANDBOX_FAILED, f"the guest broke down: {why or reason(error.message)}")
        if "exceeds memory limits" in str(error):
            return too_much(self.run)
        return failed(Code.SANDBOX_FAILED, f"the guest cannot be started: {reason(str(error))}")


def current() -> Cell:
    """The cell whose code runs on this thread."""
    found: Cell = _here.cell
    return found


_INTERRUPTION = bindings.interruption(lambda inside: current().goes_on(inside))

_TRAPS = {
    TrapCode.STACK_OVERFLOW: "its calls are nested too deeply",
    TrapCode.MEMORY_OUT_OF_BOUNDS: "it reached outside its memory",
    TrapCode.UNREACHABLE: "it came to an instruction that must not be reached",
    TrapCode.INTEGER_DIVISION_BY_ZERO: "it divided by zero",
}
