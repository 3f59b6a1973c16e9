"""When schedules come: worked out by hand from the calendar, and from the days on which clocks are changed.

Berlin 2026: at 01:00 UTC on 29 March 02:00 becomes 03:00 (+1 to +2), at 01:00 UTC on 25 October 03:00 becomes 02:00.
New York 2026: at 07:00 UTC on 8 March 02:00 becomes 03:00 (-5 to -4), at 06:00 UTC on 1 November 02:00 becomes 01:00.
"""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, strategies

from oql.errors import Code, OqlError
from oql.schedules import latest, next_after

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def slots(schedule: str, zone: str, since: str, count: int) -> list[str]:
    """The next slots behind a moment, which is in UTC as they are."""
    found, at = [], unix(since)
    for _ in range(count):
        at = next_after(schedule, zone, at) or 0.0
        found.append(datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M"))
    return found


PLAIN = [
    ("* * * * *", "2026-01-15 08:00:30", ["2026-01-15 08:01", "2026-01-15 08:02"]),
    ("*/15 * * * *", "2026-01-15 08:07", ["2026-01-15 08:15", "2026-01-15 08:30"]),
    ("7-59/20 * * * *", "2026-01-15 08:00", ["2026-01-15 08:07", "2026-01-15 08:27", "2026-01-15 08:47"]),
    ("0 3 * * *", "2026-01-15 03:00", ["2026-01-16 03:00", "2026-01-17 03:00"]),
    ("0 3 * * *", "2026-01-15 02:59:59.999", ["2026-01-15 03:00"]),
    ("30 8,17 * * *", "2026-01-15 12:00", ["2026-01-15 17:30", "2026-01-16 08:30"]),
    ("0 9 * * 1-5", "2026-01-16 09:00", ["2026-01-19 09:00"]),  # from a Friday to the Monday
    ("0 9 * * mon-fri", "2026-01-16 09:00", ["2026-01-19 09:00"]),
    ("0 0 * * 0", "2026-01-15 00:00", ["2026-01-18 00:00"]),
    ("0 0 * * 7", "2026-01-15 00:00", ["2026-01-18 00:00"]),
    ("0 0 1 * *", "2026-01-15 00:00", ["2026-02-01 00:00", "2026-03-01 00:00"]),
    ("0 0 31 * *", "2026-01-31 00:00", ["2026-03-31 00:00", "2026-05-31 00:00"]),
    ("0 0 L * *", "2026-01-31 00:00", ["2026-02-28 00:00", "2026-03-31 00:00"]),
    ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
    ("0 12 13 * 5", "2026-01-10 00:00", ["2026-01-13 12:00", "2026-01-16 12:00"]),  # the 13th, or a Friday
    ("0 12 * * 5#1", "2026-01-10 00:00", ["2026-02-06 12:00"]),  # the first Friday of a month
    ("59 23 31 12 *", "2026-01-01 00:00", ["2026-12-31 23:59", "2027-12-31 23:59"]),
    ("0 */6 * * *", "2026-01-15 05:00", ["2026-01-15 06:00", "2026-01-15 12:00"]),
    ("5 4 * jun-aug sun", "2026-01-15 05:00", ["2026-06-07 04:05"]),
    ("  0  3 * * *  ", "2026-01-15 02:00", ["2026-01-15 03:00"]),
]


@pytest.mark.parametrize(("schedule", "since", "expected"), PLAIN)
def test_in_utc(schedule: str, since: str, expected: list[str]) -> None:
    assert slots(schedule, "UTC", since, len(expected)) == expected


ZONED = [
    ("0 3 * * *", BERLIN, "2026-01-15 02:00", ["2026-01-16 02:00"]),
    ("0 3 * * *", BERLIN, "2026-07-15 00:30", ["2026-07-15 01:00"]),
    ("0 0 1 1 *", "Asia/Kolkata", "2026-01-15 00:00", ["2026-12-31 18:30"]),
    ("45 5 * * *", "Asia/Kathmandu", "2026-01-15 00:00", ["2026-01-16 00:00"]),
    # the hour that is left out in spring: what falls into it comes at its end, once
    ("30 2 * * *", BERLIN, "2026-03-28 00:00", ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"]),
    ("0,30 2 * * *", BERLIN, "2026-03-29 00:00", ["2026-03-29 01:00", "2026-03-30 00:00", "2026-03-30 00:30"]),
    ("* 2 * * *", BERLIN, "2026-03-29 00:00", ["2026-03-29 01:00", "2026-03-30 00:00"]),
    ("*/30 2 * * *", BERLIN, "2026-03-29 00:00", ["2026-03-29 01:00", "2026-03-30 00:00"]),
    ("0 3 * * *", BERLIN, "2026-03-28 03:00", ["2026-03-29 01:00", "2026-03-30 01:00"]),
    ("0 2,3 * * *", BERLIN, "2026-03-28 03:00", ["2026-03-29 01:00", "2026-03-30 00:00"]),
    ("30 2,3 * * *", BERLIN, "2026-03-28 03:00", ["2026-03-29 01:00", "2026-03-29 01:30", "2026-03-30 00:30"]),
    ("0 */2 * * *", BERLIN, "2026-03-28 23:00", ["2026-03-29 01:00", "2026-03-29 02:00"]),
    ("30 2 * * *", NEW_YORK, "2026-03-07 08:00", ["2026-03-08 07:00", "2026-03-09 06:30"]),
    # an hour that comes twice in autumn: the first one counts
    ("30 2 * * *", BERLIN, "2026-10-24 12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
    ("*/30 2 * * *", BERLIN, "2026-10-24 12:00", ["2026-10-25 00:00", "2026-10-25 00:30", "2026-10-26 01:00"]),
    ("30 2 * * *", BERLIN, "2026-10-25 01:10", ["2026-10-26 01:30"]),  # asked during the second pass
    ("0 3 * * *", BERLIN, "2026-10-24 12:00", ["2026-10-25 02:00", "2026-10-26 02:00"]),
    ("30 */2 * * *", BERLIN, "2026-10-24 22:30", ["2026-10-25 00:30", "2026-10-25 03:30"]),
    ("30 1 * * *", NEW_YORK, "2026-10-31 12:00", ["2026-11-01 05:30", "2026-11-02 06:30"]),
    ("0 1 * * *", NEW_YORK, "2026-11-01 05:15", ["2026-11-02 06:00"]),
    # where the hour is * time goes on as it always does
    ("30 * * * *", BERLIN, "2026-03-29 00:00", ["2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"]),
    ("30 * * * *", BERLIN, "2026-10-25 00:00", ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"]),
    ("30 0-23 * * *", BERLIN, "2026-10-25 00:00", ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"]),
    ("*/20 * * * *", NEW_YORK, "2026-03-08 06:40", ["2026-03-08 07:00", "2026-03-08 07:20"]),
    ("*/30 * * * *", NEW_YORK, "2026-11-01 05:30", ["2026-11-01 06:00", "2026-11-01 06:30", "2026-11-01 07:00"]),
]


@pytest.mark.parametrize(("schedule", "zone", "since", "expected"), ZONED)
def test_in_zones(schedule: str, zone: str, since: str, expected: list[str]) -> None:
    assert slots(schedule, zone, since, len(expected)) == expected


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, "Australia/Lord_Howe"])
@pytest.mark.parametrize("schedule", ["30 2 * * *", "15 1 * * *", "0 * * * *", "0 */3 * * *", "0 0 * * *"])
def test_a_daily_slot_comes_once_a_day_all_year(zone: str, schedule: str) -> None:
    found = []
    at = unix("2026-01-01")
    while at < unix("2027-01-01"):
        at = next_after(schedule, zone, at) or 0.0
        found.append(at)
    assert all(earlier < later for earlier, later in pairwise(found))
    a_day = {"30 2 * * *": 1, "15 1 * * *": 1, "0 * * * *": 24, "0 */3 * * *": 8, "0 0 * * *": 1}[schedule]
    assert abs(len(found) - 365 * a_day) <= 1


@pytest.mark.parametrize(
    ("schedule", "slot", "now", "expected"),
    [
        ("0 3 * * *", "2026-01-15 03:00", "2026-01-15 03:00", "2026-01-15 03:00"),
        ("0 3 * * *", "2026-01-15 03:00", "2026-01-18 02:59:59", "2026-01-17 03:00"),
        ("* * * * *", "2020-01-01 00:00", "2026-01-18 02:59:59", "2026-01-18 02:59"),
        ("* * * * *", "2026-01-18 02:58", "2026-01-18 02:59:00", "2026-01-18 02:59"),
        ("0 0 29 2 *", "1996-02-29 00:00", "2026-01-01 00:00", "2024-02-29 00:00"),
        ("0 0 1 * *", "2026-01-01 00:00", "2026-01-31 23:59", "2026-01-01 00:00"),
    ],
)
def test_the_last_slot_that_has_come(schedule: str, slot: str, now: str, expected: str) -> None:
    assert latest(schedule, "UTC", unix(slot), unix(now)) == unix(expected)


BAD = [
    ("", "expected a schedule of five fields, found ``", 'write "minute hour day month weekday"'),
    ("0 3", "expected a schedule of five fields, found `0 3`", 'write "minute hour day month weekday"'),
    ("0 0 3 * * *", "expected a schedule of five fields", "such as"),
    ("@daily", "`@daily` is no schedule here", 'write "0 0 * * *"'),
    ("@Hourly", "`@Hourly` is no schedule here", 'write "0 * * * *"'),
    ("60 * * * *", "expected a minute in the schedule `60 * * * *`, found `60`", "0 to 59"),
    ("*/0 * * * *", "expected a minute", "a step */2"),
    ("0 24 * * *", "expected an hour", "0 to 23"),
    ("0 5-1 * * *", "expected an hour", "0 to 23"),
    ("0 0 32 * *", "expected a day of the month", "1 to 31"),
    ("0 0 * 13 *", "expected a month", "JAN to DEC"),
    ("0 0 * * 8", "expected a day of the week", "SUN to SAT"),
    ("0 0 * * fri-", "expected a day of the week", "SUN to SAT"),
    ("0 0 31 2 *", "the schedule `0 0 31 2 *` never comes", "days that the months have"),
    ("0 0 30 2 *", "the schedule `0 0 30 2 *` never comes", "days that the months have"),
    ("٣ * * * *", "expected a schedule of five fields", "such as"),
    ("0 " * 300, "expected a schedule of five fields, found one that is too long", "such as"),
]


@pytest.mark.parametrize(("schedule", "message", "hint"), BAD)
def test_what_is_no_schedule(schedule: str, message: str, hint: str) -> None:
    with pytest.raises(OqlError) as raised:
        next_after(schedule, "UTC", 0.0)
    assert raised.value.code == Code.CAST_FAILED
    assert message in raised.value.message
    assert hint in str(raised.value.hint)


@pytest.mark.parametrize("zone", ["Europa/Berlin", "", "../etc/passwd", "Europe", "/etc/localtime", "x" * 5_000])
def test_what_is_no_zone(zone: str) -> None:
    with pytest.raises(OqlError) as raised:
        next_after("0 3 * * *", zone, 0.0)
    assert raised.value.code == Code.CAST_FAILED
    assert "is not a time zone" in raised.value.message


def test_a_zone_that_was_probably_meant() -> None:
    with pytest.raises(OqlError) as raised:
        next_after("0 3 * * *", "europe/berlin ", 0.0)
    assert raised.value.hint == "did you mean `Europe/Berlin`?"


_PIECES = strategies.text("0123456789*/-,LW#JANMON@ ", max_size=6)


@given(strategies.lists(_PIECES, min_size=4, max_size=6).map(" ".join))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    since = unix("2026-03-28")
    try:
        found = next_after(text, BERLIN, since)
    except OqlError:
        return
    assert found is None or found > since
