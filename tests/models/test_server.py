"""ASK on a server: in a query, in a job that waits for a person meanwhile, and with the key nowhere to be seen."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.http.running import TEST_LOGIN, Server, running, until
from tests.models.services import KEY, Service, anthropic, refusal, serving


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """A service of models."""
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def server(shared: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has it."""
    folder = tmp_path_factory.mktemp("models") / "data"
    settings = {
        "model_base_url": shared.url,
        "model_protocol": "anthropic",
        "model_api_key": KEY,
        "model_default": "small",
    }
    with running(folder, job_workers="1", **settings) as started:
        yield started


def post(server: Server, query: str, **more: Any) -> dict[str, Any]:
    """The answer to a query."""
    body = {"auth": TEST_LOGIN, "query": query, **more}
    answer: dict[str, Any] = httpx.post(f"{server.url}/v1/query", json=body, timeout=30).json()
    return answer


@pytest.mark.slow
def test_a_query_asks(server: Server, shared: Service) -> None:
    shared.says = [anthropic('{"colour": "blue"}', tool=True)]
    answer = post(server, 'ASK "What colour?" FORMAT "json" SET ?a AFTER EMIT ?a')
    assert (answer["status"], answer["result"]) == ("ok", {"colour": "blue"})
    assert (answer["trace"][0]["tokens_in"], answer["trace"][0]["tries"]) == (11, 1)


@pytest.mark.slow
def test_a_job_keeps_the_answer_and_its_figures(server: Server, shared: Service) -> None:
    shared.says, shared.asked[:] = [anthropic("It is blue.")], []
    text = 'ASK "What colour?" SET ?a AFTER CONFIRM "Go on?" AFTER EMIT ?a'
    answer = post(server, text, mode="async")
    job = answer["job_id"]
    test = (TEST_LOGIN["username"], TEST_LOGIN["password"])
    with httpx.Client(base_url=server.url, auth=test, timeout=30) as client:
        until(lambda: client.get(f"/v1/job/{job}").json()["status"] == "suspended")
        client.post(f"/v1/confirm/{job}", json={"approved": True})
        until(lambda: client.get(f"/v1/job/{job}").json()["status"] == "complete")
        done = client.get(f"/v1/job/{job}").json()
    assert done["result"] == "It is blue."
    assert [entry.get("tokens_out") for entry in done["trace"]] == [7, None, None]
    assert [asked.headers["idempotency-key"] for asked in shared.asked] == [f"{job}:1"]


@pytest.mark.slow
def test_the_key_is_nowhere(server: Server, shared: Service) -> None:
    shared.says = [refusal(403, {"error": {"message": f"{KEY} is not allowed"}})]
    answer = post(server, 'ASK "What colour?"')
    assert answer["error"]["message"] == "the model service answered with status 403: (key) is not allowed"
    kept = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert KEY not in str(answer) + str(server.lines())
    assert KEY.encode() not in kept
