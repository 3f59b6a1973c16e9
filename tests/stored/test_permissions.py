"""What an account may run: texts that come from outside, and programs of pages without credentials."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import Server, accounts_of, running
from tests.http.test_bodies import problem

pytestmark = pytest.mark.slow

ADA = ("ada", "plum-Anchor-7-violet")
APP = "https://app.example.com"
SIDELOADS = {"query": "SIDELOAD !GET(code)", "request": {"param:code": "EMIT 1"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server."""
    with running(Path(tmp_path_factory.mktemp("stored")) / "data", job_workers="1") as started:
        yield started


@pytest.fixture(scope="module")
def accounts(server: Server) -> Iterator[Accounts]:
    """The accounts of the server, with one of ours among them."""
    opened = accounts_of(server)
    opened.add(*ADA, tier="enterprise")
    opened.set_whitelist("ada", [APP])
    yield opened
    opened.close()


@pytest.fixture
def client(server: Server, accounts: Accounts) -> Iterator[httpx.Client]:
    """A client of the account."""
    with httpx.Client(base_url=server.url, timeout=60, auth=ADA) as made:
        yield made


@pytest.fixture
def page(server: Server, accounts: Accounts) -> Iterator[httpx.Client]:
    """A page of its origin, without credentials."""
    with httpx.Client(base_url=server.url, timeout=60, headers={"Origin": APP}) as made:
        yield made


def test_a_text_from_outside_is_run_as_long_as_the_account_may(client: httpx.Client, accounts: Accounts) -> None:
    for allowed, outcome in (([], "Forbidden"), (["sideload"], 1), ([], "Forbidden")):
        accounts.set_allowed("ada", allowed)
        body = client.post("/v1/query", json=SIDELOADS).json()
        assert (body["error"]["code"] if body["status"] == "error" else body["result"]) == outcome


def test_a_job_has_the_permission_of_its_account(client: httpx.Client, accounts: Accounts) -> None:
    accounts.set_allowed("ada", ["sideload"])
    asked = {"query": "CONFIRM 'Go on?' AFTER SIDELOAD !GET(code)", "request": SIDELOADS["request"]}
    first, second = (client.post("/v1/query", json=asked).json()["job_id"] for _ in range(2))
    assert client.post(f"/v1/confirm/{first}", json={"approved": True}).json()["result"] == 1
    accounts.set_allowed("ada", [])
    assert client.post(f"/v1/confirm/{second}", json={"approved": True}).json()["error"]["code"] == "Forbidden"


def test_pages_may_be_limited_to_operations(client: httpx.Client, page: httpx.Client, accounts: Accounts) -> None:
    define = 'DEFINE NEW OPERATION AS "hello" OPEN NEST RETURN "Hello " & !REQUEST(name) CLOSE NEST'
    assert client.post("/v1/query", json={"query": define}).json()["status"] == "ok"
    call = """NEW JSON OBJECT OPEN NEST SET "name" AS !GET(name) CLOSE NEST SET ?who
    EXECUTE OPERATION "hello" WITH ?who SET ?text AFTER EMIT ?text"""
    asked = {"query": call, "request": {"param:name": "Ada"}}
    others = [
        'EXECUTE OPERATION "other"', 'LOWER "HELLO" SET ?n AFTER EXECUTE OPERATION ?n', "LIST OPERATIONS",
        'CACHE "k" SET ?v', 'SIDELOAD "EMIT 1"', "TRANSACTION OPEN NEST UPPER 'a' CLOSE NEST",
        'IF 1 IS EQUAL TO 2 OPEN NEST READ "/root/a" CLOSE NEST EXECUTE OPERATION "hello"', define,
        'EMAIL OPEN NEST EMIT 1 CLOSE NEST TO "ada@example.com" WITH "x"',
    ]  # fmt: skip
    try:
        accounts.set_operations("ada", ["hello"])
        assert page.post("/v1/query", json=asked).json()["result"] == "Hello Ada"
        assert page.post("/v1/query", json=asked | {"mode": "async"}).status_code == 202
        for other in others:
            told = problem(page.post("/v1/query", json={"query": other}), 403)
            assert told["message"] == "this Origin may only run the account's named operations"
        problem(page.get("/v1/jobs"), 403)
        assert client.post("/v1/query", json={"query": others[2]}).json()["status"] == "ok"
        accounts.set_operations("ada", [])
        problem(page.post("/v1/query", json=asked), 403)
    finally:
        accounts.set_operations("ada", None)
    assert page.post("/v1/query", json={"query": "LIST OPERATIONS"}).json()["status"] == "ok"
