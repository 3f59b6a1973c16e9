"""Sites of a server that is not in development mode."""

import socket
from collections.abc import Iterator

import pytest

from tests.http.running import Server, accounts_of, running
from tests.sites.visiting import Visitor

pytestmark = pytest.mark.slow

LOGIN = {"username": "ada", "password": "plum-Anchor-7-violet"}
DOMAIN = "sites.example"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind https, whose sites are below a domain; programs may take a second."""
    data = tmp_path_factory.mktemp("public") / "data"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    settings = {"dev": "false", "base_url": f"https://api.{DOMAIN}", "site_domain": DOMAIN, "limit_wall_s": "1"}
    with running(data, port=port, **settings) as server:
        server.banner[0] = f"OQL serves http://127.0.0.1:{port}"  # and not the address that visitors see
        accounts = accounts_of(server)
        accounts.add(**LOGIN, tier="enterprise")
        accounts.close()
        yield server


@pytest.fixture
def ada(public: Server) -> Iterator[Visitor]:
    with Visitor(public, "ada", DOMAIN, **LOGIN) as visitor:
        yield visitor


def test_a_site(ada: Visitor) -> None:
    answer = ada.shows('COOKIE "a" AS 1 AFTER EMIT "x"')
    assert (answer.text, answer.headers["set-cookie"]) == ("x", "a=1; Path=/; Secure; HttpOnly; SameSite=Lax")


def test_the_api_does_not_share_its_address(ada: Visitor) -> None:
    ada.put('EMIT "x"')
    assert ada.client.get("/s/ada/").status_code == 404
    assert ada.client.get("/health", headers={"Host": f"api.{DOMAIN}"}).json()["status"] == "ok"
    assert ada.get(headers={"Host": "ada.localhost"}).text != "x"


def test_why_a_program_failed_is_not_shown(ada: Visitor, public: Server) -> None:
    answer = ada.shows('REPLICATE "secret" WITH "no"')
    assert answer.status_code == 500
    line = public.line(answer.headers["x-request-id"])
    assert str(line["job_id"]) in answer.text
    assert "secret" not in answer.text
    assert "REPLICATE" not in answer.text
    assert "secret" not in public.log.read_text()
    [told] = [
        found for found in public.lines() if found["event"] == "site failed" and found["job_id"] == line["job_id"]
    ]
    assert (told["level"], told["code"], told["line"]) == ("info", "StringFailed", 1)


def test_a_program_that_takes_too_long(ada: Visitor) -> None:
    answer = ada.shows('SLEEP "1m" AFTER WRITE "late" INTO "/root/late"')
    assert (answer.status_code, answer.headers["retry-after"]) == (504, "1")
    assert "This takes too long" in answer.text
    assert ada.run('EXISTS "/root/late" SET ?e AFTER EMIT ?e') is False
    jobs = ada.client.get(
        "/v1/jobs?status=running,queued,suspended", auth=(LOGIN["username"], LOGIN["password"])
    ).json()
    assert jobs["jobs"] == []
