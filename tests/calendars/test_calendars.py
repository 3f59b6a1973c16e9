"""Calendars of a namespace: who gets a slot, what is found however much there is, and foreign files."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from threading import Barrier
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st

from oql.calendars import events, icalendar, records
from oql.calendars.events import Event, Stretch
from oql.calendars.records import Kept
from oql.errors import Code, OqlError
from tests.calendars.conftest import Office
from tests.fuzz.dose import dose

SLOT = 'CALENDAR BOOK SLOT ?who FROM "2026-01-15T09:00:00" TO "2026-01-15T09:30:00" SET ?id EMIT ?id'
IMPORT = "CALENDAR IMPORT ?text SET ?n EMIT ?n"
HOUR, DAY = 3_600.0, 86_400.0
NEW_YEAR = 1_767_225_600.0  # 2026-01-01 00:00 UTC


def nobody_looks() -> None:
    """A run that has all the time."""


def add(office: Office, number: int, given: dict[str, Any], calendar: str = "default") -> None:
    """Keeps an event under an id of this number."""
    event = events.read(given, "UTC", nobody_looks)
    office.namespace.write(partial(records.add, kept=Kept(f"event{number:06}", calendar, event)))


def ics(*events_of_it: str) -> str:
    """iCalendar text of events, each given by its lines."""
    blocks = (f"BEGIN:VEVENT\nUID:{number}\n{lines}\nEND:VEVENT" for number, lines in enumerate(events_of_it))
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *blocks, "END:VCALENDAR", ""])


def test_one_of_those_who_book_a_slot_at_once_gets_it(office: Office) -> None:
    ready = Barrier(6)

    def book(number: int) -> Any:
        ready.wait()
        return office.gives(SLOT, who=f"guest {number}")

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(book, range(6)))
    [winner] = [found for found in given if found is not None]
    assert [kept.id for kept in records.of_calendar(office.namespace, None)] == [winner]


def test_many_events_are_found_page_by_page(office: Office) -> None:
    """More than are read at once; several start at the same moment."""

    def work(frame: Any) -> None:
        for number in range(2_500):
            start = datetime.fromtimestamp(NEW_YEAR + number // 5 * HOUR, UTC).isoformat()
            event = events.read({"title": str(number), "start": start, "duration": "30m"}, "UTC", nobody_looks)
            records.add(frame, Kept(f"{number * 7_919 % 2_500:06}", "default", event))

    office.namespace.write(work)
    whole = Stretch(NEW_YEAR, NEW_YEAR + 500 * HOUR)
    assert len({kept.id for kept in records.within(office.namespace, None, whole)}) == 2_500
    part = Stretch(NEW_YEAR + 100 * HOUR, NEW_YEAR + 102 * HOUR)
    found = [
        k.event for k in records.within(office.namespace, "default", part) if list(k.event.times(part, nobody_looks))
    ]
    assert sorted(int(event.title) for event in found) == list(range(500, 510))


def test_a_brief_event_is_found_by_its_end(office: Office) -> None:
    """It began as long before as a brief one may."""
    add(office, 1, {"title": "month", "start": "2026-01-01T00:00:00", "duration": 31 * DAY})
    add(office, 2, {"title": "longer", "start": "2026-01-01T00:00:00", "duration": 31 * DAY + 1})
    last_second = '"2026-01-31T23:59:59" TO "2026-02-01"'
    assert office.gives(f"CALENDAR COUNT FROM {last_second} SET ?n EMIT ?n") == 2
    assert office.gives('CALENDAR COUNT FROM "2026-02-01" TO "2026-02-02" SET ?n EMIT ?n') == 1


def test_repeated_events_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_LONG", 2)
    for number in range(2):
        add(office, number, {"title": "A", "start": "2026-01-01", "repeat": "daily"})
    with pytest.raises(OqlError) as refused:
        add(office, 3, {"title": "A", "start": "2026-01-01", "repeat": "daily"})
    assert refused.value.code == Code.QUOTA_EXCEEDED
    add(office, 4, {"title": "A", "start": "2026-01-01"})


def test_what_is_kept_is_read_as_it_was() -> None:
    given = {
        "title": "A", "start": "2026-10-25T02:30:00+01:00", "duration": "90m", "zone": "Europe/Berlin", "busy": False,
        "location": "B", "description": "C", "data": {"d": [1, None]}, "repeat": "FREQ=DAILY;COUNT=3",
        "except": ["2026-10-26"],
    }  # fmt: skip
    event = events.read(given, "UTC", nobody_looks)
    again = events.of_kept(event.kept())
    assert again == event
    # the second of two times that a clock shows is kept apart from the first
    assert again.first.start == datetime.fromisoformat("2026-10-25T01:30:00+00:00").timestamp()
    assert again.last_end == datetime.fromisoformat("2026-10-27T03:00:00+00:00").timestamp()


def test_times_of_an_event_around_a_change_of_clocks() -> None:
    given = {"title": "A", "start": "2026-03-28T02:30:00", "duration": "1h", "zone": "Europe/Berlin", "repeat": "daily"}
    event = events.read(given, "UTC", nobody_looks)
    spring = datetime.fromisoformat("2026-03-28T00:00:00+00:00").timestamp()
    found = [time.start - spring for time in event.times(Stretch(spring, spring + 3 * DAY), nobody_looks)]
    # 1:30 UTC in winter; on the 29th the clock goes from 2:00 to 3:00, and 2:30 is 3:30 there; 0:30 UTC in summer
    assert found == [1.5 * HOUR, DAY + 1.5 * HOUR, 2 * DAY + 0.5 * HOUR]


def test_an_event_that_is_never_over_is_found_in_the_last_year(office: Office) -> None:
    add(office, 1, {"title": "A", "start": "1900-01-01", "repeat": "yearly"})
    assert office.gives('CALENDAR COUNT FROM "2199-01-01" TO "2199-12-31" SET ?n EMIT ?n') == 1


def test_an_import_is_repeated_without_a_trace(office: Office) -> None:
    text = ics("SUMMARY:A\nDTSTART:20260115T080000Z\nRRULE:FREQ=DAILY;COUNT=3\nRDATE:20260201T080000Z,20260202T080000Z")
    for _ in range(2):
        assert office.gives(IMPORT, text=text) == 3
    assert office.gives('CALENDAR COUNT FROM "2026-01-01" TO "2027-01-01" SET ?n EMIT ?n') == 5
    assert records.count(office.namespace, None) == 3


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Tokyo"])
def test_a_rule_that_ends_before_there_were_calendars(zone: str) -> None:
    given = {"title": "t", "start": "2026-01-01T00:00:00", "duration": 60, "zone": zone}
    with pytest.raises(OqlError, match="until a time before it starts"):
        events.read({**given, "repeat": "FREQ=DAILY;UNTIL=00010101T000000Z"}, "UTC", nobody_looks)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("DTSTART:tomorrow", "DTSTART"),
        ("DTSTART:P1D", "DTSTART"),
        ("DTSTART:080000", "DTSTART"),
        ("DTSTART:20260115T080000Z/PT1H", "DTSTART"),
        ("DTSTART:20260115T080000Z\nDTEND:P1D", "DTEND"),
        ("DTSTART:20260115T080000Z\nDTSTART:20260116T080000Z", "DTSTART"),
        ("DTSTART:20260115T080000Z\nDTEND:20260114T080000Z", "ends before it starts"),
        ("DTSTART:20260115T080000Z\nDURATION:long", "DURATION"),
        ("DTSTART:20260115T080000Z\nRRULE:FREQ=SECONDLY", "by day, week, month or year"),
        ("DTSTART:20260115T080000Z\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "more than one RRULE"),
        ("DTSTART:18000115T080000Z", "1900 to 2199"),
        ("DTSTART;TZID=../../etc/passwd:20260115T080000", "time zone"),
        ("DTSTART:20260115T080000Z\nRRULE:FREQ=DAILY;COUNT=999999999", "COUNT"),
    ],
)
def test_a_foreign_event_that_is_refused(office: Office, lines: str, message: str) -> None:
    with pytest.raises(OqlError) as refused:
        office.gives(IMPORT, text=ics(f"SUMMARY:A\n{lines}"))
    assert message in refused.value.message
    assert records.count(office.namespace, None) == 0


def test_definitions_of_zones_are_not_looked_at(office: Office) -> None:
    """Here one is a rule without end and without times."""
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETFROM:+0000\n"
        "TZOFFSETTO:+0500\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    text = ics("SUMMARY:A\nDTSTART;TZID=Europe/Berlin:20260115T080000").replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT")
    office.gives(IMPORT, text=text)
    assert office.gives("CALENDAR GET NEXT EVENT FROM 0 USING 'UTC' SET ?e EMIT ?e(start)") == "2026-01-15T07:00:00Z"


def test_a_file_of_rules_that_name_nothing_costs_no_more_than_a_run_may(office: Office) -> None:
    never = "SUMMARY:A\nDTSTART:20260115T080000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"
    with pytest.raises(OqlError) as refused:
        office.gives(IMPORT, text=ics(*[never] * 2_000))
    assert refused.value.final
    assert records.count(office.namespace, None) == 0


def test_too_much_of_a_file(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icalendar, "MOST_EVENTS", 3)
    four = ics(*["SUMMARY:A\nDTSTART:20260115T080000Z"] * 4)
    long = ics("SUMMARY:A\n" + "X-A:1\n" * 60_000 + "DTSTART:20260115T080000Z")
    for text in (four, long, "x" * (icalendar.MOST_BYTES + 1), b"BEGIN:VCALENDAR\n\xff"):
        with pytest.raises(OqlError) as refused:
            office.gives(IMPORT, text=text)
        assert refused.value.code == Code.CONVERT_FAILED


def test_an_export_can_be_read_by_others(office: Office) -> None:
    """The library that reads it knows the zone from the file alone."""
    from icalendar import Calendar

    office.gives('CALENDAR CREATE CALENDAR "team" USING "Europe/Berlin"')
    given = {"title": "Tea", "start": "2026-07-15T09:00:00", "duration": "1h", "repeat": "FREQ=DAILY;COUNT=2"}
    office.gives('CALENDAR CREATE EVENT ?e INTO "team"', e=given)
    text = office.gives('CALENDAR EXPORT "team" SET ?t EMIT ?t')
    calendar: Any = Calendar.from_ical(text)
    [event], [zone] = calendar.walk("VEVENT"), calendar.walk("VTIMEZONE")
    assert event["DTSTART"].dt.isoformat() == "2026-07-15T09:00:00+02:00"
    assert (event["RRULE"].to_ical(), zone["TZID"]) == (b"FREQ=DAILY;COUNT=2", "Europe/Berlin")
    summer = datetime.fromisoformat("2026-07-15T09:00:00")
    assert zone.to_tz(lookup_tzid=False).utcoffset(summer).total_seconds() == 2 * HOUR


def test_an_event_of_whole_days_is_not_of_another_day_elsewhere() -> None:
    event = Event("A", date(2026, 1, 15), 1, "Asia/Tokyo")
    assert event.shown(event.first)["start"] == "2026-01-15"
    assert event.first.start == NEW_YEAR + 14 * DAY - 9 * HOUR


SEED = ics(
    "SUMMARY;LANGUAGE=en:Tea\\, cake\nDTSTART;TZID=Europe/Berlin:20260115T090000\n"
    "DTEND;TZID=Europe/Berlin:20260115T091500\n"
    "RRULE:FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=5;WKST=SU\nEXDATE;TZID=Europe/Berlin:20260116T090000,20260117T090000\n"
    "RDATE;VALUE=PERIOD:20260401T090000Z/PT1H\nRDATE;VALUE=DATE:20260402",
    "SUMMARY:Late\nRECURRENCE-ID:20260117T090000Z\nDTSTART;VALUE=DATE:20260117\nDURATION:P1D\nBEGIN:VALARM\nEND:VALARM",
)


class Patient:
    """What reading asks of a run that has all the time and memory."""

    def look(self) -> None:
        """Goes on."""

    def claim(self, size: int) -> None:
        """Allows it."""


def test_the_seed_itself_is_read() -> None:
    assert len(icalendar.read_events(SEED, None, cast(Any, Patient())).events) == 3


_anything = st.text('AZ09:;=,-+"\\\n \0é/', max_size=4)


@dose(150)
@given(st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 30), _anything), max_size=5))
def test_of_a_text_that_is_not_as_it_should_be_only_our_errors_come(changes: list[tuple[int, int, str]]) -> None:
    text = SEED
    for place, length, instead in changes:
        text = text[:place] + instead + text[place + length :]
    with suppress(OqlError):
        for event in icalendar.read_events(text, None, cast(Any, Patient())).events:
            assert events.of_kept(event.kept()) == event
            assert event.first.start <= event.first.end <= event.last_end
