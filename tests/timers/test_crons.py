"""Crons in a namespace: every slot becomes one job, whoever looks, and however long nobody did."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from oql import schedules
from oql.errors import Code, OqlError
from oql.jobs import records
from substrate.errors import Unavailable
from substrate.interface import Frame, Namespace
from tests.timers.conftest import Open, jobs
from worker.schedules import AT_ONCE, fire_due

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
NEW_YEAR = 1_767_225_600.0  # 2026-01-01 00:00 UTC, a Thursday


def define(namespace: Namespace, name: str, schedule: str, at: float = NEW_YEAR, zone: str = "UTC") -> None:
    namespace.write(lambda frame: schedules.define(frame, name, schedule, zone, f'EMIT "{name}"', at))


def cron(namespace: Namespace, name: str) -> schedules.Cron:
    found = schedules.found(namespace, name)
    assert found
    return found


def test_a_slot_that_has_come_becomes_a_job(ada: Namespace) -> None:
    define(ada, "nightly", "0 3 * * *")
    fire_due(ada, NEW_YEAR + 3 * HOUR - 0.001)
    assert jobs(ada, "id") == []
    fire_due(ada, NEW_YEAR + 3 * HOUR)
    assert jobs(ada, "kind", "name", "state", "source", "request", "idempotency_key") == [
        ("cron", "nightly", "queued", 'EMIT "nightly"', "{}", "cron:nightly:1767236400")
    ]
    kept = cron(ada, "nightly")
    assert (kept.last, kept.fired, kept.due) == (NEW_YEAR + 3 * HOUR, 1, NEW_YEAR + DAY + 3 * HOUR)


def test_a_slot_fires_once(ada: Namespace) -> None:
    define(ada, "often", "*/5 * * * *")
    for seconds in (300, 300, 301, 599, 600, 600):
        fire_due(ada, NEW_YEAR + seconds)
    assert [key for (key,) in jobs(ada, "idempotency_key")] == ["cron:often:1767225900", "cron:often:1767226200"]


def test_of_the_slots_that_passed_while_nobody_looked_the_last_fires(opened: Open) -> None:
    define(opened().namespace("ada"), "often", "*/5 * * * *")
    define(opened().namespace("ada"), "monthly", "0 0 1 * *")
    later = opened().namespace("ada")  # as after a restart
    fire_due(later, NEW_YEAR + 3 * DAY + 7 * MINUTE)
    assert jobs(later, "idempotency_key") == [(f"cron:often:{NEW_YEAR + 3 * DAY + 5 * MINUTE:.0f}",)]
    assert cron(later, "often").due == NEW_YEAR + 3 * DAY + 10 * MINUTE
    assert (cron(later, "monthly").fired, cron(later, "monthly").due) == (0, NEW_YEAR + 31 * DAY)


def test_on_the_days_on_which_clocks_are_changed(ada: Namespace) -> None:
    spring, autumn = 1_774_738_800.0, 1_792_879_200.0  # 2026-03-28 23:00 and 2026-10-24 22:00, midnights of Berlin
    for start, name in ((spring, "spring"), (autumn, "autumn")):
        define(ada, name, "30 2 * * *", start, "Europe/Berlin")
        for minute in range(0, 24 * 60, 10):
            fire_due(ada, start + minute * MINUTE)
        ada.write(lambda frame, name=name: schedules.delete(frame, name))  # type: ignore[misc] # bound here
    assert [key for (key,) in jobs(ada, "idempotency_key")] == [
        f"cron:spring:{spring + 2 * HOUR:.0f}",
        f"cron:autumn:{autumn + 2.5 * HOUR:.0f}",
    ]


def test_schedulers_that_race_fire_a_slot_once(opened: Open) -> None:
    handles = [opened().namespace("ada") for _ in range(2)]
    names = [f"cron{number}" for number in range(5)]
    for name in names:
        define(handles[0], name, "* * * * *")
    together = Barrier(4)

    def race(namespace: Namespace) -> None:
        for minute in range(1, 6):
            together.wait()
            fire_due(namespace, NEW_YEAR + minute * MINUTE)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(race, handle) for handle in handles * 2]:
            done.result()
    expected = {f"cron:{name}:{NEW_YEAR + minute * MINUTE:.0f}" for name in names for minute in range(1, 6)}
    made = [key for (key,) in jobs(handles[0], "idempotency_key")]
    assert (len(made), set(made)) == (25, expected)
    assert {cron(handles[1], name).fired for name in names} == {5}


def test_what_is_defined_anew_with_the_same_schedule_keeps_its_slot(ada: Namespace) -> None:
    define(ada, "nightly", "0 3 * * *")
    later = NEW_YEAR + 4 * HOUR  # the slot of 3:00 has not fired yet
    define(ada, "nightly", "0 3 * * *", later)
    assert cron(ada, "nightly").due == NEW_YEAR + 3 * HOUR
    define(ada, "nightly", "0 5 * * *", later)
    assert cron(ada, "nightly").due == NEW_YEAR + 5 * HOUR
    assert cron(ada, "nightly").created == NEW_YEAR


def test_a_cron_that_was_deleted_or_changed_meanwhile_does_not_fire(ada: Namespace) -> None:
    define(ada, "gone", "0 3 * * *")
    define(ada, "changed", "0 3 * * *")
    read = [cron(ada, "gone"), cron(ada, "changed")]
    ada.write(lambda frame: schedules.delete(frame, "gone"))
    define(ada, "changed", "0 4 * * *", NEW_YEAR + 2 * HOUR)

    def move(frame: Frame) -> list[bool]:
        return [schedules.moved(frame, before, NEW_YEAR + 3 * HOUR, None) for before in read]

    assert ada.write(move) == [False, False]


def test_a_cron_without_a_next_slot_ends(ada: Namespace) -> None:
    define(ada, "nightly", "0 3 * * *")
    ada.write(lambda frame: frame.system("UPDATE cron SET zone = ?", "Mars/Olympus"))
    define(ada, "other", "0 3 * * *")
    fire_due(ada, NEW_YEAR + DAY)
    assert jobs(ada, "name") == [("other",)]
    assert cron(ada, "nightly").due is None


def test_a_fault_with_one_cron_is_not_that_of_others(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    create = records.create

    def faulty(frame: Frame, **job: Any) -> bool:
        made = create(frame, **job)
        if job["name"] == "bad":
            raise RuntimeError("a fault of ours")
        return made

    monkeypatch.setattr(records, "create", faulty)
    define(ada, "bad", "0 1 * * *")
    define(ada, "good", "0 3 * * *")
    fire_due(ada, NEW_YEAR + 3 * HOUR)
    assert jobs(ada, "name") == [("good",)]
    assert cron(ada, "bad").due == NEW_YEAR + 25 * HOUR
    monkeypatch.undo()
    fire_due(ada, NEW_YEAR + 25 * HOUR)
    assert sorted(jobs(ada, "name")) == [("bad",), ("good",)]


def test_a_cron_whose_slots_cannot_be_computed_is_stopped(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    latest = schedules.latest

    def faulty(schedule: str, *given: Any) -> float:
        if schedule == "0 1 * * *":
            raise RuntimeError("a fault of ours")
        return latest(schedule, *given)

    monkeypatch.setattr(schedules, "latest", faulty)
    define(ada, "bad", "0 1 * * *")
    define(ada, "good", "0 3 * * *")
    fire_due(ada, NEW_YEAR + 3 * HOUR)
    assert jobs(ada, "name") == [("good",)]
    assert cron(ada, "bad").due is None


def test_a_store_that_fails_leaves_the_slot_due(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> bool:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(records, "create", failing)
    define(ada, "nightly", "0 3 * * *")
    with pytest.raises(Unavailable):
        fire_due(ada, NEW_YEAR + 3 * HOUR)
    assert cron(ada, "nightly").due == NEW_YEAR + 3 * HOUR


def test_a_namespace_that_was_never_written_to_has_none(ada: Namespace) -> None:
    fire_due(ada, NEW_YEAR)
    assert not ada.exists()


def test_one_call_sees_to_some_and_the_rest_stays_due(ada: Namespace) -> None:
    def work(frame: Frame) -> None:
        for number in range(AT_ONCE + 1):
            schedules.define(frame, f"c{number}", "0 3 * * *", "UTC", "EMIT 1", NEW_YEAR)

    ada.write(work)
    fire_due(ada, NEW_YEAR + DAY)
    assert len(jobs(ada, "id")) == AT_ONCE
    fire_due(ada, NEW_YEAR + DAY)
    assert len(jobs(ada, "id")) == AT_ONCE + 1


def test_more_crons_than_a_namespace_may_have(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "MOST_CRONS", 2)
    define(ada, "a", "0 3 * * *")
    define(ada, "b", "0 3 * * *")
    define(ada, "b", "0 4 * * *")
    with pytest.raises(OqlError) as raised:
        define(ada, "c", "0 3 * * *")
    assert raised.value.code == Code.QUOTA_EXCEEDED
    assert raised.value.message == "there are 2 crons already"
