"""Ways by road, from a service that speaks as OSRM does (project-osrm.org/docs, HTTP API, route)."""

from typing import Any

from oql.errors import Code
from oql.places.asking import DAY, Answer, Service, ask
from oql.places.points import Point
from oql.values import Value, whole
from oql.verbs.run import Run


def route(run: Run, url: str, start: Point, end: Point) -> dict[str, Any]:
    """The quickest way by car: `distance_km` to the metre, `duration_min` to the tenth. Raises MapNotConnected."""
    service = Service(url, "service that finds ways", Code.MAP_NOT_CONNECTED)

    def read(answer: Answer) -> Value:
        match answer.value:
            case {
                "code": "Ok",
                "routes": [{"distance": int() | float() as metres, "duration": int() | float() as seconds}, *_],
            }:
                return {
                    "distance_km": whole(round(metres / 1_000, 3)),
                    "duration_min": whole(round(seconds / 60, 1)),
                }
            case {"code": "NoRoute" | "NoSegment"}:
                raise service.failed("knows no way between these places", "only places that roads join have one")
            case {"code": str() as code}:
                raise service.failed(f"refused: {code[:40]}")
        raise service.failed(f"answered with status {answer.status}")

    path = f"/route/v1/driving/{_pair(start)};{_pair(end)}"
    found: dict[str, Any] = ask(run, service, path, {"overview": "false"}, read, DAY)
    return {**found, "from": start.value, "to": end.value}


def _pair(point: Point) -> str:
    """Longitude first, as OSRM has it."""
    return f"{point.lon:.6f},{point.lat:.6f}"
