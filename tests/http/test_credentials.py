"""Who may ask: credentials in the body, by Basic, by bearer token; and what the refused are told."""

import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import TEST_LOGIN, Server, accounts_of, ask, client_from, running
from tests.http.test_bodies import problem

PASSWORD = "plum-Anchor-7-violet"


@pytest.fixture(scope="module")
def ada(accounts: Accounts) -> str:
    """An account with all three names."""
    accounts.add("ada", PASSWORD, email="ada@example.com", phone="+49 30 123456", tier="enterprise")
    return "ada"


def query(
    client: httpx.Client, auth: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """EMIT of the namespace that the credentials lead to."""
    body: dict[str, Any] = {"query": "EMIT !NAMESPACE"} | ({"auth": auth} if auth else {})
    return client.post("/v1/query", json=body, headers=headers)


def issue(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/token", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("login", ["ada", "ADA", "ada@example.com", "+4930123456"])
def test_every_name_of_an_account_works(client: httpx.Client, ada: str, login: str) -> None:
    assert query(client, {"username": login, "password": PASSWORD}).json()["result"] == "user_ada"


def test_basic_works_too(client: httpx.Client, ada: str) -> None:
    answer = client.post("/v1/query", json={"query": "EMIT !NAMESPACE"}, auth=(ada, PASSWORD))
    assert answer.json()["result"] == "user_ada"


def test_the_body_goes_before_the_header(client: httpx.Client, ada: str) -> None:
    body = {"auth": TEST_LOGIN, "query": "EMIT !NAMESPACE"}
    assert client.post("/v1/query", json=body, auth=(ada, PASSWORD)).json()["result"] == "user_test"
    assert client.post("/v1/query", json=body, auth=(ada, "wrong")).json()["result"] == "user_test"


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(server: Server, ada: str) -> None:
    told = []
    with client_from(server, "127.0.0.2") as stranger:
        for login in (ada, "nobody-of-this-name"):
            answer = query(stranger, {"username": login, "password": "wrong"})
            body = problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith('Bearer realm="oql"')
            told.append((body["error"], body["message"]))
    assert told[0] == told[1] == ("unauthorized", "these credentials are not right")


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic !!!", "Basic dGVzdA==", "Basic /////w==", "Basic OnRlc3Q=", "Bearer", "Digest x",
     "dGVzdDp0ZXN0", "Basic " + "QQ" * 20_000],
)  # fmt: skip
def test_headers_that_say_nothing(client: httpx.Client, header: str) -> None:
    told = problem(query(client, headers={"Authorization": header}), 401)
    assert told["message"].startswith("expected an Authorization header of Basic")


@pytest.mark.parametrize("token", ["oql_", "x", "oql_" + "A" * 43, "Bearer", "\x7f", "a b"])
def test_tokens_that_do_not_exist(client: httpx.Client, token: str) -> None:
    assert problem(query(client, {"token": token}), 401)["message"] == "these credentials are not right"


def test_nobody_at_all(client: httpx.Client) -> None:
    assert "credentials are required" in problem(query(client), 401)["message"]


def test_a_token_from_a_password(client: httpx.Client, ada: str) -> None:
    told = issue(client, auth={"username": ada, "password": PASSWORD}, name="laptop", expires_in=600)
    assert list(told) == ["token", "id", "name", "scopes", "expires_at"]
    assert (told["name"], told["scopes"]) == ("laptop", ["query"])
    assert 500 < datetime.fromisoformat(told["expires_at"]).timestamp() - time.time() <= 600
    assert query(client, {"token": told["token"]}).json()["result"] == "user_ada"
    assert query(client, headers=bearer(told["token"])).json()["result"] == "user_ada"
    assert query(client, headers={"Authorization": f"bearer   {told['token']}"}).json()["result"] == "user_ada"


def test_a_token_is_revoked_by_itself(client: httpx.Client, ada: str) -> None:
    token = issue(client, auth={"username": ada, "password": PASSWORD})
    gone = client.delete("/v1/token", headers=bearer(token["token"]))
    assert (gone.status_code, gone.json()) == (200, {"revoked": True, "id": token["id"]})
    problem(query(client, headers=bearer(token["token"])), 401)
    problem(client.delete("/v1/token", headers=bearer(token["token"])), 401)


def test_a_token_is_revoked_by_id(client: httpx.Client, ada: str) -> None:
    token = issue(client, auth={"username": ada, "password": PASSWORD})
    by_id = f"/v1/token?id={token['id']}"
    problem(client.delete(by_id, auth=("test", "test")), 404)
    assert client.delete(by_id, auth=(ada, PASSWORD)).json() == {"revoked": True, "id": token["id"]}
    problem(query(client, headers=bearer(token["token"])), 401)
    problem(client.delete(by_id, auth=(ada, PASSWORD)), 404)
    problem(client.delete("/v1/token", auth=(ada, PASSWORD)), 400)
    problem(client.delete(by_id), 401)


def test_a_token_does_what_its_scopes_say(client: httpx.Client, ada: str) -> None:
    password = {"username": ada, "password": PASSWORD}
    runner = issue(client, auth=password)["token"]
    issuer = issue(client, auth=password, scopes=["token"], expires_in=1000)["token"]
    refused = problem(query(client, headers=bearer(issuer)), 403)
    assert (refused["error"], refused["detail"]) == ("forbidden", {"scope": "query"})
    problem(client.post("/v1/token", json={"auth": {"token": runner}}), 403)
    problem(client.delete("/v1/token?id=0", headers=bearer(runner)), 403)
    for field, asked in (("scopes", ["query"]), ("expires_in", 2000), ("scopes", ["no such"]), ("name", "a\nb")):
        refused = problem(
            client.post("/v1/token", json={"auth": {"token": issuer}, "scopes": ["token"], field: asked}), 400
        )
        assert set(refused["detail"]["fields"]) == {field}
        assert f"`{field}`: " in refused["message"]


@pytest.mark.parametrize(
    "body",
    [{"scopes": ["everything"]}, {"scopes": []}, {"scopes": "query"}, {"expires_in": 0}, {"expires_in": 10**12},
     {"expires_in": 10**400}, {"expires_in": "60"}, {"name": "x" * 101}, {"name": "a\nb"}, {"query": "EMIT 1"}],
)  # fmt: skip
def test_tokens_that_cannot_be_issued(client: httpx.Client, ada: str, body: dict[str, object]) -> None:
    asked = {"auth": {"username": ada, "password": PASSWORD}} | body
    assert problem(client.post("/v1/token", json=asked), 400)["error"] == "validation_failed"


def test_a_changed_account_is_noticed_at_once(server: Server, accounts: Accounts) -> None:
    accounts.add("carl", PASSWORD, tier="enterprise")
    old, new = {"username": "carl", "password": PASSWORD}, {"username": "carl", "password": PASSWORD + "2"}
    with client_from(server, "127.0.0.3") as client:
        for _ in range(20):
            assert query(client, old).status_code == 200
        token = bearer(issue(client, auth=old)["token"])
        accounts.passwd("carl", new["password"])
        assert (query(client, old).status_code, query(client, new).status_code) == (401, 200)
        accounts.disable("carl")
        assert (query(client, new).status_code, query(client, headers=token).status_code) == (401, 401)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that is not in development mode."""
    with running(tmp_path_factory.mktemp("plain") / "data", dev="false") as started:
        yield started


def test_the_development_account_is_nobody_elsewhere(plain: Server) -> None:
    with httpx.Client(base_url=plain.url) as client:
        problem(ask(client, "EMIT 1"), 401)


def test_guessing_is_slowed_down(plain: Server) -> None:
    accounts_of(plain).add("dora", PASSWORD)
    with httpx.Client(base_url=plain.url, timeout=30) as client:
        guess = {"username": "dora", "password": "guess"}
        answers = (query(client, guess) for _ in range(100))
        answer = next(one for one in answers if one.status_code == 429)
        assert problem(answer, 429)["error"] == "rate_limited"
        assert int(answer.headers["retry-after"]) >= 1
        problem(query(client, {"username": "dora", "password": PASSWORD}), 429)
