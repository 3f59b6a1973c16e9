"""The times that a rule names: by hand from RFC 5545, and those that dateutil finds where that can be asked."""

from datetime import datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, strategies as st

from oql.calendars import rules
from oql.errors import OqlError
from tests.fuzz.dose import dose

# Examples of RFC 5545, 3.8.5.3; all start at 9:00 on a wall clock.
BY_HAND = [
    ("FREQ=DAILY;INTERVAL=10", "1997-09-02", ["1997-09-02", "1997-09-12", "1997-09-22", "1997-10-02", "1997-10-12"]),
    ("FREQ=YEARLY;BYMONTH=6,7", "1997-06-10", ["1997-06-10", "1997-07-10", "1998-06-10", "1998-07-10", "1999-06-10"]),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
        "1997-09-01",
        ["1997-09-01", "1997-09-03", "1997-09-05", "1997-09-15", "1997-09-17", "1997-09-19", "1997-09-29"],
    ),
    ("FREQ=MONTHLY;BYDAY=1FR", "1997-09-05", ["1997-09-05", "1997-10-03", "1997-11-07", "1997-12-05", "1998-01-02"]),
    (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU",
        "1997-09-07",
        ["1997-09-07", "1997-09-28", "1997-11-02", "1997-11-30", "1998-01-04", "1998-01-25"],
    ),
    ("FREQ=MONTHLY;BYDAY=-2MO", "1997-09-22", ["1997-09-22", "1997-10-20", "1997-11-17", "1997-12-22", "1998-01-19"]),
    ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", ["1997-09-28", "1997-10-29", "1997-11-28", "1997-12-29"]),
    (
        "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200",
        "1997-01-01",
        ["1997-01-01", "1997-04-10", "1997-07-19", "2000-01-01", "2000-04-09", "2000-07-18", "2003-01-01"],
    ),
    ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", ["1997-05-19", "1998-05-18", "1999-05-17"]),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13", ["1998-02-13", "1998-03-13", "1998-11-13", "1999-08-13"]),
    (
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05",
        ["1996-11-05", "2000-11-07", "2004-11-02"],
    ),
    (
        "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3",
        "1997-09-04",
        ["1997-09-04", "1997-10-07", "1997-11-06", "1997-12-04"],
    ),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29",
        ["1997-09-29", "1997-10-30", "1997-11-27", "1997-12-30", "1998-01-29"],
    ),
    # the first week day of WKST decides which weeks are left out
    (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
        "1997-08-05",
        ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        "1997-08-05",
        ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
    ),
    # the start counts, whether the rule names it or not
    ("FREQ=WEEKLY;BYDAY=MO", "1997-09-02", ["1997-09-02", "1997-09-08", "1997-09-15"]),
]  # fmt: skip


def nobody_looks() -> None:
    """A run that has all the time."""


@pytest.mark.parametrize(("text", "start", "expected"), BY_HAND)
def test_times_of(text: str, start: str, expected: list[str]) -> None:
    begins = datetime.fromisoformat(f"{start}T09:00:00")
    found = islice(rules.occurrences(rules.read(text), begins, begins, nobody_looks), len(expected))
    assert [each.isoformat() for each in found] == [f"{day}T09:00:00" for day in expected]


def test_times_of_a_day() -> None:
    rule = rules.read("FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20,40")
    start = datetime.fromisoformat("1997-09-02T09:00:00")
    found = [each.strftime("%d %H:%M") for each in islice(rules.occurrences(rule, start, start, nobody_looks), 7)]
    assert found == ["02 09:00", "02 09:20", "02 09:40", "02 10:00", "02 10:20", "02 10:40", "03 09:00"]


def test_a_search_begins_where_it_is_asked_to() -> None:
    rule, start = rules.read("FREQ=DAILY"), datetime.fromisoformat("1900-01-01T09:00:00")
    looks: list[int] = []
    after = datetime.fromisoformat("2199-06-01T00:00:00")
    found = next(rules.occurrences(rule, start, after, lambda: looks.append(1)))
    assert found == datetime.fromisoformat("2199-06-01T09:00:00")
    assert len(looks) == 1


def test_a_rule_that_names_nothing_ends_with_the_calendars_and_looks_all_the_while() -> None:
    rule, start = rules.read("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), datetime.fromisoformat("2100-01-01T09:00:00")
    looks: list[int] = []
    assert list(rules.occurrences(rule, start, start, lambda: looks.append(1))) == [start]
    assert len(looks) > 100


@pytest.mark.parametrize(
    "text",
    [
        "", "FREQ", "FREQ=", "FREQ=SECONDLY", "FREQ=MINUTELY", "INTERVAL=2", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;INTERVAL=1001",
        "FREQ=DAILY;COUNT=1e3", "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYSETPOS=367", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=54MO", "FREQ=MONTHLY;BYDAY=MO,",
        "FREQ=DAILY;UNTIL=20260230", "FREQ=DAILY;UNTIL=2026", "FREQ=DAILY;WKST=M", "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;X=1", "FREQ=DAILY;BYMONTH=\uff11", "FREQ=DAILY;BYMONTH=+-1", "FREQ=DAILY;" + "BYMONTH=1;" * 200,
        f"FREQ=DAILY;BYHOUR=1,2;BYMINUTE={','.join(map(str, range(51)))}",
    ],
)  # fmt: skip
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(OqlError):
        rules.read(text)


_days = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)


@st.composite
def _rules(draw: st.DrawFn) -> str:
    """Rules that name something in every few years: dateutil searches others to the end of time."""
    frequency = draw(st.sampled_from(rules.FREQUENCIES))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}", f"WKST={draw(_days)[0]}"]
    kind = draw(st.sampled_from(["", "weekdays", "ordinals", "month days", "months"]))
    if kind == "weekdays":
        parts.append(f"BYDAY={','.join(draw(_days))}")
    elif kind == "ordinals" and frequency in ("MONTHLY", "YEARLY"):
        parts.append(f"BYDAY={','.join(f'{draw(st.sampled_from([1, 2, 4, -1, -3]))}{day}' for day in draw(_days))}")
    elif kind == "month days" and frequency != "WEEKLY":
        parts.append(f"BYMONTHDAY={','.join(str(draw(st.sampled_from([1, 15, 28, -1, -5]))) for _ in range(2))}")
    elif kind == "months":
        parts.append(f"BYMONTH={','.join(str(month) for month in draw(st.sets(st.integers(1, 12), min_size=1)))}")
    if draw(st.booleans()):
        parts.append("BYHOUR=8,20")
    if kind in ("weekdays", "ordinals") and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1', '2']))}")
    return ";".join(parts)


@dose(25)
@given(
    _rules(),
    st.datetimes(datetime.fromisoformat("2019-01-01"), datetime.fromisoformat("2027-01-28")).filter(
        lambda start: start.day <= 28
    ),
    st.integers(0, 1_500),
)
def test_dateutil_finds_the_same_times(text: str, start: datetime, days: int) -> None:
    start = start.replace(microsecond=0)
    after, until = start + timedelta(days=days), start + timedelta(days=days + 500)
    theirs = set(rrulestr(f"{text};UNTIL={until:%Y%m%dT%H%M%S}", dtstart=start)) | {start}
    found = list(rules.occurrences(rules.read(text), start, after, nobody_looks, until=until))
    assert found == sorted(each for each in theirs if after <= each <= until)
