"""What operators see: health, readiness, figures over all processes, the page, the log."""

import json
from pathlib import Path

import httpx
import pytest

import oql
from tests.http.running import Server, ask, running, until
from tests.http.test_bodies import problem


def figures(client: httpx.Client) -> dict[str, float]:
    """Every figure of /metrics by its name with labels."""
    text = client.get("/metrics").text
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_health(client: httpx.Client) -> None:
    told = client.get("/health").json()
    assert told == {"status": "ok", "ok": True, "version": oql.__version__, "runningExecutions": 0}


def test_ready(client: httpx.Client) -> None:
    assert client.get("/ready").json() == {"ready": True, "wal": "sync", "lease_holder": None}


def test_figures_add_up_over_all_workers(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server, httpx.Client(base_url=server.url) as client:
        with httpx.Client(base_url=server.url, limits=httpx.Limits(max_keepalive_connections=0)) as fresh:
            for _ in range(200):
                assert ask(fresh, "EMIT 1").status_code == 200
        ask(client, "UPER 1")
        client.get("/nowhere-" + "x" * 50)
        expected = {
            'oql_http_requests_total{method="GET",route="(none)",status="404"}': 1,
            'oql_http_requests_total{method="POST",route="/v1/query",status="200"}': 201,
            'oql_http_request_seconds_count{route="/v1/query"}': 201,
            'oql_programs_total{code=""}': 200,
            'oql_programs_total{code="ParseError"}': 1,
            "oql_program_seconds_count": 201,
            "oql_http_requests_in_flight": 0,
            "oql_programs_running": 0,
        }
        until(lambda: expected.items() <= figures(client).items())
        assert counting_processes(server) == set(server.workers())
        (server.data / "metrics" / "counter_1.db").touch()  # as that of a process which has just begun
        assert expected.items() <= figures(client).items()


def counting_processes(server: Server) -> set[int]:
    """The processes that have written figures."""
    return {int(path.stem.rsplit("_", 1)[1]) for path in (server.data / "metrics").glob("counter_*.db")}


def test_figures_show_nothing_that_clients_made_up(client: httpx.Client) -> None:
    client.request("PROPFIND", "/made-up-path?made-up-query=1")
    text = client.get("/metrics").text
    assert "made-up" not in text
    assert "PROPFIND" not in text
    assert 'method="other"' in text


def test_the_page(client: httpx.Client, server: Server) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert server.url + "/v1/query" in answer.text
    assert oql.__version__ in answer.text
    assert 'href="openapi.json"' in answer.text
    assert "<script" not in answer.text


def test_addresses_never_come_from_the_request(client: httpx.Client) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for path in ("/", "/openapi.json", "/health"):
        assert "evil.example" not in client.get(path, headers=forged).text


def test_base_url_is_a_setting(tmp_path: Path) -> None:
    with running(tmp_path / "data", base_url="https://oql.example.com/"):
        pass
    with running(tmp_path / "data", base_url="https://oql.example.com/", port="0", workers="1") as server:
        assert server.banner[0].startswith("OQL serves https://oql.example.com from ")


def test_not_ready_when_the_database_is_broken(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers="1") as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/ready").status_code == 200
        for path in server.data.glob("accounts.sqlite*"):
            path.write_bytes(b"not a database " * 1_000)
        told = problem(client.get("/ready"), 503, "ready")
        assert told["ready"] is False
        assert told["error"] == "unavailable"
        assert str(server.data) not in json.dumps(told)
        login = {"username": "somebody", "password": "plum-Anchor-7-violet"}
        assert problem(ask(client, "EMIT 1", auth=login), 503)["error"] == "unavailable"
        assert client.get("/health").status_code == 200


CANARIES = ["canary-password-4711", "canary-token-4711", "canary-program-4711", "canary-request-4711",
            "canary-query-4711", "canary-path-4711", "canary-header-4711", "canary-login-4711"]  # fmt: skip


def test_the_log_keeps_no_secret(client: httpx.Client, server: Server) -> None:
    password, token, program, request, query, path, header, login = CANARIES
    auth = {"username": login, "password": password}
    ask(client, f'EMIT "{program}"', request={"body": request})
    ask(client, f'ENCRYPT "{program}" WITH "{password}" SET ?e')
    ask(client, f'UPER "{program}"')
    ask(client, f'MATCH "{program}" WHERE "({program}" SET ?m')
    ask(client, "EMIT 1", auth=auth)
    ask(client, "EMIT 1", auth={"token": token})
    client.post("/v1/query", json={"query": "EMIT 1"}, auth=(login, password))
    client.post("/v1/query", json={"query": "EMIT 1"}, headers={"Authorization": f"Bearer {token}", "Cookie": header})
    client.post("/v1/query", json={"query": [program], "auth": {"token": token, "password": password}})
    client.post("/v1/query", content=f'{{"auth": {{"password": "{password}"'.encode())
    client.get(f"/{path}?token={query}", headers={"Origin": f"https://{header}.example", "User-Agent": header})
    client.delete(f"/v1/token?id={token}", auth=(login, password))
    issued = client.post("/v1/token", json={"auth": {"username": "test", "password": "test"}}).json()
    client.get("/health", headers={"X-Request-Id": "the-last-request"})
    # A process writes its lines in order, so after one request to each all earlier ones are there.
    log = until(lambda: (text := server.log.read_text()) and "the-last-request" in text and text)
    assert [canary for canary in [*CANARIES, *filter(None, [issued.get("token")])] if canary in log] == []


def test_answers_give_no_secret_back(client: httpx.Client) -> None:
    password = CANARIES[0]
    for body in (
        {"auth": {"username": "test", "password": password}, "query": "EMIT 1"},
        {"auth": {"username": "test", "password": [password]}, "query": "EMIT 1"},
        {"auth": {"username": "test", "password": password, "token": password}, "query": 5},
        {"auth": password, "query": "EMIT 1"},
    ):
        assert password not in client.post("/v1/query", json=body).text


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_form_of_the_log(tmp_path: Path, form: str) -> None:
    with running(tmp_path / "data", log_format=form, workers="1") as server:
        httpx.get(server.url + "/health", headers={"X-Request-Id": "look-for-me"})
        line = until(lambda: [line for line in server.log.read_text().splitlines() if "look-for-me" in line])[0]
        assert line.startswith("{") is (form == "json")
        assert "/health" in line
