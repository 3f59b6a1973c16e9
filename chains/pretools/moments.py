"""The time, in a zone and a form."""

from datetime import UTC, datetime

from chains.pre_tool_spec import CurrentDatetime
from chains.tools.pace import Pace
from chains.work import Work
from oql.local import wall_clock
from oql.zones import zone

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def current_datetime(tool: CurrentDatetime, work: Work, pace: Pace) -> str:
    """This moment. Raises OqlError for a zone that there is not."""
    return written(wall_clock(), work.resolve(tool.timezone).strip() or "UTC", tool.format)


def written(moment: float, timezone: str, form: str) -> str:
    """A moment in Unix seconds. iso: ISO 8601 with milliseconds; locale: long English; unix: whole seconds."""
    if form == "unix":
        return str(int(moment))
    local = datetime.fromtimestamp(moment, UTC).astimezone(zone(timezone))
    if form == "iso":
        return local.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    half = "AM" if local.hour < 12 else "PM"
    day = f"{_DAYS[local.weekday()]}, {_MONTHS[local.month - 1]} {local.day}, {local.year}"
    return f"{day} at {local.hour % 12 or 12}:{local:%M:%S} {half} {local.tzname()}"
