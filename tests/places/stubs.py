"""Services for places, as small servers that answer in the shapes of the real ones' documentation.

Nominatim: docs/api/Output.md (jsonv2); OSRM: docs/http.md (route); Open-Meteo: open-meteo.com/en/docs; Frankfurter:
frankfurter.dev/v1.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.outbound.servers import Answer, Asked

LICENCE = "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright"


def _place(lat: str, lon: str, name: str, shown: str, category: str, kind: str) -> dict[str, Any]:
    return {
        "place_id": 100149, "licence": LICENCE, "osm_type": "node", "osm_id": 107775, "lat": lat, "lon": lon,
        "category": category, "type": kind, "place_rank": 15, "importance": 0.96, "addresstype": "city",
        "name": name, "display_name": shown, "boundingbox": ["-34.08", "-33.76", "18.25", "18.57"],
    }  # fmt: skip


CAPE_TOWN = _place("-33.9288301", "18.4172197", "Cape Town", "Cape Town, Western Cape, South Africa", "place", "city")
JOHANNESBURG = _place("-26.205", "28.049722", "Johannesburg", "Johannesburg, Gauteng, South Africa", "place", "city")
MUSEUMS = [
    _place("-33.9288", "18.4147", "South African Museum", "South African Museum, Cape Town", "tourism", "museum"),
    _place("-33.9083", "18.4229", "Zeitz MOCAA", "Zeitz MOCAA, Cape Town", "tourism", "museum"),
]
CITY_HALL = {
    **_place("-33.9253", "18.4239", "City Hall", "City Hall, Darling Street, Cape Town", "amenity", "townhall"),
    "address": {"amenity": "City Hall", "road": "Darling Street", "city": "Cape Town", "country_code": "za"},
}
FOUND = {
    "Cape Town": [CAPE_TOWN],
    "Cape Town, South Africa": [CAPE_TOWN],
    "Johannesburg": [JOHANNESBURG],
    "museum in Cape Town": MUSEUMS,
    "odd": [{"display_name": "without coordinates"}],
    "refused": None,
}
WEATHER = {
    "latitude": -33.875, "longitude": 18.375, "generationtime_ms": 0.05, "utc_offset_seconds": 0, "timezone": "GMT",
    "timezone_abbreviation": "GMT", "elevation": 24.0,
    "current_units": {"time": "iso8601", "interval": "seconds", "temperature_2m": "°C", "relative_humidity_2m": "%",
                      "weather_code": "wmo code", "wind_speed_10m": "km/h"},
    "current": {"time": "2026-01-15T08:00", "interval": 900, "temperature_2m": 18.4, "relative_humidity_2m": 71,
                "weather_code": 2, "wind_speed_10m": 16.1},
}  # fmt: skip
RATES = {"USD": {"ZAR": 18.0712, "EUR": 0.92}, "EUR": {"JPY": 161.0}}


def nominatim(asked: Asked) -> Answer:
    """`/search` and `/reverse`."""
    query = _query(asked)
    if query.get("format") != "jsonv2":
        return _json({"error": "format"}, 400)
    if asked.path.startswith("/geocoder/search"):
        found = FOUND.get(query["q"], [])
        return Answer(403, {}, b"<h1>Access blocked") if found is None else _json(found[: int(query["limit"])])
    if abs(float(query["lat"])) < 1:
        return _json({"error": "Unable to geocode"})
    return _json(CITY_HALL)


def osrm(asked: Asked) -> Answer:
    """`/route/v1/driving/{lon},{lat};{lon},{lat}`: no way goes beyond the equator."""
    pairs = [tuple(map(float, pair.split(","))) for pair in urlsplit(asked.path).path.rpartition("/")[2].split(";")]
    if pairs[1][1] > 0:
        return _json({"code": "NoRoute", "message": "Impossible route between points"}, 400)
    if pairs[0] == pairs[1]:
        return _json({"code": "InvalidQuery", "message": "Query string malformed close to position 9"}, 400)
    waypoints = [{"hint": "x", "distance": 4.2, "name": "N1", "location": list(pair)} for pair in pairs]
    leg = {"steps": [], "summary": "", "weight": 50322.1, "duration": 50322.1, "distance": 1399481.3}
    route = {
        "legs": [leg],
        "weight_name": "routability",
        **{key: leg[key] for key in ("weight", "duration", "distance")},
    }
    return _json({"code": "Ok", "routes": [route], "waypoints": waypoints})


def open_meteo(asked: Asked) -> Answer:
    """`/v1/forecast`: not for the south pole."""
    if float(_query(asked)["latitude"]) == -90:
        return _json({"error": True, "reason": "No data is available for this location"}, 400)
    return _json(WEATHER)


def frankfurter(asked: Asked) -> Answer:
    """`/v1/latest`."""
    query = _query(asked)
    base, quote = query["base"], query["symbols"]
    if quote not in RATES.get(base, {}):
        return _json({"message": "not found"}, 404)
    return _json({"amount": 1.0, "base": base, "date": "2026-01-14", "rates": {quote: RATES[base][quote]}})


ANSWERS: dict[str, Callable[[Asked], Answer]] = {
    "/geocoder/search": nominatim,
    "/geocoder/reverse": nominatim,
    "/weather/v1/forecast": open_meteo,
    "/currency/v1/latest": frankfurter,
    "/router/route/v1/driving/": osrm,
}


def _query(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(value).encode())
