"""Schedules in a namespace: every slot becomes one execution, whoever looks, and however long nobody did."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest

from chains.library import Kind
from chains.lowering import ChainRefused
from chains.schedules import firing, given, record
from chains.schedules.firing import fire_due
from chains.schedules.record import LastRun, Schedule
from oql.jobs import records
from oql.jobs.due import next_due
from oql.jobs.pruning import prune
from oql.local import new_id
from substrate.interface import Frame, Namespace
from tests.timers.conftest import Open, jobs

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
NEW_YEAR = 1_767_225_600.0  # 2026-01-01 00:00 UTC, a Thursday


@dataclass
class Launcher:
    """Starts jobs that carry what they were started with; names in `missing` cannot be started."""

    missing: set[str] = field(default_factory=set)

    def __call__(
        self, frame: Frame, kind: Kind, name: str, values: Mapping[str, Any], now: float, *, waits: bool
    ) -> str:
        if name in self.missing:
            raise ChainRefused(f'Chain "{name}" not found')
        job = new_id(4)
        records.create(frame, id=job, kind=kind, name=name, source=f"waits: {waits}", request=values, now=now)
        return job


LAUNCH = Launcher()


def schedule(namespace: Namespace, name: str, cron: str = "0 3 * * *", at: float = NEW_YEAR, **more: Any) -> None:
    made = given.new(f"sched_{name}", {"chainName": name, "cron": cron, **more}, at)
    namespace.write(lambda frame: record.keep(frame, made))


def kept(namespace: Namespace, name: str) -> Schedule:
    found = record.find(namespace, f"sched_{name}")
    assert found
    return found


def last(namespace: Namespace, name: str) -> LastRun:
    found = kept(namespace, name).last
    assert found
    return found


def starts(namespace: Namespace) -> list[tuple[str, float]]:
    """What was started, and when."""
    return [(name, created - NEW_YEAR) for name, created in jobs(namespace, "name", "created")]


def test_a_slot_that_has_come_becomes_an_execution(ada: Namespace) -> None:
    schedule(ada, "brief", type="pipeline", input={"topic": "tech"})
    fire_due(ada, NEW_YEAR + 3 * HOUR - 0.001, LAUNCH)
    assert jobs(ada, "id") == []
    assert next_due(ada, NEW_YEAR) == NEW_YEAR + 3 * HOUR
    fire_due(ada, NEW_YEAR + 3 * HOUR, LAUNCH)
    assert jobs(ada, "kind", "name", "source", "request") == [("pipeline", "brief", "waits: True", '{"topic":"tech"}')]
    [(id_,)] = jobs(ada, "id")
    assert last(ada, "brief") == LastRun(NEW_YEAR + 3 * HOUR, id_)
    assert kept(ada, "brief").due == NEW_YEAR + DAY + 3 * HOUR


def test_a_slot_fires_once(ada: Namespace) -> None:
    schedule(ada, "often", "*/5 * * * *")
    for seconds in (300, 300, 301, 599, 600, 600):
        fire_due(ada, NEW_YEAR + seconds, LAUNCH)
    assert starts(ada) == [("often", 300), ("often", 600)]


def test_of_the_runs_that_a_downtime_has_missed_one_is_made_or_none(opened: Open) -> None:
    before = opened().namespace("ada")
    schedule(before, "once", "*/5 * * * *")
    schedule(before, "none", "*/5 * * * *", catch_up="none")
    later = opened().namespace("ada")  # as after a restart
    now = 3 * DAY + 7 * MINUTE
    fire_due(later, NEW_YEAR + now, LAUNCH)
    fire_due(later, NEW_YEAR + now, LAUNCH)
    assert starts(later) == [("once", now)]
    assert kept(later, "none").last is None
    assert {kept(later, name).due for name in ("once", "none")} == {NEW_YEAR + 3 * DAY + 10 * MINUTE}


def test_a_slot_of_this_minute_is_not_missed(ada: Namespace) -> None:
    schedule(ada, "none", "*/5 * * * *", catch_up="none")
    fire_due(ada, NEW_YEAR + 10 * MINUTE + 59.875, LAUNCH)  # that of 0:05 is, that of 0:10 is not
    fire_due(ada, NEW_YEAR + 16 * MINUTE, LAUNCH)
    assert starts(ada) == [("none", 10 * MINUTE + 59.875)]


def test_on_the_days_on_which_clocks_are_changed(ada: Namespace) -> None:
    spring, autumn = 1_774_738_800.0, 1_792_879_200.0  # 2026-03-28 23:00 and 2026-10-24 22:00, midnights of Berlin
    for start, name in ((spring, "spring"), (autumn, "autumn")):
        schedule(ada, name, "30 2 * * *", start, timezone="Europe/Berlin")
        for minute in range(0, 24 * 60, 10):
            fire_due(ada, start + minute * MINUTE, LAUNCH)
        ada.write(lambda frame, name=name: record.delete(frame, f"sched_{name}"))  # type: ignore[misc] # bound here
    assert jobs(ada, "name", "created") == [("spring", spring + 2 * HOUR), ("autumn", autumn + 2.5 * HOUR)]


def test_schedulers_that_race_fire_a_slot_once(opened: Open) -> None:
    handles = [opened().namespace("ada") for _ in range(2)]
    names = [f"s{number}" for number in range(4)]
    for name in names:
        schedule(handles[0], name, "* * * * *")
    together = Barrier(4)

    def race(namespace: Namespace) -> None:
        for minute in range(1, 5):
            together.wait()
            fire_due(namespace, NEW_YEAR + minute * MINUTE, LAUNCH)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(race, handle) for handle in handles * 2]:
            done.result()
    expected = [(name, minute * MINUTE) for name in names for minute in range(1, 5)]
    assert sorted(starts(handles[0])) == expected


def test_one_that_was_switched_off_or_deleted_does_not_fire(ada: Namespace) -> None:
    for name in ("off", "gone", "moved"):
        schedule(ada, name)
    off = given.toggled(kept(ada, "off"), NEW_YEAR)
    moved = given.changed(kept(ada, "moved"), {"cron": "0 5 * * *"}, NEW_YEAR)
    for each in (off, moved):
        ada.write(lambda frame, each=each: record.keep(frame, each))  # type: ignore[misc] # bound here
    ada.write(lambda frame: record.delete(frame, "sched_gone"))
    fire_due(ada, NEW_YEAR + 4 * HOUR, LAUNCH)
    assert starts(ada) == []
    assert next_due(ada, NEW_YEAR) == NEW_YEAR + 5 * HOUR


def test_a_run_that_cannot_start_is_told_in_the_schedule(ada: Namespace) -> None:
    schedule(ada, "brief")
    fire_due(ada, NEW_YEAR + 3 * HOUR, Launcher({"brief"}))
    assert starts(ada) == []
    assert last(ada, "brief") == LastRun(NEW_YEAR + 3 * HOUR, None, "error", 'Chain "brief" not found')
    fire_due(ada, NEW_YEAR + 27 * HOUR, LAUNCH)
    assert last(ada, "brief").error is None
    assert len(starts(ada)) == 1


def test_a_fault_with_one_schedule_is_not_that_of_others(ada: Namespace) -> None:
    class Faulty(Launcher):
        def __call__(
            self, frame: Frame, kind: Kind, name: str, values: Mapping[str, Any], now: float, *, waits: bool
        ) -> str:
            job = super().__call__(frame, kind, name, values, now, waits=waits)
            if name == "bad":
                raise RuntimeError("a fault of ours")
            return job

    schedule(ada, "bad", "0 1 * * *")
    schedule(ada, "good")
    fire_due(ada, NEW_YEAR + 3 * HOUR, Faulty())
    assert starts(ada) == [("good", 3 * HOUR)]
    assert (last(ada, "bad").id, last(ada, "bad").outcome) == (None, "error")
    assert str(last(ada, "bad").error).startswith("internal error ")
    assert kept(ada, "bad").due == NEW_YEAR + 25 * HOUR


def test_what_came_of_the_last_run(ada: Namespace) -> None:
    schedule(ada, "brief")
    fire_due(ada, NEW_YEAR + 3 * HOUR, LAUNCH)
    run = last(ada, "brief").id
    assert run
    for state, answer, expected in (
        ("running", None, (None, None)),
        ("suspended", None, (None, None)),
        ("complete", '{"result":"x"}', ("done", None)),
        ("error", '{"error":{"code":"ChainFailed","message":"it broke"}}', ("error", "it broke")),
        ("cancelled", '{"error":null,"cancelled_by":"ada"}', ("error", "Cancelled by user")),
    ):
        ada.write(lambda frame, s=state, a=answer: frame.system("UPDATE job SET state = ?, answer = ?", s, a))  # type: ignore[misc] # bound here
        assert (last(ada, "brief").outcome, last(ada, "brief").error) == expected


def test_what_came_of_it_is_known_when_the_run_is_forgotten(ada: Namespace) -> None:
    schedule(ada, "monthly", "0 0 2 * *")
    fire_due(ada, NEW_YEAR + DAY, LAUNCH)
    ended = NEW_YEAR + DAY + HOUR
    ada.write(lambda frame: frame.system("UPDATE job SET state = 'complete', finished = ?, due = NULL", ended))

    def forget(frame: Frame) -> int:
        record.settle(frame)
        return prune(frame, NEW_YEAR + 16 * DAY, 7 * DAY, keep_executions_s=7 * DAY)

    assert ada.write(forget) == 1
    assert last(ada, "monthly").outcome == "done"
    assert kept(ada, "monthly").due == NEW_YEAR + 32 * DAY


def test_a_run_outside_of_its_times(ada: Namespace) -> None:
    schedule(ada, "brief", enabled=False)

    def run(frame: Frame, launcher: Launcher, now: float) -> LastRun:
        found = record.find(frame, "sched_brief")
        assert found
        return firing.run_now(frame, found, now, lambda: launcher(frame, "chain", "brief", {}, now, waits=False))

    started = ada.write(lambda frame: run(frame, LAUNCH, NEW_YEAR + 5))
    assert last(ada, "brief") == started
    assert kept(ada, "brief").due is None
    refused = ada.write(lambda frame: run(frame, Launcher({"brief"}), NEW_YEAR + 6))
    assert (refused.id, refused.error) == (None, 'Chain "brief" not found')
    assert starts(ada) == [("brief", 5)]


def test_one_without_a_next_slot_ends(ada: Namespace) -> None:
    schedule(ada, "brief")
    schedule(ada, "other")
    record_of = "SELECT record FROM chain_schedule WHERE id = 'sched_brief'"
    [(text,)] = ada.system(record_of)
    lost = str(text).replace('"UTC"', '"Mars/Olympus"')
    ada.write(lambda frame: frame.system("UPDATE chain_schedule SET record = ? WHERE id = 'sched_brief'", lost))
    fire_due(ada, NEW_YEAR + DAY, LAUNCH)
    assert starts(ada) == [("other", DAY)]
    assert kept(ada, "brief").due is None
    assert last(ada, "brief").outcome == "error"


def test_a_namespace_that_was_never_written_to_has_none(ada: Namespace) -> None:
    fire_due(ada, NEW_YEAR, LAUNCH)
    assert not ada.exists()


def test_one_call_sees_to_some_and_the_rest_stays_due(ada: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "AT_ONCE", 2)
    for number in range(3):
        schedule(ada, f"s{number}")
    fire_due(ada, NEW_YEAR + DAY, LAUNCH)
    assert len(starts(ada)) == 2
    fire_due(ada, NEW_YEAR + DAY, LAUNCH)
    assert len(starts(ada)) == 3
