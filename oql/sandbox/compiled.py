"""The interpreters, compiled once for a machine: about a second each, then a millisecond to load.

What was compiled is kept in the user's cache folder, as the parser's tables are. It is machine code, so nothing is
loaded but files that this user alone can have written: the folder's owner and rights are looked at by `cache_folder`,
those of the file here, on the opened file itself. A digest in front finds what was cut off or damaged.
"""

import os
import platform
import stat
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from wasmtime import Engine, Module, WasmtimeError

from oql.grammar import cache_folder

_DIGEST_BYTES = 32


Loading = Future[Module]


@cache
def loading(_pid: int, name: str, read: Callable[[], bytes], engine: Engine) -> Loading:
    """The module of an interpreter, compiled or loaded on a thread of its own, once for a process."""
    found: Future[Module] = Future()

    def load() -> None:
        try:
            found.set_result(load_module(name, read(), engine, cache_folder()))
        except BaseException as fault:  # noqa: BLE001 - whoever waits for the module gets it
            found.set_exception(fault)

    threading.Thread(target=load, name=f"load-{name}", daemon=True).start()
    return found


def load_module(name: str, source: bytes, engine: Engine, folder: Path | None) -> Module:
    """A module from the cache folder, or compiled and then kept there; without a folder only compiled."""
    if folder is None:
        return Module(engine, source)
    built_for = f"{version('wasmtime')} {platform.machine()}"
    kept = folder / f"{name}-{sha256(built_for.encode() + source).hexdigest()[:24]}.wasmtime"
    code = read_own(kept)
    if code is not None:
        with suppress(WasmtimeError):  # made for another processor, or by another build
            return Module.deserialize(engine, code)
    module = Module(engine, source)
    with suppress(OSError):
        write_own(kept, bytes(module.serialize()))
    return module


def read_own(path: Path) -> bytes | None:
    """What `write_own` wrote; None where there is nothing, or where anybody else could have written it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o022:
            return None
        digest, code = file.read(_DIGEST_BYTES), file.read()
    return code if sha256(code).digest() == digest else None


def write_own(path: Path, code: bytes) -> None:
    """Writes a file that is there as a whole or not at all, for its owner alone. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(handle, "wb") as file:
            file.write(sha256(code).digest() + code)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
