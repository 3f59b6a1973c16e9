"""Which pages may ask: whitelisted origins, CORS, and what does not match."""

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import TEST_LOGIN, ask
from tests.http.test_bodies import problem

PASSWORD = "plum-Anchor-7-violet"
APP, WILD, OTHER = "https://app.example.com", "https://*.wild.example", "https://app.other.example"
PATHS = {"/v1/query": "OPTIONS, POST", "/v1/token": "DELETE, OPTIONS, POST", "/health": "GET, HEAD, OPTIONS"}


@pytest.fixture(scope="module", autouse=True)
def listed(accounts: Accounts) -> None:
    """Two accounts with whitelists."""
    accounts.add("lena", PASSWORD, tier="enterprise")
    accounts.set_whitelist("lena", [APP, WILD, "http://localhost:3000"])
    accounts.add("otto", PASSWORD, tier="enterprise")
    accounts.set_whitelist("otto", [OTHER])


def bare(client: httpx.Client, origin: str | None, **body: object) -> httpx.Response:
    """The published browser form: no credentials."""
    headers = {} if origin is None else {"Origin": origin}
    return client.post("/v1/query", json={"query": "EMIT !NAMESPACE"} | body, headers=headers)


@pytest.mark.parametrize("origin", [APP, "https://a.wild.example", "http://localhost:3000"])
def test_a_whitelisted_page_needs_no_credentials(client: httpx.Client, origin: str) -> None:
    answer = bare(client, origin)
    assert answer.json()["result"] == "user_lena"
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in answer.headers
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"
    assert bare(client, OTHER).json()["result"] == "user_otto"


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://app.example.com.evil.example", "https://evilapp.example.com", "http://app.example.com",
     "https://app.example.com:444", "https://app.example.com:443", "https://APP.example.com", "HTTPS://app.example.com",
     "https://app.example.com/", "https://app.example.com, https://evil.example", "https://a.b.wild.example",
     "https://wild.example", "https://*.wild.example", "https://evil.example#.wild.example", "app.example.com",
     "https://app.example.com@evil.example", "https://app.example.com%00", "https://a\tb.wild.example",
     "https://xn--app.example.com", "http://localhost:3001", "https://app.example.com\xa0"],
)  # fmt: skip
def test_everything_else_is_refused(client: httpx.Client, origin: str) -> None:
    answer = client.post("/v1/query", json={"query": "EMIT 1"}, headers=[(b"Origin", origin.encode("latin-1"))])
    assert problem(answer, 403)["error"] == "forbidden"
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_two_origins_are_none(client: httpx.Client) -> None:
    headers = [("Origin", APP), ("Origin", APP)]
    problem(client.post("/v1/query", json={"query": "EMIT 1"}, headers=headers), 403)


def test_credentials_do_not_help_a_page_that_is_not_listed(client: httpx.Client) -> None:
    lena = {"username": "lena", "password": PASSWORD}
    assert bare(client, None, auth=lena).json()["result"] == "user_lena"
    assert bare(client, APP, auth=lena).json()["result"] == "user_lena"
    problem(bare(client, "https://evil.example", auth=lena), 403)
    refused = bare(client, OTHER, auth=lena)
    problem(refused, 403)
    assert refused.headers["access-control-allow-origin"] == OTHER


def test_an_account_without_a_whitelist_is_not_checked(client: httpx.Client) -> None:
    answer = bare(client, "https://anywhere.example", auth=TEST_LOGIN)
    assert answer.json()["result"] == "user_test"
    assert "access-control-allow-origin" not in answer.headers


def test_a_listed_page_may_read_what_went_wrong(client: httpx.Client) -> None:
    for answer, status in (
        (client.post("/v1/query", content=b"{", headers={"Origin": APP, "Content-Type": "application/json"}), 400),
        (client.get("/v1/query", headers={"Origin": APP}), 405),
        (bare(client, APP, auth={"token": "oql_none"}), 401),
    ):
        problem(answer, status)
        assert answer.headers["access-control-allow-origin"] == APP


def test_a_page_without_credentials_makes_no_tokens(client: httpx.Client) -> None:
    problem(client.post("/v1/token", json={}, headers={"Origin": APP}), 401)
    problem(client.delete("/v1/token?id=0", headers={"Origin": APP}), 401)


@pytest.mark.parametrize(("path", "methods"), PATHS.items())
def test_preflight(client: httpx.Client, path: str, methods: str) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    answer = client.options(path, headers=asked)
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (204, b"", methods)
    own = path.startswith("/v1/")
    assert answer.headers.get("access-control-allow-origin") == (APP if own else "*")
    if own:
        assert answer.headers["access-control-allow-methods"] == methods
        assert "Content-Type" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_preflight_of_strangers(client: httpx.Client, origin: str | None) -> None:
    headers = {"Access-Control-Request-Method": "POST"} | ({"Origin": origin} if origin else {})
    answer = client.options("/v1/query", headers=headers)
    assert answer.status_code == 204
    assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_a_changed_whitelist_is_noticed_at_once(client: httpx.Client, accounts: Accounts) -> None:
    accounts.add("paul", PASSWORD, tier="enterprise")
    page = "https://paul.example"
    for entries, status in (([page], 200), ([], 403), ([page], 200), (["https://*.paul.example"], 403)):
        accounts.set_whitelist("paul", entries)
        for _ in range(4):
            assert bare(client, page).status_code == status


def test_no_origin_is_not_checked(client: httpx.Client) -> None:
    assert ask(client, "EMIT 1", auth={"username": "lena", "password": PASSWORD}).status_code == 200
