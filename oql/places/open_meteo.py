"""The weather of this hour, from a service that speaks as Open-Meteo does (open-meteo.com/en/docs)."""

from typing import Any

from oql.places.asking import MINUTE, Answer, Service, ask
from oql.places.points import Point
from oql.values import Value, whole
from oql.verbs.run import Run

_REMEMBER_S = 10 * MINUTE
_ASKED = "temperature_2m,relative_humidity_2m,weather_code,wind_speed_10m"
_KM_PER_MILE = 1.609344

DESCRIPTIONS = {
    0: "clear sky", 1: "mainly clear", 2: "partly cloudy", 3: "overcast", 45: "fog", 48: "depositing rime fog",
    51: "light drizzle", 53: "moderate drizzle", 55: "dense drizzle", 56: "light freezing drizzle",
    57: "dense freezing drizzle", 61: "slight rain", 63: "moderate rain", 65: "heavy rain", 66: "light freezing rain",
    67: "heavy freezing rain", 71: "slight snowfall", 73: "moderate snowfall", 75: "heavy snowfall", 77: "snow grains",
    80: "slight rain showers", 81: "moderate rain showers", 82: "violent rain showers", 85: "slight snow showers",
    86: "heavy snow showers", 95: "thunderstorm", 96: "thunderstorm with slight hail",
    99: "thunderstorm with heavy hail",
}  # fmt: skip
"""What the WMO's weather codes mean, as the documentation of Open-Meteo has them."""


def weather(run: Run, url: str, point: Point) -> dict[str, Any]:
    """The weather at a place, as WEATHER gives it but for the location. Raises NetUnreachable, NetTimeout."""
    service = Service(url, "weather service")

    def read(answer: Answer) -> Value:
        match answer.value:
            case {
                "current": {
                    "temperature_2m": int() | float() as celsius,
                    "relative_humidity_2m": int() | float() as humidity,
                    "weather_code": int() as code,
                    "wind_speed_10m": int() | float() as kph,
                }
            }:
                return {
                    "temp_c": celsius,
                    "temp_f": whole(round(celsius * 9 / 5 + 32, 1)),
                    "description": DESCRIPTIONS.get(code, "unknown"),
                    "humidity": humidity,
                    "wind_kph": kph,
                    "wind_mph": whole(round(kph / _KM_PER_MILE, 1)),
                }
            case {"reason": str() as reason}:
                raise service.failed(f"refused: {reason[:200]}")
        raise service.failed(f"answered with status {answer.status}")

    query = {"latitude": f"{point.lat:.4f}", "longitude": f"{point.lon:.4f}", "current": _ASKED}
    found: dict[str, Any] = ask(run, service, "/v1/forecast", query, read, _REMEMBER_S)
    return found
