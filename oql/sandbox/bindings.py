"""What wasmtime's C interface offers and its Python classes do not: interruption by a callback, one export by its name.

The classes end a guest only by a deadline that is set in advance, and read all of a module's exports (4 ms for QuickJS)
to find one. The version of wasmtime is pinned; `tests/sandbox/test_bindings.py` fails where one of these has changed.
"""

import ctypes
from collections.abc import Callable
from typing import Any

from wasmtime import Instance, Store, _ffi as ffi
from wasmtime._extern import wrap_extern
from wasmtime._store import StoreContext

_GOES_ON = 0
_NO_FINALIZER = ctypes.cast(0, ctypes.CFUNCTYPE(None, ctypes.c_void_p))
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ffi.wasmtime_update_deadline_kind_t),
)


def interruption(goes_on: Callable[[StoreContext], bool]) -> Any:
    """What `interrupt_by` takes; it has to live as long as any store that it was given to. `goes_on` must not raise."""

    def called(context: Any, _data: Any, delta: Any, kind: Any) -> int:
        inside = StoreContext(context)
        try:
            if not goes_on(inside):
                error = ffi.wasmtime_error_new(b"interrupted")
                return ctypes.cast(error, ctypes.c_void_p).value or 0
        finally:
            inside._invalidate()
        delta[0], kind[0] = 1, _GOES_ON
        return 0

    return _CALLBACK(called)


def interrupt_by(store: Store, callback: Any) -> None:
    """Has a callback asked whether to go on, each time the store's deadline passes; the next one is a tick later."""
    ffi.wasmtime_store_epoch_deadline_callback(store.ptr(), callback, None, _NO_FINALIZER)
    store.set_epoch_deadline(1)


def export(store: Store, instance: Instance, name: str) -> Any:
    """An export of an instance: a Func, a Memory, a Table or a Global; None where there is none of the name."""
    encoded = name.encode()
    item = ffi.wasmtime_extern_t()
    found = ffi.wasmtime_instance_export_get(
        store._context(),
        ctypes.byref(instance._instance),
        ctypes.create_string_buffer(encoded),
        len(encoded),
        ctypes.byref(item),
    )
    return wrap_extern(item) if found else None
