"""Any sequence of changes and questions is answered, or refused, alike by both back ends, and logged alike."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from substrate.errors import StoreError
from substrate.interface import Remembered
from tests.fuzz.dose import FACTOR
from tests.substrate.mirror.drawn import Table, keys, rows, seldom, tables, values
from tests.substrate.mirror.namespace import MirrorNamespace
from tests.substrate.mirror.questions import plans, predicates
from tests.substrate.mirror.store import MirrorStore

_numbers = itertools.count(1)
VERSIONS = st.sampled_from([None, None, None, None, None, 0, 1, 2, 3])
CACHE_KEYS = st.sampled_from(["", "a", "é", "k" * 300])
TEXTS = ["", "tea", "tea milk tea", "x 東京 milk", "Tea!", "a\0"]
TIMES = st.sampled_from([0.0, 10.0, 20.5, 1e9])


class Sequences(RuleBasedStateMachine):
    """Changes, one or several to a frame, and questions between them."""

    mirror: MirrorStore
    ada: MirrorNamespace

    def __init__(self) -> None:
        super().__init__()
        self.name = f"drawn_{next(_numbers)}"
        self.ada = self.mirror.namespace(self.name)
        self.tables: dict[str, Table] = {}

    def teardown(self) -> None:
        """What was logged is compared, then all of it is deleted."""
        self.ada.make()
        self.ada.frames(None, 10_000)
        self.ada.changes(None, 10_000)
        self.mirror.delete(self.name)

    @initialize(first=tables(), second=tables())
    def begin(self, first: Table, second: Table) -> None:
        """There is something to ask of."""
        self.declare(first)
        self.declare(second)

    @rule(table=tables())
    def declares(self, table: Table) -> None:
        """A new table, or another declaration of one that is there."""
        self.declare(table)

    @precondition(lambda self: self.tables)
    @rule(data=st.data())
    def drops(self, data: st.DataObject) -> None:
        """A table, or one that is not there."""
        name = data.draw(st.sampled_from([*self.tables, "shop.none"]))
        if data.draw(st.integers(0, 3)) == 0 and self.change(lambda frame: frame.drop(name)) is True:
            del self.tables[name]

    @precondition(lambda self: self.tables)
    @rule(data=st.data())
    def writes(self, data: st.DataObject) -> None:
        """Changes, each in a frame of its own."""
        for name, arguments, named in data.draw(st.lists(self.changes(), min_size=1, max_size=8)):
            self.change(lambda frame, n=name, a=arguments, k=named: getattr(frame, n)(*a, **k))

    @precondition(lambda self: self.tables)
    @rule(data=st.data(), fails=st.integers(0, 2), goes_on=st.booleans())
    def writes_some(self, data: st.DataObject, fails: int, goes_on: bool) -> None:
        """Several changes in a frame, which may end in a failure of the caller, or in that of a change."""
        some = data.draw(st.lists(self.changes(), min_size=2, max_size=5))

        def work(frame: Any) -> None:
            for name, arguments, named in some:
                answer = answered(lambda n=name, a=arguments, k=named: getattr(frame, n)(*a, **k))
                if isinstance(answer, StoreError) and not goes_on:
                    raise answer
                answered(lambda: frame.query({"Scan": {"schema": some[0][1][0]}}))
            if fails == 0:
                raise ZeroDivisionError

        if data.draw(st.booleans()):
            self.change(work)
        else:
            self.block(work)

    @precondition(lambda self: self.tables)
    @rule(data=st.data(), coerce=st.booleans())
    def asks(self, data: st.DataObject, coerce: bool) -> None:
        """A plan, its costs, a row."""
        table = data.draw(st.sampled_from([*self.tables.values()]))
        plan = data.draw(plans(table))
        answered(lambda: self.ada.query(plan, coerce=coerce))
        answered(lambda: self.ada.explain(plan))
        key = data.draw(keys(table))
        answered(lambda: self.ada.get(table.id, key))

    @precondition(lambda self: self.tables)
    @rule(data=st.data())
    def fills(self, data: st.DataObject) -> None:
        """Rows of one table."""
        table = data.draw(st.sampled_from([*self.tables.values()]))
        for row in data.draw(st.lists(rows(table), min_size=3, max_size=8)):
            self.change(lambda frame, row=row: frame.put(table.id, row))

    @rule(
        texts=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(TEXTS)), max_size=4),
        gone=st.sampled_from("abcd"),
    )
    def indexes(self, texts: list[tuple[str, str]], gone: str) -> None:
        """Documents, and what their words find: scores are the same to the last bit."""
        for doc_id, text in texts:
            self.change(lambda frame, doc_id=doc_id, text=text: frame.text_put("t", "f", doc_id, text))
        self.change(lambda frame: frame.text_delete("t", "f", gone))
        for query in ("tea", "Tea milk", "東 x"):
            answered(lambda query=query: self.ada.text_search("t", "f", query))
            answered(lambda query=query: self.ada.text_match("t", "f", query, phrase=True))

    @rule(key=CACHE_KEYS, value=st.binary(max_size=40), at=TIMES, later=TIMES, seconds=st.none() | TIMES)
    def caches(self, key: str, value: bytes, at: float, later: float, seconds: float | None) -> None:
        """What is kept for some time."""
        self.change(lambda frame: frame.cache(key, value, at, seconds))
        self.ada.cached(key, later)
        self.change(lambda frame: (frame.cache_for(key, later, 5.0), frame.cached(key, at)))
        self.change(lambda frame: frame.uncache(key, later))

    @rule(key=CACHE_KEYS, body=st.binary(max_size=40), fingerprint=st.sampled_from(["", "f"]))
    def remembers(self, key: str, body: bytes, fingerprint: str) -> None:
        """The answers to requests."""
        self.ada.remembered(key)
        answer = Remembered(fingerprint, 200, body)
        self.change(lambda frame: (frame.remember(key, answer), frame.remembered(key)))
        self.ada.remembered(key)

    @rule(name=st.sampled_from(["shop", "Shop", "empty", "_oc_x", ""]), deletes=st.integers(0, 5))
    def makes_databases(self, name: str, deletes: int) -> None:
        """Databases with and without tables."""
        self.change(lambda frame: frame.create_database(name))
        if deletes == 0 and self.change(lambda frame: frame.delete_database(name)) is True:
            self.tables = {key: one for key, one in self.tables.items() if not key.startswith(f"{name}.")}
        answered(self.ada.databases)

    @rule()
    def looks_around(self) -> None:
        """What there is."""
        for ask in (self.ada.table_ids, self.ada.usage, self.ada.lsn, self.mirror.names):
            answered(ask)
        for name in self.tables:
            answered(lambda n=name: self.ada.manifest_text(n))

    def declare(self, table: Table) -> None:
        """Declares it; remembered where that is not refused."""
        if not isinstance(self.change(lambda frame: frame.register(table.text)), StoreError):
            self.tables[table.id] = table

    def changes(self) -> st.SearchStrategy[tuple[str, tuple[Any, ...], dict[str, Any]]]:
        """A call that changes rows: its name and arguments."""
        return st.sampled_from([*self.tables.values()]).flatmap(changes_of)

    def change(self, work: Any) -> Any:
        """What a frame gives, or the refusal."""
        return answered(lambda: self.ada.write(work))

    def block(self, work: Any) -> Any:
        """The same in a transaction."""

        def run() -> None:
            with self.ada.transaction() as frame:
                work(frame)

        return answered(run)


@st.composite
def changes_of(draw: st.DrawFn, table: Table) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """A call that changes rows of this table."""
    call = draw(st.sampled_from(["put", "put", "put_many", "put_many", "replace", "delete", "key", "update", "purge"]))
    inserts = {"insert": seldom(draw, 3)}
    if call == "put":
        return "put", (table.id, draw(rows(table))), {"version": draw(VERSIONS), **inserts}
    if call == "put_many":
        return "put_many", (table.id, draw(st.lists(rows(table), max_size=4))), inserts
    if call == "replace":
        return "replace", (table.id, draw(keys(table)), draw(rows(table))), {"version": draw(VERSIONS)}
    if call == "delete":
        return "delete", (table.id, draw(keys(table))), {"version": draw(VERSIONS)}
    if call == "key":
        return "delete_key", (table.id, [draw(values(table.types[name], seldom(draw, 4))) for name in table.key]), {}
    predicate = draw(predicates(table))
    return (
        ("purge", (table.id, predicate), {})
        if call == "purge"
        else ("update", (table.id, draw(_some_of(table)), predicate), {})
    )


@st.composite
def _some_of(draw: st.DrawFn, table: Table) -> dict[str, Any]:
    names = [name for name in table.types if name not in table.key]
    chosen = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    return {name: draw(values(table.types[name], seldom(draw, 4))) for name in chosen}


def answered(call: Any) -> Any:
    """What a call gives, or the refusal that both sides agree on."""
    try:
        return call()
    except (StoreError, ZeroDivisionError) as refusal:
        return refusal


def test_sequences(mirror: MirrorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sequences, "mirror", mirror, raising=False)
    run_state_machine_as_test(
        Sequences,
        settings=settings(
            max_examples=12 * FACTOR,
            stateful_step_count=20,
            derandomize=FACTOR == 1,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
