"""Time verbs against Python's calendar: every moment there and back, zones, and the ends of the calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from oql.durations import seconds
from tests.verbs.programs import failure_of, value_of

moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])


def shown(moment: object, form: str, zone: str = "UTC") -> object:
    program = "TIME ?moment AS ?form USING ?zone SET ?r AFTER EMIT ?r"
    return value_of(program, {"moment": moment, "form": form, "zone": zone})


@given(moments)
def test_every_moment_there_and_back(moment: datetime) -> None:
    unix = int(moment.timestamp())
    text = shown(unix, "iso")
    assert text == moment.isoformat().replace("+00:00", "Z")
    assert value_of("TIME ?t SET ?r AFTER EMIT ?r", {"t": text}) == unix
    assert shown(text, "unix") == str(unix)


@given(moments.filter(lambda moment: 1_900 < moment.year < 9_999), zones)
def test_zones_as_the_tz_data_base_has_them(moment: datetime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    unix = int(moment.timestamp())
    assert shown(unix, "datetime", zone) == local.strftime("%Y-%m-%d %H:%M:%S")
    assert shown(unix, "day-name", zone) == local.strftime("%A")
    assert shown(unix, "month-name", zone) == local.strftime("%B")
    assert shown(unix, "week", zone) == f"{local.isocalendar().week:02}"
    assert value_of("TIME ?t SET ?r AFTER EMIT ?r", {"t": shown(unix, "iso", zone)}) == unix


@given(st.integers(-(10**9), 10**9), st.integers(-(10**6), 10**6))
def test_add_and_diff_are_opposites(unix: int, step: int) -> None:
    program = "TIME ADD ?t WITH ?step SET ?later AFTER TIME DIFF ?t TO ?later SET ?d AFTER EMIT ?d"
    assert value_of(program, {"t": unix, "step": f"{step}s" if step >= 0 else f"-{-step}s"}) == step
    assert value_of(program, {"t": shown(unix, "iso"), "step": step}) == step


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("500ms", 0.5),
        ("1s", 1),
        ("2m", 120),
        ("1h", 3_600),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1h30m", 5_400),
        ("1d 12h", 129_600),
        ("1.5h", 5_400),
        ("-90s", -90),
        ("+1s", 1),
        ("1800", 1_800),
        (2.5, 2.5),
        ("", None),
        ("s", None),
        ("1", 1),
        ("1 h", None),
        ("1y", None),
        ("1h-30m", None),
        ("h1", None),
        ("\u0661s", None),
        ("1s" * 51, None),
        (True, None),
        (None, None),
        (["1s"], None),
    ],
)
def test_durations(text: object, length: float | None) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize(
    "moment",
    ["", "now?", "2026-13-01", "2026-02-30", "2026-01-15T25:00:00Z", "15.01.2026", "-", True, [2026], {}, 1e18, -1e12],
)
def test_what_is_no_moment_is_a_clear_error(moment: object) -> None:
    error = failure_of("TIME ?moment AS date", {"moment": moment})
    assert error.code == "CastFailed"


@pytest.mark.parametrize(
    ("program", "variables"),
    [
        ("TIME ADD '9999-12-31' WITH '1d'", {}),
        ("TIME ADD 0 WITH ?long", {"long": 10**400}),
        ("TIME '0001-01-01' AS date USING 'America/New_York'", {}),
        ("TIME '9999-12-31T23:30:00Z' AS date USING 'Asia/Tokyo'", {}),
        ("TIME '0001-01-01T00:00:00+01:00'", {}),
    ],
)
def test_the_calendar_ends(program: str, variables: dict[str, object]) -> None:
    assert failure_of(program, variables).message == "the moment is outside the years 1 to 9999"


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "Europe", "../../etc/passwd", "/etc/passwd", "a\0b", "\ud800"])
def test_zones_are_those_of_the_data_base_only(zone: str) -> None:
    error = failure_of("TIME 0 AS date USING ?zone", {"zone": zone})
    assert error.code == "CastFailed"
    assert "is not a time zone" in error.message


def test_a_zone_in_other_letters_is_guessed() -> None:
    assert failure_of("TIME 0 AS date USING 'europe/berlin'").hint == "did you mean `Europe/Berlin`?"


def test_fractions_show_where_they_have_a_place() -> None:
    moment = "2026-01-15T08:00:00.25Z"
    assert value_of("TIME ?t SET ?r AFTER EMIT ?r", {"t": moment}) == 1768464000.25
    assert shown(moment, "iso") == "2026-01-15T08:00:00.250Z"
    assert shown(moment, "time") == "08:00:00"


def test_the_program_begins_at_one_moment() -> None:
    program = 'TIME SET ?a AFTER TIME NOW AS unix SET ?b AFTER TIME "now" SET ?c AFTER EMIT ?a & ?b & ?c & !NOW'
    assert value_of(program) == "0000"


@pytest.mark.parametrize("length", [-1, "-1s", 10**400, "soon", None])
def test_a_sleep_has_a_length(length: object) -> None:
    assert failure_of("SLEEP ?length", {"length": length}).code == "CastFailed"


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert second - first == timedelta(hours=1)
    texts = [shown(int(moment.timestamp()), "iso", "Europe/Berlin") for moment in (first, second)]
    assert texts == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]
