"""WEATHER: what the weather is like at a place."""

from typing import Any as AnyType

from oql.errors import Code
from oql.verbs.declare import Any, Family
from oql.verbs.run import Run

family = Family(
    "weather",
    "Weather",
    failure=Code.NET_UNREACHABLE,
    exec_class="Net",
    options={"effect": "read", "touches": "weather", "quick": False},
)


@family.verb(
    "WEATHER",
    examples=[('WEATHER "Cape Town" SET ?w AFTER EMIT ?w(location) & ": " & ?w(temp_c)', "Cape Town: 18.4")],
)
def weather(run: Run, place: Any) -> dict[str, AnyType]:
    """Gives the weather of a city, or of a place with lat and lon.

    The object has location, temp_c, temp_f, description, humidity, wind_kph and wind_mph.
    """
    from oql.places import open_meteo  # here and in MAP: what few programs need takes its time to load
    from oql.places.finding import find

    url = run.context.environment.places.url("weather", "WEATHER")
    found = find(run, "WEATHER", place)
    return {"location": found.name, **open_meteo.weather(run, url, found.point)}
