"""When schedules come, worked out by hand from the calendar and from the days on which clocks are changed.

Berlin 2026: at 01:00 UTC on 29 March 02:00 becomes 03:00 (+1 to +2), at 01:00 UTC on 25 October 03:00 becomes 02:00.
New York 2026: at 07:00 UTC on 8 March 02:00 becomes 03:00 (-5 to -4), at 06:00 UTC on 1 November 02:00 becomes 01:00.
Lord Howe 2026: at 15:00 UTC on 4 April 02:00 becomes 01:30 (+11 to +10:30); at 15:30 UTC on 3 October 02:00 becomes
02:30. Havana 2026: at 05:00 UTC on 8 March 00:00 becomes 01:00 (-5 to -4), at 05:00 UTC on 1 November 01:00 becomes
00:00. Apia had no 30 December 2011: at 10:00 UTC that day the 29th became the 31st (-10 to +14).
"""

from datetime import UTC, datetime

import pytest

from chains.schedules.crons import latest, next_after, wrong

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
HAVANA, APIA = "America/Havana", "Pacific/Apia"


def unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def slots(cron: str, zone: str, since: str, count: int) -> list[str]:
    """The next slots behind a moment; all in UTC, slots of another day with their day."""
    found, at = [], unix(since)
    for _ in range(count):
        at = next_after(cron, zone, at) or 0.0
        shown = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
        found.append(shown.removeprefix(since[:11]))
    return found


DAYS = [
    ("0 12 13 * 5", "2026-01-10 00:00", ["2026-01-13 12:00", "2026-01-16 12:00"]),  # the 13th, or a Friday
    ("0 12 13 * */5", "2026-01-10 00:00", ["2026-02-13 12:00", "2026-03-13 12:00"]),  # the 13th that is 0 or 5 (Friday)
    ("0 12 */13 * 5", "2026-01-01 00:00", ["2026-02-27 12:00"]),  # the 1st, 14th or 27th that is a Friday
    ("0 0 * * 0", "2026-01-15 00:00", ["2026-01-18 00:00"]),
    ("0 0 * * 7", "2026-01-15 00:00", ["2026-01-18 00:00"]),
    ("0 0 * * 5-7", "2026-01-15 00:00", ["2026-01-16 00:00", "2026-01-17 00:00", "2026-01-18 00:00"]),
    ("10-30/10 8 * * *", "2026-01-15 00:00", ["08:10", "08:20", "08:30"]),
    ("*/20,5 8 * * *", "2026-01-15 00:00", ["08:00", "08:05", "08:20", "08:40"]),
    ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
]


@pytest.mark.parametrize(("cron", "since", "expected"), DAYS)
def test_fields(cron: str, since: str, expected: list[str]) -> None:
    assert slots(cron, "UTC", since, len(expected)) == expected


CLOCK_CHANGES = [
    # what is skipped comes at the next time that exists, once
    (BERLIN, "30 2 * * *", "2026-03-29 00:00", ["01:00", "2026-03-30 00:30"]),
    (BERLIN, "0,30 2 * * *", "2026-03-29 00:00", ["01:00", "2026-03-30 00:00"]),
    (BERLIN, "15 * * * *", "2026-03-29 00:00", ["00:15", "01:00", "01:15", "02:15"]),
    (BERLIN, "0 3 * * *", "2026-03-29 00:00", ["01:00", "2026-03-30 01:00"]),
    (BERLIN, "59 1 * * *", "2026-03-29 00:00", ["00:59", "23:59"]),
    (NEW_YORK, "30 2 * * *", "2026-03-08 00:00", ["07:00", "2026-03-09 06:30"]),
    (LORD_HOWE, "15 2 * * *", "2026-10-03 00:00", ["15:30", "2026-10-04 15:15"]),
    (HAVANA, "0 0 * * *", "2026-03-08 00:00", ["05:00", "2026-03-09 04:00"]),
    (APIA, "0 12 * * *", "2011-12-28 00:00", ["22:00", "2011-12-29 22:00", "2011-12-30 10:00", "2011-12-30 22:00"]),
    # what is doubled comes the first time alone, also where every hour is meant
    (BERLIN, "30 2 * * *", "2026-10-25 00:00", ["00:30", "2026-10-26 01:30"]),
    (BERLIN, "30 2 * * *", "2026-10-25 01:10", ["2026-10-26 01:30"]),
    (BERLIN, "0 * * * *", "2026-10-24 23:30", ["2026-10-25 00:00", "2026-10-25 02:00", "2026-10-25 03:00"]),
    (BERLIN, "*/30 * * * *", "2026-10-25 00:00", ["00:30", "02:00", "02:30"]),
    (NEW_YORK, "30 1 * * *", "2026-11-01 00:00", ["05:30", "2026-11-02 06:30"]),
    (LORD_HOWE, "*/15 * * * *", "2026-04-04 14:20", ["14:30", "14:45", "15:30", "15:45"]),
    (HAVANA, "0 0 * * *", "2026-10-31 05:00", ["2026-11-01 04:00", "2026-11-02 05:00"]),
    (HAVANA, "30 0 * * *", "2026-11-01 04:40", ["2026-11-02 05:30"]),
]


@pytest.mark.parametrize(("zone", "cron", "since", "expected"), CLOCK_CHANGES)
def test_on_days_on_which_clocks_are_changed(zone: str, cron: str, since: str, expected: list[str]) -> None:
    assert slots(cron, zone, since, len(expected)) == expected


@pytest.mark.parametrize(
    ("zone", "cron", "first", "now", "expected"),
    [
        ("UTC", "*/5 * * * *", "2026-01-01 00:05", "2026-01-03 10:12", "2026-01-03 10:10"),
        ("UTC", "0 3 * * *", "2026-01-01 03:00", "2026-01-01 03:00", "2026-01-01 03:00"),
        (BERLIN, "*/30 * * * *", "2026-10-25 00:00", "2026-10-25 01:59", "2026-10-25 00:30"),
        (BERLIN, "30 2 * * *", "2026-03-27 01:30", "2026-03-29 20:00", "2026-03-29 01:00"),
    ],
)
def test_the_last_slot_of_those_that_have_passed(zone: str, cron: str, first: str, now: str, expected: str) -> None:
    assert latest(cron, zone, unix(first), unix(now)) == unix(expected)


@pytest.mark.parametrize(
    "cron",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "0 0 0 * *", "0 0 32 * *", "0 0 1 13 *", "0 0 * * 8",
     "5-1 * * * *", "*/0 * * * *", "@daily", "every day", "0 0 30 2 *", "0 0 31 4,6 *", "0 0 31 2 */3", 5, None, ["*"]],
)  # fmt: skip
def test_what_is_no_cron(cron: object) -> None:
    message, _ = wrong(cron, "UTC", 0.0) or ("", "")
    assert message == "Invalid cron expression"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", 2, None])
def test_what_is_no_zone(zone: object) -> None:
    message, _ = wrong("0 0 * * *", zone, 0.0) or ("", "")
    assert message == "Invalid timezone"
    assert wrong("0 0 30 2 1", "Asia/Kathmandu", 0.0) is None  # on Mondays in February
