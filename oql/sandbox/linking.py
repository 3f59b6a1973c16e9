"""Joins a module with the functions of the host that it may call, and refuses one that asks for more."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wasmtime import Engine, FuncType, InstancePre, Linker, MemoryType, Module, ValType

from oql.errors import Code, OqlError, failed
from oql.sandbox import wasi
from oql.sandbox.wasi import Answer

_FAULT = 21

Extras = Mapping[tuple[str, str], Answer]
"""Functions of the host by module and name, besides those of WASI: `function(cell, *arguments) -> number | None`."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module that only needs to be instantiated; safe to share between threads and runs.

    `shows_memory`: it exports its memory, so that the host sees how large that is.
    """

    engine: Engine
    linked: InstancePre
    shows_memory: bool


def link(engine: Engine, module: Module, extras: Extras) -> Program:
    """Joins a module with WASI and the extras. Raises SandboxFailed for an import that is not among them."""
    linker = Linker(engine)
    defined = set()
    for wanted in module.imports:
        key = wanted.module, wanted.name or ""
        answer = wasi.answer(key[1]) if key[0] == wasi.MODULE else extras.get(key)
        if not isinstance(wanted.type, FuncType) or answer is None:
            raise _refused(key, "which nothing here provides")
        if not _fits(answer, wanted.type):
            raise _refused(key, "with other parameters or results than it has")
        if key not in defined:
            linker.define_func(*key, wanted.type, _called(answer, bool(wanted.type.results)))
            defined.add(key)
    shows_memory = any(found.name == "memory" and isinstance(found.type, MemoryType) for found in module.exports)
    return Program(engine, linker.instantiate_pre(module), shows_memory)


def _fits(answer: Answer, wanted: FuncType) -> bool:
    """Whether the module means the function that there is; wasmtime would have us fail in the middle of a call."""
    numbers = (ValType.i32(), ValType.i64())
    parameters = list(inspect.signature(answer).parameters.values())[1:]
    variable = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    gives = 0 if inspect.signature(answer).return_annotation is None else 1
    return (
        (variable or len(parameters) == len(wanted.params))
        and all(found in numbers for found in wanted.params)
        and [ValType.i32()] * gives == list(wanted.results)
    )


def _called(answer: Answer, gives: bool) -> Any:
    from oql.sandbox.cells import current

    def called(*arguments: int) -> int | None:
        cell = current()
        try:
            result = answer(cell, *arguments)
        except BaseException as error:  # noqa: BLE001 - raised again where the guest was called
            cell.stop(error)
            result = _FAULT
        return result if gives else None

    return called


def _refused(key: tuple[str, str], why: str) -> OqlError:
    hint = "a module may import WASI preview 1, and `get`, `read`, `result` of `oql`"
    return failed(Code.SANDBOX_FAILED, f"the module asks for `{key[0]}.{key[1]}`, {why}", hint)
