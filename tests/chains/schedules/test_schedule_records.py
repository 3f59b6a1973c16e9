"""What clients may say of schedules, and what is shown of them."""

from typing import Any

import pytest

from chains.schedules import given, record
from chains.schedules.given import ScheduleRefused
from chains.schedules.record import LastRun, Schedule
from chains.schedules.shown import shown
from substrate.interface import Namespace

NEW_YEAR = 1_767_225_600.0  # 2026-01-01 00:00 UTC, a Thursday
HOUR = 3_600.0
DAILY = {"chainName": "brief", "cron": "0 8 * * *"}


def made(**more: Any) -> Schedule:
    return given.new("sched_0123456789ab", DAILY | more, NEW_YEAR)


def test_a_schedule_with_nothing_but_a_chain_and_times() -> None:
    assert shown(made()) == {
        "id": "sched_0123456789ab", "label": "brief", "type": "chain", "chainName": "brief", "input": {},
        "cron": "0 8 * * *", "timezone": "UTC", "enabled": True, "catch_up": "once",
        "createdAt": "2026-01-01T00:00:00.000Z", "nextRunAt": "2026-01-01T08:00:00.000Z",
    }  # fmt: skip


def test_a_schedule_with_everything() -> None:
    schedule = made(label="Daily briefing", type="pipeline", input={"topic": "tech", "n": 3}, timezone="Asia/Kolkata",
                    enabled=False, catch_up="none", unheard_of=1)  # fmt: skip
    told = shown(schedule)
    assert (told["label"], told["type"], told["input"]) == ("Daily briefing", "pipeline", {"topic": "tech", "n": 3})
    assert (told["timezone"], told["enabled"], told["catch_up"]) == ("Asia/Kolkata", False, "none")
    assert "nextRunAt" not in told
    assert "unheard_of" not in told


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"chainName": None}, "chainName and cron are required"),
        ({"chainName": ""}, "chainName and cron are required"),
        ({"cron": ""}, "chainName and cron are required"),
        ({"chainName": 5}, "chainName and cron are required"),
        ({"chainName": "../etc"}, 'Invalid name: "../etc"'),
        ({"cron": 5}, "Invalid cron expression"),
        ({"cron": "0 0 30 2 *"}, "Invalid cron expression"),
        ({"cron": "8 o'clock"}, "Invalid cron expression"),
        ({"timezone": "Mars/Olympus"}, "Invalid timezone"),
        ({"timezone": 1}, "Invalid timezone"),
        ({"type": "job"}, "type must be chain or pipeline"),
        ({"input": []}, "input must be an object"),
        ({"enabled": "yes"}, "enabled must be true or false"),
        ({"catch_up": "all"}, "catch_up must be once or none"),
        ({"label": 5}, "label must be text of at most 200 characters"),
    ],
)
def test_what_does_not_fit(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ScheduleRefused) as new:
        given.new("sched_1", DAILY | said, NEW_YEAR)
    with pytest.raises(ScheduleRefused) as changed:
        given.changed(made(), said, NEW_YEAR)
    assert str(new.value) == message
    # of a change alone it is known that there was a schedule before
    assert str(changed.value) == ("Invalid cron expression" if said == {"cron": ""} else message)


def test_a_change_of_times_moves_the_next_run_and_no_other_change_does() -> None:
    before, later = made(), NEW_YEAR + 9 * HOUR  # the run of 8:00 has not been started yet
    assert given.changed(before, {"label": "x", "input": {"a": 1}, "id": "y"}, later).due == NEW_YEAR + 8 * HOUR
    assert given.changed(before, {"cron": "0 9 * * *"}, later).due == NEW_YEAR + 33 * HOUR
    assert given.changed(before, {"timezone": "Europe/Berlin"}, later).due == NEW_YEAR + 31 * HOUR
    off = given.changed(before, {"enabled": False}, later)
    assert (off.enabled, off.due) == (False, None)
    assert given.changed(off, {"enabled": True}, later).due == NEW_YEAR + 32 * HOUR
    assert given.changed(off, {"cron": "0 7 * * *"}, later).due is None


def test_a_field_that_is_null_is_as_good_as_absent() -> None:
    nothing = dict.fromkeys(("label", "type", "input", "timezone", "enabled", "catch_up"))
    assert made(**nothing) == made()
    other = made(label="x", type="pipeline", input={"a": 1}, timezone="Asia/Kolkata", enabled=False, catch_up="none")
    assert given.changed(other, nothing, NEW_YEAR + HOUR) == other


def test_switched_off_and_on_again() -> None:
    off = given.toggled(made(), NEW_YEAR + HOUR)
    on = given.toggled(off, NEW_YEAR + 10 * HOUR)
    assert (off.enabled, off.due, on.enabled, on.due) == (False, None, True, NEW_YEAR + 32 * HOUR)


def test_what_is_kept_comes_back(ada: Namespace) -> None:
    one = made(input={"deep": {"list": [1, "a", None]}})
    two = given.new("sched_two", DAILY | {"enabled": False}, NEW_YEAR - 1)
    failed = given.new("sched_three", DAILY, NEW_YEAR + 1)
    failed = Schedule(**{**{name: getattr(failed, name) for name in Schedule.__slots__},
                         "last": LastRun(NEW_YEAR, None, "error", "no such chain")})  # fmt: skip
    for each in (one, two, failed):
        ada.write(lambda frame, each=each: record.keep(frame, each))  # type: ignore[misc] # bound here
    assert record.listed(ada) == [two, one, failed]
    assert record.find(ada, one.id) == one
    assert shown(failed)["lastRunError"] == "no such chain"
    assert ada.write(lambda frame: [record.delete(frame, one.id), record.delete(frame, one.id)]) == [True, False]
    assert record.find(ada, one.id) is None
    assert record.count(ada) == 2
