"""Verbs on calendars: events, when they take place, and the free times between them.

What they do is loaded when it is first needed.
"""

from oql.calendars import DEFAULT
from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Object, Text, Whole
from oql.verbs.run import Run
from oql.verbs.time import Duration

family = Family(
    "calendars",
    "Calendars",
    failure=Code.TYPE_FAILED,
    exec_class="Io",
    options={"effect": "store", "touches": "calendar", "quick": False},
)

_LUNCH = 'CALENDAR CREATE EVENT "Lunch" FROM "2026-01-15T12:00:00" TO "2026-01-15T13:00:00" SET ?id\n'
_DAY = 'FROM "2026-01-15" TO "2026-01-16"'


@family.verb(
    "CALENDAR CREATE CALENDAR",
    examples=[
        (
            'CALENDAR CREATE CALENDAR "team" USING "Europe/Berlin"\nCALENDAR LIST SET ?all\nEMIT ?all(0)(zone)',
            "Europe/Berlin",
        )
    ],
    acts=True,
)
def create_calendar(run: Run, name: Text, *, using: Text = "UTC") -> Value:
    """Makes a calendar; the times of its events are read by the clock of the zone that USING names.

    What names no calendar goes into the one called "default", which is there from the beginning.
    """
    from oql.calendars import steps

    return steps.create_calendar(run, name, using=using)


@family.verb("CALENDAR LIST", examples=[("CALENDAR LIST", [])], effect="read", touches="")
def list_calendars(run: Run) -> Value:
    """Lists all calendars by name: the `zone` of each, and how many `events` it has."""
    from oql.calendars import steps

    return steps.list_calendars(run)


@family.verb(
    "CALENDAR DELETE CALENDAR",
    examples=[('CALENDAR CREATE CALENDAR "team"\nCALENDAR DELETE CALENDAR "team"\nCALENDAR LIST', [])],
    acts=True,
)
def delete_calendar(run: Run, name: Text) -> Value:
    """Deletes a calendar with all its events."""
    from oql.calendars import steps

    return steps.delete_calendar(run, name)


@family.verb(
    "CALENDAR CREATE EVENT",
    examples=[(f"{_LUNCH}CALENDAR GET EVENT ?id SET ?event\nEMIT ?event(start)", "2026-01-15T12:00:00Z")],
    names="INTO",
)
def create_event(
    run: Run,
    event: Any,
    *,
    from_: Any = None,
    at: Any = None,
    to: Any = None,
    using: Text | None = None,
    as_: Text | None = None,
    into: Text = DEFAULT,
) -> Value:
    """Adds an event, a title or an object, FROM (or AT) one moment TO another, and gives its id.

    An object has `title`, `start`, and `end` or `duration`, and may have `zone`, `location`, `description`, `busy`,
    `data` and `repeat`: "weekly", or a rule such as "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", with times to leave out in
    `except`. A start without a time of day makes it an event of whole days; its end is the day behind the last. USING
    tells the zone, AS how it is repeated.
    """
    from oql.calendars import steps

    return steps.create_event(run, event, from_=from_, at=at, to=to, using=using, as_=as_, into=into)


@family.verb(
    "CALENDAR GET EVENT",
    examples=[(f"{_LUNCH}CALENDAR GET EVENT ?id SET ?event\nEMIT ?event(title)", "Lunch")],
    effect="read",
)
def get_event(run: Run, id: Any, *, using: Text | None = None) -> Value:  # noqa: A002 - the word for it
    """Gives an event with the times at which it takes place first, or null; moments in the zone that USING names."""
    from oql.calendars import steps

    return steps.get_event(run, id, using=using)


@family.verb(
    "CALENDAR GET EVENTS",
    examples=[(f"{_LUNCH}CALENDAR GET EVENTS {_DAY} SET ?all\nPLUCK ?all WITH 'title'", ["Lunch"])],
    effect="read",
)
def get_events(
    run: Run,
    calendar: Text | None = None,
    *,
    from_: Any = None,
    to: Any = None,
    where: Text | None = None,
    using: Text | None = None,
    limit: Whole | None = None,
) -> Value:
    """Gives the events of a calendar, or of all, that take place FROM one moment (or now) TO another, by their starts.

    One that is repeated is there once for each time, with `start` and `end` of that. Without TO it is a year. WHERE
    is a text that stands in the title, in capitals or not.
    """
    from oql.calendars import steps

    return steps.get_events(run, calendar, from_=from_, to=to, where=where, using=using, limit=limit)


@family.verb(
    "CALENDAR GET NEXT EVENT",
    examples=[(f'{_LUNCH}CALENDAR GET NEXT EVENT FROM "2026-01-14" SET ?next\nEMIT ?next(title)', "Lunch")],
    effect="read",
)
def get_next_event(run: Run, calendar: Text | None = None, *, from_: Any = None, using: Text | None = None) -> Value:
    """Gives the event of a calendar, or of all, that starts next, behind FROM or now; null where none comes."""
    from oql.calendars import steps

    return steps.get_next_event(run, calendar, from_=from_, using=using)


@family.verb(
    "CALENDAR UPDATE EVENT",
    examples=[
        (
            f'{_LUNCH}NEW JSON OBJECT OPEN NEST SET "start" AS "2026-01-15T12:30:00" CLOSE NEST SET ?changes\n'  # noqa: S608 - OQL, not SQL
            "CALENDAR UPDATE EVENT ?id WITH ?changes\nCALENDAR GET EVENT ?id SET ?event\nEMIT ?event(end)",
            "2026-01-15T13:30:00Z",
        )
    ],
)
def update_event(run: Run, id: Any, *, with_: Object) -> Value:  # noqa: A002 - the word for it
    """Changes the parts of an event that the object has; null takes one away. Tells whether there was such an event.

    One that gets another start stays as long as it is.
    """
    from oql.calendars import steps

    return steps.update_event(run, id, with_=with_)


@family.verb(
    "CALENDAR DELETE EVENT",
    examples=[(f"{_LUNCH}CALENDAR DELETE EVENT ?id", True), ('CALENDAR DELETE EVENT "7"', False)],
)
def delete_event(run: Run, id: Any, *, at: Any = None) -> Value:  # noqa: A002 - the word for it
    """Deletes an event, or of one that is repeated the time that starts AT a moment; tells whether it was there."""
    from oql.calendars import steps

    return steps.delete_event(run, id, at=at)


@family.verb(
    "CALENDAR CHECK AVAILABILITY",
    examples=[
        (
            f"{_LUNCH}CALENDAR CHECK AVAILABILITY {_DAY} SET ?free\nEMIT ?free(0)(end)",
            "2026-01-15T12:00:00Z",
        )
    ],
    effect="read",
)
def check_availability(
    run: Run, calendar: Text | None = None, *, from_: Any, to: Any, for_: Duration = 0.0, using: Text | None = None
) -> Value:
    """Gives the free times between two moments, each an object of `start` and `end`, FOR so long at least.

    Events whose `busy` is false take no time. Without a calendar the events of all count.
    """
    from oql.calendars import steps

    return steps.check_availability(run, calendar, from_=from_, to=to, for_=for_, using=using)


@family.verb(
    "CALENDAR BOOK SLOT",
    examples=[
        (
            f'{_LUNCH}CALENDAR BOOK SLOT "Call" FROM "2026-01-15T12:30:00" TO "2026-01-15T12:45:00" SET ?slot\n'
            "EMIT ?slot",
            None,
        )
    ],
    names="INTO",
)
def book_slot(
    run: Run,
    event: Any,
    *,
    from_: Any = None,
    at: Any = None,
    to: Any = None,
    using: Text | None = None,
    into: Text = DEFAULT,
) -> Value:
    """Adds an event as CREATE EVENT does, but only where its time is free in the calendar; else it gives null.

    Of those who want one time at the same moment one gets it.
    """
    from oql.calendars import steps

    return steps.book_slot(run, event, from_=from_, at=at, to=to, using=using, into=into)


@family.verb(
    "CALENDAR COUNT",
    examples=[(f"{_LUNCH}CALENDAR COUNT {_DAY}", 1), ("CALENDAR COUNT", 0)],
    effect="read",
)
def count_events(
    run: Run, calendar: Text | None = None, *, from_: Any = None, to: Any = None, using: Text | None = None
) -> Value:
    """Counts how often the events of a calendar, or of all, take place between two moments.

    Without FROM and TO it counts the events themselves.
    """
    from oql.calendars import steps

    return steps.count_events(run, calendar, from_=from_, to=to, using=using)


@family.verb(
    "CALENDAR EXPORT",
    examples=[(f"{_LUNCH}CALENDAR EXPORT SET ?text\nCONTAINS ?text WHERE 'SUMMARY:Lunch'", True)],
    effect="read",
)
def export(run: Run, calendar: Text = DEFAULT) -> Value:
    """Gives a calendar as iCalendar text."""
    from oql.calendars import steps

    return steps.export(run, calendar)


@family.verb(
    "CALENDAR IMPORT",
    examples=[(f'{_LUNCH}CALENDAR EXPORT SET ?text\nCALENDAR IMPORT ?text INTO "other"', 1)],
    names="INTO",
)
def import_(run: Run, text: Any, *, into: Text = DEFAULT) -> Value:
    """Adds the events of iCalendar text, or of a file of such, to a calendar, and gives how many they were.

    All of them or none. An event that was imported before is replaced. A calendar that is not there is made.
    """
    from oql.calendars import steps

    return steps.import_(run, text, into=into)
