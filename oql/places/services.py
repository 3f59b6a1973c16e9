"""Which services answer for places. None is asked unless whoever runs the server has said so: they learn of places."""

from dataclasses import dataclass
from typing import Protocol

from oql.errors import Code, failed


class Settings(Protocol):
    """The settings that name services."""

    @property
    def weather_url(self) -> str | None:
        """Of WEATHER."""

    @property
    def currency_url(self) -> str | None:
        """Of CURRENCY."""

    @property
    def geocoder_url(self) -> str | None:
        """Of MAP GEOCODE and all that takes addresses."""

    @property
    def router_url(self) -> str | None:
        """Of MAP ROUTE."""

    @property
    def map_url(self) -> str | None:
        """Of MAP RENDER."""


@dataclass(frozen=True, slots=True)
class Services:
    """The URLs of services, without a slash at their ends; None where there is none.

    weather: Open-Meteo; currency: Frankfurter; geocoder: Nominatim; router: OSRM; map: a page as openstreetmap.org.
    """

    weather: str | None = None
    currency: str | None = None
    geocoder: str | None = None
    router: str | None = None
    map: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Services":
        """Those that the settings name."""
        return cls(
            settings.weather_url, settings.currency_url, settings.geocoder_url, settings.router_url, settings.map_url
        )

    def url(self, name: str, verb: str) -> str:
        """The URL of the service of a name, for a verb. Raises Unsupported where there is none."""
        url = getattr(self, name)
        if url is None:
            hint = f"whoever runs the server can set `OQL_{name.upper()}_URL`"
            raise failed(Code.UNSUPPORTED, f"`{verb}` needs {_WHAT[name]}, and none is set", hint)
        return str(url)


NOWHERE = Services()
"""No services at all."""

_WHAT = {
    "weather": "a weather service",
    "currency": "a service for exchange rates",
    "geocoder": "a service that finds addresses",
    "router": "a service that finds ways",
    "map": "a page for maps",
}
