"""The system tables of rooms above the store: made in every namespace, changed with its rows, unknown to users."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from substrate.errors import Invalid, NotFound, QuotaExceeded, StoreError, Unavailable
from substrate.interface import Frame, Namespace, NotUniqueError, Store
from substrate.opening import open_store
from tests.substrate.contract.conftest import ORDERS

FIRST = """
CREATE TABLE job (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, due DOUBLE PRECISION, tries BIGINT NOT NULL, key TEXT UNIQUE);
CREATE INDEX job_due ON job (due);
"""
SECOND = "ALTER TABLE job ADD COLUMN holder TEXT; UPDATE job SET holder = state || '?'; CREATE TABLE cron (name TEXT)"

Open = Callable[..., Store]


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens stores on one folder, each as another process would; the first call finds no namespaces."""
    with ExitStack() as stack:

        def opening(*system: str, **options: Any) -> Store:
            store = open_store(url, tmp_path / "data", system=system, **options)
            stack.callback(store.close)
            return store

        emptied(opening())
        yield opening
        emptied(opening())


def emptied(store: Store) -> None:
    for name in store.names():
        store.delete(name)


def add(frame: Frame, name: str, due: float | None = None, key: str | None = None) -> Any:
    return frame.system(
        "INSERT INTO job (id, state, due, tries, key) VALUES (?, ?, ?, ?, ?)", name, "queued", due, 0, key
    )


def put(frame: Frame, number: int = 1) -> Any:
    return frame.put("shop.orders", {"id": number, "who": "w"})


def names(namespace: Namespace) -> list[Any]:
    return [name for (name,) in namespace.system("SELECT id FROM job ORDER BY id")]


def test_rows_are_written_and_read(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")

    def work(frame: Frame) -> list[Any]:
        add(frame, "a", 1.5)
        add(frame, "b")
        changed = frame.system(
            "UPDATE job SET state = ?, tries = tries + ? WHERE due <= ? RETURNING id", "run", True, 2
        )
        return [changed, frame.system("SELECT count(*), sum(tries) FROM job")]

    assert ada.write(work) == [[("a",)], [(2, 1)]]
    assert ada.system("SELECT id, state, due, tries, key FROM job ORDER BY id") == [
        ("a", "run", 1.5, 1, None),
        ("b", "queued", None, 0, None),
    ]
    assert ada.system("SELECT id FROM job WHERE state = ? AND due IS NULL", "queued") == [("b",)]


def test_a_row_that_is_there_is_left_or_replaced(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")
    statement = "INSERT INTO job (id, state, tries) VALUES (?, ?, 1) ON CONFLICT (id) DO "
    ada.write(lambda frame: add(frame, "a"))
    assert ada.write(lambda frame: frame.system(f"{statement} NOTHING RETURNING id", "a", "x")) == []
    replacing = f"{statement} UPDATE SET state = excluded.state, tries = job.tries + 1 RETURNING state, tries"
    assert ada.write(lambda frame: frame.system(replacing, "a", "y")) == [("y", 1)]


def test_a_made_namespace_has_them_and_one_that_is_not_there_is_not_found(opened: Open) -> None:
    store = opened(FIRST)
    with pytest.raises(NotFound):
        store.namespace("ada").system("SELECT id FROM job")
    with pytest.raises(NotFound):
        store.namespace("ada").stamp()
    assert store.create("ada")
    assert store.namespace("bob").make()
    assert [names(store.namespace(name)) for name in ("ada", "bob")] == [[], []]


def test_a_frame_that_raises_leaves_no_trace_in_them(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")
    ada.write(lambda frame: frame.register(ORDERS))

    def work(frame: Frame) -> None:
        add(frame, "a")
        put(frame)
        raise Invalid("no")

    with pytest.raises(Invalid, match="no"):
        ada.write(work)
    with pytest.raises(Invalid, match="no"), ada.transaction() as frame:
        work(frame)
    assert names(ada) == []
    assert ada.get("shop.orders", "1") is None


def test_works_of_one_commit_are_undone_alone(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")
    good, bad, other = (ada.submit(partial(add, name=name)) for name in ("a", "a", "b"))
    good.result()
    other.result()
    with pytest.raises(NotUniqueError):
        bad.result()
    assert names(ada) == ["a", "b"]


def test_a_refused_statement_leaves_the_frame_as_it_was(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")

    def work(frame: Frame) -> None:
        add(frame, "a", key="k")
        with pytest.raises(NotUniqueError, match="id"):
            add(frame, "a")
        with pytest.raises(NotUniqueError, match="key"):
            add(frame, "b", key="k")
        with pytest.raises(Invalid):
            frame.system("INSERT INTO nothing VALUES (1)")
        add(frame, "c")

    ada.write(work)
    assert names(ada) == ["a", "c"]


def test_a_namespace_only_reads(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")
    ada.write(lambda frame: add(frame, "a"))
    for statement in ("DELETE FROM job", "UPDATE job SET tries = 9 RETURNING id", "DROP TABLE job"):
        with pytest.raises(Unavailable, match=r"read-?only"):
            ada.system(statement)
    assert names(ada) == ["a"]
    with pytest.raises(Invalid):
        ada.system("SELECT id FROM nothing")


def test_two_stores_see_each_other(opened: Open) -> None:
    left, right = (opened(FIRST).namespace("ada") for _ in range(2))
    left.write(lambda frame: add(frame, "a"))
    assert names(right) == ["a"]
    right.write(lambda frame: frame.system("DELETE FROM job WHERE id = ?", "a"))
    assert names(left) == []


@pytest.mark.parametrize("reads_first", [True, False])
def test_an_older_namespace_is_brought_up_to_date_at_its_first_use(opened: Open, reads_first: bool) -> None:
    opened(FIRST).namespace("ada").write(lambda frame: add(frame, "a"))
    newer = opened(FIRST, SECOND).namespace("ada")
    if not reads_first:
        newer.write(lambda frame: frame.system("INSERT INTO cron VALUES (?)", "hourly"))
    assert newer.system("SELECT id, holder FROM job") == [("a", "queued?")]
    newer.write(lambda frame: frame.system("UPDATE job SET holder = ?", "h"))
    again = opened(FIRST, SECOND).namespace("ada")
    assert again.system("SELECT id, holder FROM job") == [("a", "h")]
    assert again.system("SELECT count(*) FROM cron") == [(0 if reads_first else 1,)]


def test_a_namespace_of_a_newer_program_is_refused(opened: Open) -> None:
    opened(FIRST, SECOND).create("ada")
    older = opened(FIRST).namespace("ada")
    with pytest.raises(Unavailable, match="newer version"):
        older.system("SELECT id FROM job")
    with pytest.raises(Unavailable, match="newer version"):
        older.write(lambda frame: frame.register(ORDERS))
    opened().namespace("ada").write(lambda frame: frame.register(ORDERS))


def test_those_who_open_an_older_namespace_at_once_wait_for_one(opened: Open) -> None:
    opened(FIRST).namespace("ada").write(lambda frame: add(frame, "a"))
    newer = [opened(FIRST, SECOND).namespace("ada") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        reads = [pool.submit(each.system, "SELECT holder FROM job") for each in newer[:2]]
        writes = [
            pool.submit(each.write, lambda frame: frame.system("INSERT INTO cron VALUES (?)", "c"))
            for each in newer[2:]
        ]
    assert [read.result() for read in reads] == [[("queued?",)]] * 2
    assert [write.result() for write in writes] == [[], []]
    assert newer[0].system("SELECT name FROM cron") == [("c",), ("c",)]


def test_a_script_that_fails_leaves_the_namespace_as_it_was(opened: Open) -> None:
    opened(FIRST).namespace("ada").write(lambda frame: add(frame, "a"))
    broken = opened(FIRST, "CREATE TABLE extra (a TEXT); CREATE TABLE job (a TEXT)").namespace("ada")
    for use in (lambda: broken.system("SELECT 1"), lambda: broken.write(lambda frame: add(frame, "b"))):
        with pytest.raises(Invalid, match="job"):
            use()
    mended = opened(FIRST, "CREATE TABLE extra (a TEXT)").namespace("ada")
    assert mended.system("SELECT a FROM extra") == []
    assert names(mended) == ["a"]


@pytest.mark.parametrize("maker", [(FIRST,), ()], ids=["with", "without"])
def test_a_namespace_made_anew_by_another_store_has_them(opened: Open, maker: tuple[str, ...]) -> None:
    store, other = opened(FIRST), opened(*maker)
    ada, idle = store.namespace("ada"), opened(FIRST).namespace("ada")
    ada.write(lambda frame: add(frame, "a"))
    assert names(ada) == names(idle) == ["a"]
    assert other.delete("ada")
    with pytest.raises(NotFound):
        ada.system("SELECT id FROM job")
    assert other.create("ada")
    assert names(idle) == []
    ada.write(lambda frame: add(frame, "b"))
    assert names(idle) == names(ada) == ["b"]


def test_users_do_not_reach_them(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")
    ada.write(lambda frame: (frame.register(ORDERS), add(frame, "a")))
    reaching: list[Callable[[], Any]] = [
        *(lambda name=name: ada.sql(f"SELECT * FROM {name}") for name in ("job", "shop.job", "public.job", '"job"')),
        *(lambda name=name: ada.query({"Scan": {"schema": name}}) for name in ("job", "x.job", "shop.job")),
        lambda: ada.sql("SELECT (SELECT count(*) FROM job) FROM shop.orders"),
        lambda: ada.sql("SELECT * FROM job", database="shop"),
        lambda: ada.write(lambda frame: frame.execute("DELETE FROM job WHERE id = 'a'")),
        lambda: ada.write(lambda frame: frame.execute("INSERT INTO job (id) VALUES ('b')")),
        lambda: ada.write(lambda frame: frame.purge("x.job", None)),
        lambda: ada.get("x.job", "a"),
    ]
    for reach in reaching:
        with pytest.raises(StoreError, match="job"):
            reach()
    assert ada.table_ids() == ["shop.orders"]
    assert ada.databases() == ["shop"]
    assert [schema["schema"] for schema in ada.usage()["schemas"]] == ["shop.orders"]
    assert ada.usage()["used"]["rows"] == 0


def test_a_declared_table_of_the_same_name_is_another_one(opened: Open) -> None:
    ada = opened(FIRST).namespace("ada")
    declared = 'id="x.job"\nprimary_key.columns=["id"]\ncolumns=[{name="id",type="str"}]'
    ada.write(lambda frame: (frame.register(declared), frame.put("x.job", {"id": "u"}), add(frame, "a")))
    assert ada.query({"Scan": {"schema": "x.job"}}) == [{"id": "u"}]
    ada.write(lambda frame: frame.drop("x.job"))
    assert names(ada) == ["a"]


def test_a_change_is_told_once_for_a_commit_with_something_in_its_log(opened: Open) -> None:
    told: list[str] = []
    ada = opened(FIRST, on_change=told.append).namespace("ada")
    ada.write(lambda frame: frame.register(ORDERS))
    assert told == ["ada"]
    ada.write(lambda frame: (add(frame, "a"), put(frame, 1), put(frame, 2)))
    with ada.transaction() as frame:
        put(frame, 3)
        assert told == ["ada"] * 2
    assert told == ["ada"] * 3
    ada.submit(lambda frame: put(frame, 4)).result()
    assert told == ["ada"] * 4


def test_works_that_are_committed_together_are_told_of_once(opened: Open) -> None:
    told: list[str] = []
    ada = opened(FIRST, on_change=told.append).namespace("ada")
    ada.write(lambda frame: frame.register(ORDERS))
    others: list[Future[Any]] = []

    def work(frame: Frame) -> None:
        put(frame)
        others.extend(ada.submit(partial(put, number=number)) for number in (2, 3, 4))

    ada.submit(work).result()
    for each in others:
        each.result()
    assert told == ["ada"] * 2


def test_nothing_is_told_of_system_tables_reads_and_what_failed(opened: Open) -> None:
    told: list[str] = []
    ada = opened(FIRST, on_change=told.append).namespace("ada")
    ada.write(lambda frame: frame.register(ORDERS))
    ada.write(put)
    before, frames = ada.lsn(), len(list(ada.frames(None, 100)))
    told.clear()
    ada.write(lambda frame: add(frame, "a"))
    with ada.transaction() as frame:
        add(frame, "b")
    ada.write(lambda frame: frame.get("shop.orders", "1"))
    ada.write(lambda frame: frame.cache("k", b"v", 0.0, None))
    with pytest.raises(Invalid):
        ada.write(lambda frame: (put(frame, 9), frame.put("shop.orders", {"id": "x"})))
    assert names(ada) == ["a", "b"]
    assert told == []
    assert ada.lsn() == before
    assert len(list(ada.frames(None, 100))) == frames


def test_they_change_where_the_namespace_holds_as_much_as_it_may(opened: Open) -> None:
    room = [10**9]
    ada = opened(FIRST, quota_bytes=lambda name: room[0]).namespace("ada")
    ada.write(lambda frame: frame.register(ORDERS))
    room[0] = 1
    with pytest.raises(QuotaExceeded):
        ada.write(put)
    ada.write(lambda frame: add(frame, "a"))
    assert names(ada) == ["a"]


def test_the_stamp_differs_after_anyone_has_committed(opened: Open) -> None:
    left, right = (opened(FIRST).namespace("ada") for _ in range(2))
    left.write(lambda frame: frame.register(ORDERS))
    stamps = [right.stamp()]
    assert right.stamp() == stamps[0]
    left.write(put)
    stamps.append(right.stamp())
    left.write(lambda frame: add(frame, "a"))
    stamps.append(right.stamp())
    right.write(lambda frame: add(frame, "b"))
    stamps.append(right.stamp())
    assert right.stamp() == stamps[-1]
    opened(FIRST).delete("ada")
    with pytest.raises(NotFound):
        right.stamp()
    left.write(lambda frame: add(frame, "a"))
    stamps.append(right.stamp())
    assert len(set(stamps)) == 5
