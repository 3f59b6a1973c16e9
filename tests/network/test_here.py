"""Calls of runs in this process: `oql run` with what the settings allow and name."""

import pytest

from tests.cli.calling import oql
from tests.outbound.servers import Answer, Web
from tests.places.stubs import ANSWERS

pytestmark = pytest.mark.slow


def test_a_run_here_reaches_what_the_settings_allow(web: Web) -> None:
    web.answers["/rates"] = Answer(200, {"Content-Type": "application/json"}, b'{"EUR": 0.92}')
    program = f'FETCH "{web.url}/rates" SET ?r AFTER EMIT ?r(EUR)'
    called = oql("run", "-c", program, OQL_OUTBOUND_ALLOW=web.at)
    assert (called.code, called.out, called.err) == (0, "0.92\n", "")


def test_and_nothing_else_inside_its_network(web: Web) -> None:
    called = oql("run", "-c", f'FETCH "{web.url}/rates"')
    assert called.code != 0
    assert "`127.0.0.1` is not a public host" in called.err or "expected a URL with https" in called.err
    assert web.asked == []


def test_a_run_here_asks_the_services_that_are_set(web: Web) -> None:
    web.answers.update(ANSWERS)
    environ = {
        "OQL_OUTBOUND_ALLOW": web.at,
        "OQL_CURRENCY_URL": f"{web.url}/currency",
        "OQL_MAP_URL": "https://m.example.com",
    }
    program = 'CURRENCY "USD/ZAR" SET ?r AFTER MAP RENDER "1,2" SET ?url AFTER EMIT ?r(rate) & " " & ?url'
    called = oql("run", "-c", program, **environ)
    assert called.out == "18.0712 https://m.example.com/?mlat=1.000000&mlon=2.000000#map=13/1.000000/2.000000\n"


def test_a_setting_that_is_malformed_is_refused_once_a_call_needs_it() -> None:
    called = oql("run", "-c", 'FETCH "https://example.com/"', OQL_OUTBOUND_ALLOW="http://x")
    assert called.code == 2
    assert "setting `outbound_allow`" in called.err
    assert oql("run", "-c", "EMIT 1", OQL_OUTBOUND_ALLOW="http://x").out == "1\n"
