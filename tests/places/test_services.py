"""WEATHER, CURRENCY and MAP with services that are missing, slow, broken, or asked more than once."""

from collections.abc import Iterator
from typing import Any

import pytest

from oql import engine
from oql.cache import MemoryCache
from oql.context import Environment
from oql.local import local_context
from oql.outbound import Outbound
from oql.places.services import NOWHERE, Services
from oql.program import load
from oql.settings import Settings
from tests.outbound.servers import Answer, Web, serving
from tests.places.stubs import ANSWERS

STEPS = {
    'WEATHER "Cape Town"': "weather",
    'CURRENCY "USD/ZAR"': "currency",
    'MAP GEOCODE "Cape Town"': "geocoder",
    'MAP REVERSE "-33.9,18.4"': "geocoder",
    'MAP SEARCH "museum in Cape Town"': "geocoder",
    'MAP ROUTE "-33.9,18.4" TO "-26.2,28.0"': "router",
    'MAP RENDER "-33.9,18.4"': "map",
}
ASKING = [step for step, name in STEPS.items() if name != "map"]


@pytest.fixture
def web() -> Iterator[Web]:
    """All services on one server."""
    with serving(Web()) as server:
        server.answers.update(ANSWERS)
        yield server


@pytest.fixture
def outbound(web: Web) -> Iterator[Outbound]:
    """A guard that allows it."""
    opened = Outbound([web.at])
    yield opened
    opened.close()


def at(web: Web) -> Services:
    """The services on the server."""
    names = ("weather", "currency", "geocoder", "router", "map")
    return Services(*(f"{web.url}/{name}" for name in names))


def run(
    text: str, outbound: Outbound | None, services: Services, cache: MemoryCache | None = None, now: float = 0.0
) -> engine.Outcome:
    """How a program ends that has these services."""
    context = local_context(cache=cache)
    context.environment, context.now = Environment(outbound, places=services), now
    return engine.run(load(text), context)


def told(outcome: engine.Outcome) -> tuple[str, str, str | None]:
    """Code, message and hint of the error that a run must have ended with."""
    assert outcome.error is not None, outcome.result
    return str(outcome.error.code), outcome.error.message, outcome.error.hint


@pytest.mark.parametrize(("step", "name"), STEPS.items())
def test_a_service_that_is_not_set_is_named(step: str, name: str) -> None:
    code, message, hint = told(run(step, None, NOWHERE))
    assert code == "Unsupported"
    assert message.startswith(f"`{step.split(chr(34))[0].strip()}` needs a ")
    assert hint == f"whoever runs the server can set `OQL_{name.upper()}_URL`"


def test_services_are_those_of_the_settings(tmp_path: Any) -> None:
    names = ("weather", "currency", "geocoder", "router", "map")
    environ = {f"OQL_{name.upper()}_URL": f"https://{name}.example.com/v/" for name in names}
    services = Services.of(Settings.load(tmp_path, environ=environ))
    assert services == Services(*(f"https://{name}.example.com/v" for name in names))
    assert Services.of(Settings.load(tmp_path, environ={})) == NOWHERE


def test_what_needs_no_service_needs_none_to_be_set() -> None:
    text = (
        'MAP DISTANCE "0,0" TO "0,1" SET ?a AFTER MAP BOUNDS "1,2" SET ?b AFTER MAP CLUSTER "1,2" SET ?c AFTER EMIT ?a'
    )
    assert run(text, None, NOWHERE).result == 111.195


@pytest.mark.parametrize("step", ASKING)
def test_an_answer_is_remembered_for_a_while(step: str, web: Web, outbound: Outbound) -> None:
    cache, services = MemoryCache(), at(web)
    results = [run(f"{step} SET ?r AFTER EMIT ?r", outbound, services, cache, now) for now in (0.0, 1.0, 31 * 86_400.0)]
    assert results[0].error is None
    assert [result.result for result in results] == [results[0].result] * 3
    calls = 2 if step.startswith("WEATHER") else 1
    assert len(web.asked) == 2 * calls


def test_a_refusal_is_not_remembered(web: Web, outbound: Outbound) -> None:
    cache, services = MemoryCache(), at(web)
    for _ in range(2):
        assert told(run('MAP GEOCODE "1 Nowhere Street"', outbound, services, cache))[0] == "MapGeocodeError"
    assert len(web.asked) == 2


@pytest.mark.parametrize("step", ASKING)
@pytest.mark.parametrize("value", [5, "x", True, [1], {}])
def test_what_a_program_puts_in_the_place_of_an_answer_is_no_fault(
    step: str, value: Any, web: Web, outbound: Outbound
) -> None:
    class Poisoned(MemoryCache):
        """A cache into which a program has put a value under every key."""

        def get(self, key: str, now: float) -> Any:
            return value

    outcome = run(step, outbound, at(web), Poisoned())
    assert outcome.error is None or outcome.error.code != "Internal"


def test_a_cache_without_room_is_no_failure(web: Web, outbound: Outbound) -> None:
    assert run('CURRENCY "USD/ZAR" SET ?r AFTER EMIT ?r(rate)', outbound, at(web), MemoryCache(1)).result == 18.0712


ODD: list[Answer] = [
    Answer(500, {}, b"<h1>out of order"),
    Answer(429, {"Content-Type": "application/json"}, b'{"error": "too many requests"}'),
    Answer(200, {"Content-Type": "text/html"}, b"<h1>hello"),
    Answer(200, {"Content-Type": "application/json"}, b"[1, 2"),
    Answer(200, {"Content-Type": "application/json"}, b"null"),
    Answer(200, {"Content-Type": "application/json"},
           b'{"current": {"temperature_2m": "warm"}, "rates": {"ZAR": true}, "code": "Ok", "routes": []}'),
    Answer(200, {"Content-Type": "application/json"},
           b'{"code": "Ok", "routes": [{"distance": 1, "duration": null}]}'),
    Answer(200, {"Content-Type": "application/json"},
           b'{"code": "Ok", "routes": [{"distance": 1, "duration": "x"}]}'),
    Answer(204),
]  # fmt: skip
CODES = {
    "weather": "NetUnreachable",
    "currency": "NetUnreachable",
    "geocoder": "MapNotConnected",
    "router": "MapNotConnected",
}


@pytest.mark.parametrize("step", ASKING)
def test_an_answer_that_makes_no_sense_is_a_failure(step: str, web: Web, outbound: Outbound) -> None:
    paths = [path for path in ANSWERS if path.startswith(f"/{STEPS[step]}/")]
    for answer in ODD:
        web.answers.update(dict.fromkeys(paths, answer))
        code, message, _ = told(run(step, outbound, at(web)))
        assert code == CODES[STEPS[step]], message


@pytest.mark.parametrize("step", ASKING)
def test_a_service_that_cannot_be_reached_is_a_failure_that_can_be_caught(step: str, web: Web) -> None:
    code, message, _ = told(run(step.replace("Cape Town", "-33.9,18.4"), Outbound(), at(web)))
    assert code == CODES[STEPS[step]]
    assert "expected a URL with https" in message or "is not a public host" in message


def test_what_is_sent_is_what_the_protocols_say(web: Web, outbound: Outbound) -> None:
    text = """WEATHER "Cape Town" AND MAP REVERSE "-33.9,18.4"
    AND MAP ROUTE "-33.9,18.4" TO "-26.2,28" AND CURRENCY "USD/ZAR" """
    assert run(text, outbound, at(web)).error is None
    assert {asked.path for asked in web.asked} == {
        "/geocoder/search?q=Cape+Town&format=jsonv2&limit=1",
        "/weather/v1/forecast?latitude=-33.9288&longitude=18.4172"
        "&current=temperature_2m%2Crelative_humidity_2m%2Cweather_code%2Cwind_speed_10m",
        "/geocoder/reverse?lat=-33.9000000&lon=18.4000000&format=jsonv2&addressdetails=1",
        "/router/route/v1/driving/18.400000,-33.900000;28.000000,-26.200000?overview=false",
        "/currency/v1/latest?base=USD&symbols=ZAR",
    }
    assert {asked.headers["user-agent"] for asked in web.asked} == {"oql"}
