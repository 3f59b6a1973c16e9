"""Who may use the API of chains, which pages may, and how it refuses."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from server.chains.here import names_here
from tests.executions.asking import GREETING, YAML, hint_of, refused
from tests.executions.conftest import EVE, PAGE
from tests.http.running import Server, accounts_of, running

UNKNOWN = "Authentication required"
EVIL = "https://evil.example"


def test_programs_of_this_machine_need_no_credentials(client: httpx.Client, server: Server) -> None:
    assert client.post("/chains/mine", content=GREETING, headers=YAML).status_code == 200
    with httpx.Client(base_url=server.url, auth=("test", "test")) as named:
        assert named.get("/chains/mine").text == GREETING


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4242", "a.localhost.evil.example", "127.0.0.1.evil.net"]
)
def test_a_name_that_leads_here_is_another_machine(client: httpx.Client, host: str) -> None:
    assert refused(client.get("/chains", headers={"Host": host}), 401) == UNKNOWN
    assert client.get("/chains", headers={"Host": host}, auth=("test", "test")).status_code == 200


@pytest.mark.parametrize("origin", [EVIL, "null", "", "http://site.localhost:4242", "http://localhost.evil.example"])
def test_a_page_of_somebody_else_is_nobody(client: httpx.Client, origin: str) -> None:
    for method, path in (("GET", "/chains"), ("POST", "/chains/x"), ("DELETE", "/chains/mine"), ("POST", "/execute/x")):
        assert refused(client.request(method, path, headers={"Origin": origin}), 401) == UNKNOWN


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("X-Forwarded-For", "203.0.113.9", 401), ("X-Forwarded-For", "127.0.0.1, 203.0.113.9", 401),
     ("X-Forwarded-Host", "me.tunnel.example", 401), ("Forwarded", "for=203.0.113.9", 401),
     ("X-Forwarded-For", "127.0.0.1, ::1", 200), ("X-Forwarded-Host", "localhost:3000", 200)],
)  # fmt: skip
def test_what_is_passed_on_for_others_is_not_from_here(
    client: httpx.Client, header: str, value: str, status: int
) -> None:
    assert client.get("/chains", headers={header: value}).status_code == status


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443"])
def test_a_page_of_this_machine_is_somebody(client: httpx.Client, origin: str) -> None:
    answer = client.get("/chains", headers={"Origin": origin})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize(
    "origin",
    ["http://localhost@evil.example", "http://evil.example#localhost", "ftp://localhost", "http://localhost:x",
     "http://[::1", "http://0.0.0.0", "http://10.0.0.1", "http://localhost/path", "localhost", "http://localhost.",
     "http://xn--localhost", "http://[::ffff:10.0.0.1]"],
)  # fmt: skip
def test_what_does_not_name_this_machine(origin: str) -> None:
    assert not names_here(origin)


def test_wrong_credentials(client: httpx.Client) -> None:
    for given in ("Basic x", "Bearer none", "Basic dGVzdDp3cm9uZw=="):
        answer = client.get("/chains", headers={"Authorization": given})
        assert refused(answer, 401) == UNKNOWN
        assert "Basic" in answer.headers["www-authenticate"]


def test_a_bearer_token(server: Server, client: httpx.Client) -> None:
    accounts = accounts_of(server)
    eve = accounts.find("eve")
    token, reader = accounts.issue_token(eve), accounts.issue_token(eve, scopes=["read"])
    accounts.close()
    headers = {"Authorization": f"Bearer {token.secret}"}
    assert client.get("/executions", headers=headers).json() == []
    answer = client.get("/executions", headers={"Authorization": f"Bearer {reader.secret}"})
    assert refused(answer, 403) == "this token lacks the scope `query`"


def test_a_form_of_another_page_changes_nothing(client: httpx.Client) -> None:
    """A browser sends a remembered password along with a form, without asking us first."""
    page = {"Origin": EVIL}
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = client.post("/execute/x", auth=("test", "test"), headers=page | {"Content-Type": kind}, content=b"{}")
        assert "application/json" in refused(answer, 415)
    assert "application/json" in refused(client.post("/executions/x/resume", auth=("test", "test"), headers=page), 415)
    answer = client.post("/execute/x", auth=("test", "test"), headers=page, json={})
    assert refused(answer, 400) == 'Chain "x" not found'


def test_what_is_not_there(client: httpx.Client) -> None:
    for path in ("/chains/a/b", "/executions/a/b", "/execute", "/schedules/a/b/c", "/pipelines/a/b/c/d", "/download/x"):
        assert refused(client.get(path), 404) == "Not found"
    for method, path, allowed in (
        ("PUT", "/chains", "GET, HEAD, OPTIONS"),
        ("PATCH", "/chains/x", "DELETE, GET, HEAD, OPTIONS, POST"),
        ("GET", "/execute/x", "OPTIONS, POST"),
        ("POST", "/approvals", "GET, HEAD, OPTIONS"),
        ("PURGE", "/execute/x", "OPTIONS, POST"),
    ):
        answer = client.request(method, path)
        assert refused(answer, 405) == "Method not allowed"
        assert hint_of(answer) == f"{method} is not allowed here; allowed: {allowed}"
        assert answer.headers["allow"] == allowed
    assert client.get("/v1/nowhere").json()["error"] == "not_found", "all other paths keep their own shape"


@pytest.mark.parametrize("path", ["/chains", "/execute/x", "/executions/x/stream", "/nowhere/at/all", "/health", "/"])
def test_options_anywhere(client: httpx.Client, path: str) -> None:
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    answer = client.options(path, headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    if path in ("/", "/nowhere/at/all"):
        assert "access-control-allow-origin" not in answer.headers
        return
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(answer.headers["access-control-allow-methods"].split(", ")) >= {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert answer.headers["access-control-allow-headers"] == "Content-Type, Authorization, Last-Event-ID"
    assert "access-control-allow-credentials" not in answer.headers


def test_pages_may_read_refusals_too(client: httpx.Client) -> None:
    for answer in (client.get("/chains", headers={"Origin": EVIL}), client.get("/executions/none/of/it")):
        assert answer.headers["access-control-allow-origin"] == "*"


def test_health_is_for_everybody(client: httpx.Client) -> None:
    answer = client.get("/health", headers={"Origin": EVIL, "Host": "evil.example"})
    told: dict[str, Any] = answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(told) == {"ok", "status", "version", "runningExecutions"}
    assert (told["ok"], told["status"]) == (True, "ok")


def test_a_server_that_is_not_for_development(tmp_path: Path) -> None:
    """Nobody is let in for where it comes from, and the account's whitelist says which pages may read."""
    with running(tmp_path / "data", dev="false", workers="1", job_workers="0") as server:
        accounts = accounts_of(server)
        accounts.add(*EVE)
        accounts.set_whitelist(EVE[0], [PAGE])
        accounts.close()
        with httpx.Client(base_url=server.url) as client:
            assert refused(client.get("/chains"), 401) == UNKNOWN
            assert refused(client.get("/chains", headers={"Origin": PAGE}), 401) == UNKNOWN
            answer = client.get("/chains", headers={"Origin": PAGE}, auth=EVE)
            assert (answer.json(), answer.headers["access-control-allow-origin"]) == ([], PAGE)
            assert answer.headers["vary"] == "Origin"
            assert refused(client.get("/chains", headers={"Origin": EVIL}, auth=EVE), 403)
            allowed = client.options("/chains/x", headers={"Origin": PAGE, "Access-Control-Request-Method": "DELETE"})
            assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, PAGE)
            strange = client.options("/chains/x", headers={"Origin": EVIL, "Access-Control-Request-Method": "DELETE"})
            assert [name for name in strange.headers if name.startswith("access-control")] == []
