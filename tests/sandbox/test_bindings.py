"""What is taken from inside wasmtime's Python package still does what it is for."""

import pytest
from wasmtime import Config, Engine, Func, Instance, Module, Store, WasmtimeError
from wasmtime._store import StoreContext

from oql.sandbox import engines
from oql.sandbox.bindings import export, interrupt_by, interruption

ENDLESS = '(module (memory (export "memory") 3) (func (export "run") (loop (br 0))))'


def started() -> tuple[Engine, Store, Instance]:
    config = Config()
    config.epoch_interruption = True
    engine = Engine(config)
    store = Store(engine)
    store.set_epoch_deadline(1)
    return engine, store, Instance(store, Module(engine, ENDLESS), [])


def test_code_is_asked_at_each_tick_and_ended_by_the_answer() -> None:
    engine, store, instance = started()
    asked: list[int] = []

    def goes_on(inside: StoreContext) -> bool:
        asked.append(memory.data_len(inside))
        return len(asked) < 5

    memory, callback = export(store, instance, "memory"), interruption(goes_on)
    interrupt_by(store, callback)
    with engines.ticking(engine), pytest.raises(WasmtimeError, match="interrupted"):
        export(store, instance, "run")(store)
    assert asked == [3 * 65_536] * 5


def test_an_export_is_found_by_its_name() -> None:
    _, store, instance = started()
    assert isinstance(export(store, instance, "run"), Func)
    assert export(store, instance, "walk") is None
