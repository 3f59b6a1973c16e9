"""Watches: every event becomes one job, in order, whoever looks and whenever it dies."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oql import exact, watches
from oql.jobs import records
from oql.watches import read_events, read_source
from substrate import log
from substrate.interface import Frame, JsonRow, Namespace
from tests.timers.conftest import Open, jobs
from worker import watching
from worker.watching import watch_due

NOW = 1_767_225_600.0
TABLE = """
id = "shop.orders"
[primary_key]
columns = ["id"]
[[columns]]
name = "id"
type = "i64"
[[columns]]
name = "who"
type = "str"
[[columns]]
name = "pin"
type = "encrypted"
"""


@pytest.fixture
def shop(ada: Namespace) -> Namespace:
    """A namespace with a table that nothing watches yet."""
    ada.write(lambda frame: frame.register(TABLE))
    return ada


def watch(namespace: Namespace, source: str, events: str = "insert|update|delete", at: float = NOW) -> None:
    read = read_source(source)
    namespace.write(lambda frame: watches.define(frame, read, read_events(read, events), "EMIT !EVENT(type)", at))


def put(namespace: Namespace, number: int, who: str = "ada", **more: Any) -> None:
    row: JsonRow = {"id": number, "who": who, **more}
    namespace.write(lambda frame: frame.put("shop.orders", row))


def delete(namespace: Namespace, number: int) -> None:
    namespace.write(lambda frame: frame.delete("shop.orders", str(number)))


def requests(namespace: Namespace) -> list[dict[str, Any]]:
    """What the jobs are told, without the moment."""
    read = [exact.read(request) for (request,) in jobs(namespace, "request")]
    return [{key.removeprefix("event:"): value for key, value in told.items() if key != "event:at"} for told in read]


def seen(namespace: Namespace) -> list[tuple[str, Any]]:
    return [(told["type"], told["key"]) for told in requests(namespace)]


def look(namespace: Namespace) -> None:
    while watch_due(namespace, NOW):
        pass


def look_often(namespace: Namespace) -> None:
    for _ in range(15):
        look(namespace)


# tables


def test_each_change_of_a_row_becomes_a_job(shop: Namespace) -> None:
    put(shop, 1, "before")
    watch(shop, "table:shop.orders")
    put(shop, 2)
    put(shop, 1, "after")
    delete(shop, 2)
    assert not watch_due(shop, NOW)
    table: dict[str, Any] = {"table": "shop.orders"}
    assert requests(shop) == [
        {"type": "insert", **table, "key": 2, "row": {"id": 2, "who": "ada"}},
        {"type": "update", **table, "key": 1, "row": {"id": 1, "who": "after"}},
        {"type": "delete", **table, "key": 2, "row": None},
    ]
    assert (
        jobs(shop, "kind", "name", "source", "state")
        == [("watch", "table:shop.orders", "EMIT !EVENT(type)", "queued")] * 3
    )


def test_nothing_is_seen_twice(shop: Namespace) -> None:
    watch(shop, "table:shop.orders")
    for number in range(3):
        put(shop, number)
        look(shop)
        look(shop)
    assert seen(shop) == [("insert", 0), ("insert", 1), ("insert", 2)]


def test_a_row_that_comes_again_is_an_insert(shop: Namespace) -> None:
    watch(shop, "table:shop.orders")
    for _ in range(2):
        put(shop, 7)
        put(shop, 7, "changed")
        delete(shop, 7)
    shop.write(lambda frame: frame.put_many("shop.orders", [{"id": 7}, {"id": 8}], insert=True))
    shop.write(lambda frame: frame.update("shop.orders", {"who": "all"}, {"Gt": ["id", 7]}))
    look(shop)
    once = ["insert", "update", "delete"]
    assert seen(shop) == [
        *((kind, 7) for kind in once * 2), ("insert", 7), ("insert", 8), ("update", 8)
    ]  # fmt: skip


def test_only_the_events_that_are_asked_for(shop: Namespace) -> None:
    watch(shop, "table:shop.orders", "delete|insert")
    put(shop, 1)
    put(shop, 1, "x")
    delete(shop, 1)
    look(shop)
    assert seen(shop) == [("insert", 1), ("delete", 1)]


def test_other_tables_and_declarations_are_passed_over(shop: Namespace) -> None:
    shop.write(lambda frame: frame.register(TABLE.replace("shop.orders", "shop.other")))
    watch(shop, "table:shop.other")
    put(shop, 1)
    look(shop)
    assert requests(shop) == []
    [kept] = watches.listed(shop)
    assert (kept.seen.segment, kept.seen.place) == shop.lsn()


def test_encrypted_columns_are_not_told(shop: Namespace) -> None:
    watch(shop, "table:shop.orders")
    put(shop, 1, pin="1234")
    look(shop)
    assert requests(shop)[0]["row"] == {"id": 1, "who": "ada"}
    assert "1234" not in str(jobs(shop, "request"))


def test_a_large_change_is_seen_in_parts(shop: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVENTS_AT_ONCE", 10)
    watch(shop, "table:shop.orders")
    shop.write(lambda frame: frame.put_many("shop.orders", [{"id": number} for number in range(25)]))
    put(shop, 25)
    assert watch_due(shop, NOW)
    assert len(seen(shop)) == 10
    look(shop)
    assert sorted(seen(shop)) == [("insert", number) for number in range(26)]


def test_many_frames_are_read_in_parts(shop: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FRAMES_AT_ONCE", 3)
    watch(shop, "table:shop.orders", "delete")
    for number in range(7):
        put(shop, number)
    delete(shop, 0)
    assert watch_due(shop, NOW)
    assert seen(shop) == []
    look(shop)
    assert seen(shop) == [("delete", 0)]


def test_over_the_end_of_a_segment(shop: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "SEGMENT_BYTES", 400)
    watch(shop, "table:shop.orders")
    for number in range(8):
        put(shop, number)
        if number % 3 == 0:
            look(shop)
    look(shop)
    assert shop.lsn().segment >= 3
    assert seen(shop) == [("insert", number) for number in range(8)]


def test_a_look_that_fails_is_repeated(shop: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(shop, "table:shop.orders")
    put(shop, 1)
    put(shop, 2)
    create, made = records.create, []

    def dies(frame: Frame, **job: Any) -> bool:
        made.append(create(frame, **job))
        if len(made) == 2:
            raise RuntimeError("the process dies")
        return made[-1]

    monkeypatch.setattr(records, "create", dies)
    with pytest.raises(RuntimeError):
        watch_due(shop, NOW)
    assert seen(shop) == []
    look(shop)
    assert seen(shop) == [("insert", 1), ("insert", 2)]


def test_workers_that_race_see_an_event_once(opened: Open) -> None:
    handles = [opened().namespace("ada") for _ in range(2)]
    handles[0].write(lambda frame: frame.register(TABLE))
    watch(handles[0], "table:shop.orders")
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look_often, handle) for handle in handles * 2]
        for number in range(30):
            put(handles[number % 2], number)
        for done in looks:
            done.result()
    look(handles[0])
    assert sorted(key for _, key in seen(handles[1])) == list(range(30))


def test_a_watch_that_is_defined_anew_goes_on_where_it_was(shop: Namespace) -> None:
    watch(shop, "table:shop.orders", "insert")
    put(shop, 1)
    watch(shop, "table:shop.orders", "insert|delete", NOW + 1)
    delete(shop, 1)
    look(shop)
    assert seen(shop) == [("insert", 1), ("delete", 1)]


def test_a_watch_that_was_deleted_and_defined_again_begins_there(shop: Namespace) -> None:
    watch(shop, "table:shop.orders")
    put(shop, 1)
    shop.write(lambda frame: watches.delete(frame, read_source("table:shop.orders")))
    watch(shop, "table:shop.orders", at=NOW + 1)
    put(shop, 2)
    look(shop)
    assert seen(shop) == [("insert", 2)]


def test_a_log_that_no_longer_reaches_back(shop: Namespace, caplog: pytest.LogCaptureFixture) -> None:
    put(shop, 0)
    watch(shop, "table:shop.orders")
    put(shop, 1)
    lost = shop.lsn()
    put(shop, 2)
    with shop._engine.writing() as connection:  # type: ignore[attr-defined] # no door leads to the log but time
        connection.execute("DELETE FROM _oc_log WHERE place < ?", (log.place(lost),))
    look(shop)
    assert seen(shop) == [("insert", 2)]
    assert "watches of ada have missed changes" in caplog.text


def test_a_log_that_begins_where_the_watch_is_has_lost_nothing(
    shop: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    put(shop, 1)
    watch(shop, "table:shop.orders")
    here = shop.lsn()
    put(shop, 2)
    with shop._engine.writing() as connection:  # type: ignore[attr-defined] # no door leads to the log but time
        connection.execute("DELETE FROM _oc_log WHERE place < ?", (log.place(here),))
    look(shop)
    assert seen(shop) == [("insert", 2)]
    assert caplog.text == ""


def test_nothing_is_watched(ada: Namespace) -> None:
    assert not watch_due(ada, NOW)
    assert not ada.exists()


# streams


def send(namespace: Namespace, channel: str, *values: Any, at: float = NOW) -> list[bool]:
    source = read_source(f"stream:{channel}")
    return namespace.write(lambda frame: [watches.send(frame, source, value, at) for value in values])


def sent(namespace: Namespace) -> list[tuple[int, Any]]:
    return [(told["number"], told["message"]) for told in requests(namespace)]


def test_each_message_becomes_a_job(ada: Namespace) -> None:
    watch(ada, "stream:orders", "message")
    values = ["text", 3, None, {"a": [1, True]}, b"\0"]
    assert send(ada, "orders", *values) == [True] * 5
    assert send(ada, "others", 1) == [False]
    look(ada)
    look(ada)
    assert sent(ada) == list(enumerate(values, 1))
    assert requests(ada)[0] == {"type": "message", "channel": "orders", "message": "text", "number": 1}


def test_messages_go_on_counting_once_all_were_seen(ada: Namespace) -> None:
    watch(ada, "stream:orders", "message")
    for value in "ab":
        send(ada, "orders", value)
        look(ada)
    assert ada.system("SELECT count(*) FROM message") == [(0,)]
    assert sent(ada) == [(1, "a"), (2, "b")]


def test_a_stream_that_is_watched_again_begins_anew(ada: Namespace) -> None:
    watch(ada, "stream:orders", "message")
    send(ada, "orders", "seen")
    look(ada)
    send(ada, "orders", "forgotten")
    ada.write(lambda frame: watches.delete(frame, read_source("stream:orders")))
    watch(ada, "stream:orders", "message", NOW + 1)
    send(ada, "orders", "new")
    look(ada)
    assert sorted(value for _, value in sent(ada)) == ["new", "seen"]


def test_messages_are_seen_in_parts(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVENTS_AT_ONCE", 4)
    watch(ada, "stream:orders", "message")
    send(ada, "orders", *range(10))
    assert watch_due(ada, NOW)
    look(ada)
    assert sent(ada) == [(value + 1, value) for value in range(10)]


def test_what_nobody_sees_is_kept_within_bounds(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(ada, "stream:orders", "message")
    send(ada, "orders", *range(32), at=NOW - watches.KEPT_SECONDS - 1)
    send(ada, "orders", *range(16), at=NOW)
    assert ada.system("SELECT min(number), max(number) FROM message") == [(33, 48)]
    monkeypatch.setattr(watches, "KEPT_MESSAGES", 20)
    send(ada, "orders", *range(16), at=NOW)
    assert ada.system("SELECT min(number), max(number) FROM message") == [(45, 64)]


# files


def tell(namespace: Namespace, *events: tuple[str, str]) -> None:
    namespace.write(lambda frame: watches.tell(frame, events, NOW))


def test_each_change_of_a_file_becomes_a_job_of_the_folders_that_it_concerns(ada: Namespace) -> None:
    watch(ada, "fs:/root/in/", "create|modify|delete")
    watch(ada, "fs:/root/in/deep", "create")
    tell(ada, ("create", "/root/in/a"), ("create", "/root/in/deep/b"), ("modify", "/root/in"))
    tell(ada, ("delete", "/root"), ("create", "/root/inside"), ("create", "/root/out/a"))
    look(ada)
    look(ada)
    told = [(name, *(exact.read(request)[f"event:{key}"] for key in ("type", "path")))
            for name, request in jobs(ada, "name", "request")]  # fmt: skip
    assert told == [
        ("fs:/root/in", "create", "/root/in/a"),
        ("fs:/root/in", "create", "/root/in/deep/b"),
        ("fs:/root/in/deep", "create", "/root/in/deep/b"),
        ("fs:/root/in", "modify", "/root/in"),
        ("fs:/root/in", "delete", "/root"),
    ]
    assert ada.system("SELECT count(*) FROM message") == [(0,)]


def test_a_folder_that_is_watched_later_sees_what_comes_later(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVENTS_AT_ONCE", 2)
    watch(ada, "fs:/root/a", "create")
    tell(ada, *(("create", f"/root/a/{number}") for number in range(3)))
    watch(ada, "fs:/root", "create")
    tell(ada, ("create", "/root/a/3"))
    look(ada)
    names = [name for (name,) in jobs(ada, "name")]
    assert (names.count("fs:/root/a"), names.count("fs:/root")) == (4, 1)
