"""wasmtime's engines, one pair for each process, and the thread whose ticks let running code be interrupted.

`TRUSTED` compiles the interpreters that come with the product; `FOREIGN` compiles modules that programs bring, and
knows no more of WebAssembly than they need.
"""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from wasmtime import Config, Engine

TRUSTED, FOREIGN = "trusted", "foreign"
TICK_S = 0.01
_MOST_STACK = 2 * 2**20
_UNLIMITED_STACK = 2 * 2**20


def engine(kind: str) -> Engine:
    """The engine of this process: one that was made before a fork belongs to the parent."""
    return _engine(os.getpid(), kind)


@cache
def _engine(_pid: int, kind: str) -> Engine:
    config = Config()
    config.epoch_interruption = True
    config.parallel_compilation = False  # a compilation takes the thread that asked for it, and no other
    config.max_wasm_stack = min(_MOST_STACK, _stack_of_threads() // 4)
    config.wasm_threads = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    config.wasm_relaxed_simd = False
    config.wasm_exceptions = kind == TRUSTED  # MicroPython's
    return Engine(config)


def _stack_of_threads() -> int:
    """The bytes of stack that a thread of this process has; guests run on it, below what called them."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    default = _UNLIMITED_STACK if soft == resource.RLIM_INFINITY else soft
    return threading.stack_size() or default


class _Ticker:
    """Counts the epoch of the engines on, as long as any guest runs."""

    def __init__(self) -> None:
        self._engines: dict[int, tuple[Engine, int]] = {}
        self._lock = threading.Lock()
        self._needed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def ticking(self, ticked: Engine) -> Iterator[None]:
        with self._lock:
            self._engines[id(ticked)] = ticked, self._count(ticked) + 1
            self._needed.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="guest-ticks", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                left = self._count(ticked) - 1
                self._engines[id(ticked)] = ticked, left
                if not left:
                    del self._engines[id(ticked)]

    def _count(self, ticked: Engine) -> int:
        return self._engines.get(id(ticked), (ticked, 0))[1]

    def _tick(self) -> None:
        pause = threading.Event()
        while True:
            self._needed.wait()
            pause.wait(TICK_S)
            with self._lock:
                running = [found for found, _ in self._engines.values()]
                if not running:
                    self._needed.clear()
            for found in running:
                found.increment_epoch()


@cache
def _ticker(_pid: int) -> _Ticker:
    return _Ticker()


@contextmanager
def ticking(ticked: Engine) -> Iterator[None]:
    """While the block runs, the engine's epoch goes on every `TICK_S`."""
    with _ticker(os.getpid()).ticking(ticked):
        yield
