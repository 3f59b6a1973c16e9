"""POST /generate-chain and its stream, on a server with a service of models on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.http.running import Server, running, until
from tests.models.services import Said, Service, openai, refusal, serving

pytestmark = pytest.mark.slow
CHAIN = "# mine\nname: topic\noutput: o\nsteps:\n  - {id: a, prompt: p, output_var: o}\n"
QUESTIONS = '{"questions": ["Which topic?", "How long?"]}'


def written(text: str = CHAIN, name: str = "topic") -> Said:
    return openai(json.dumps({"name": name, "yaml": text, "summary": "It does."}))


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def client(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = {"model_base_url": f"{service.url}/v1", "model_default": "small", "workers": "1", "job_workers": "1"}
    with running(tmp_path_factory.mktemp("generation") / "data", **settings) as server, _client(server) as made:
        yield made


def _client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=30)


def generated(client: httpx.Client, service: Service, *says: Said, **body: Any) -> httpx.Response:
    service.says, service.asked[:] = list(says), []
    return client.post("/generate-chain", json=body)


def said_to(service: Service, number: int) -> list[str]:
    return [message["content"] for message in service.asked[number].body["messages"]]


def test_questions_and_then_a_chain(client: httpx.Client, service: Service) -> None:
    answer = generated(client, service, openai(QUESTIONS), description="Research a topic")
    body = answer.json()
    assert (answer.status_code, body["status"], body["questions"]) == (200, "questions", ["Which topic?", "How long?"])
    assert set(body) == {"status", "sessionId", "questions", "message"}
    assert service.asked[0].body["model"] == "small"
    assert "loop_on_error" in said_to(service, 0)[0]
    assert said_to(service, 0)[1].endswith("Research a topic")
    done = generated(client, service, written(), sessionId=body["sessionId"], answers=["Bees", "Short"])
    assert done.status_code == 200
    assert done.json() == {"status": "created", "chainName": "topic", "yaml": CHAIN, "summary": "It does."}
    assert said_to(service, 0)[2] == QUESTIONS
    assert "1. Bees\n2. Short" in said_to(service, 0)[3]
    assert client.get("/chains/topic").text == CHAIN
    again = generated(client, service, written(), sessionId=body["sessionId"], answers="x")
    assert (again.status_code, again.json()["error"]) == (404, "Session not found")


def test_a_name_that_is_taken_gets_a_number_in_the_text_too(client: httpx.Client, service: Service) -> None:
    body: dict[str, Any] = {}
    for number in ("", "-2", "-3"):
        body = generated(client, service, written(name="twice"), description="x").json()
        assert body["chainName"] == f"twice{number}"
        assert body["yaml"] == CHAIN.replace("name: topic", f"name: twice{number}")
    assert client.get("/chains/twice-3").text == body["yaml"]


def test_a_chain_is_repaired(client: httpx.Client, service: Service) -> None:
    loop = "name: self\noutput: o\nsteps:\n  - {id: a, type: subchain, subchain: self, output_var: o}\n"
    wrong = CHAIN.replace("prompt", "promt")
    answer = generated(client, service, written(wrong), written(loop, "self"), written(), description="x")
    assert answer.json()["status"] == "created"
    assert "did you mean `prompt`?" in said_to(service, 1)[-1]
    assert 'leads back to chain "self"' in said_to(service, 2)[-1]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "description or answers required"),
        ({"description": " "}, 400, "description or answers required"),
        ({"description": 5}, 400, "description or answers required"),
        ({"sessionId": "gen-1"}, 400, "description or answers required"),
        ({"sessionId": "gen-1", "answers": []}, 400, "description or answers required"),
        ({"sessionId": "gen-1", "answers": ["x"]}, 404, "Session not found"),
        ({"sessionId": "gen-" + "0" * 24, "answers": {"Why?": 5}}, 404, "Session not found"),
        ({"sessionId": "\0", "answers": "x"}, 404, "Session not found"),
        ({"sessionId": {"a": 1}, "answers": "x"}, 404, "Session not found"),
        ([], 400, "Invalid JSON"),
    ],
)
def test_requests_that_are_refused(client: httpx.Client, body: Any, status: int, said: str) -> None:
    for path in ("/generate-chain", "/generate-chain/stream"):
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()["error"]) == (status, said)


def test_failures(client: httpx.Client, service: Service) -> None:
    answer = generated(client, service, refusal(401, {"error": {"message": "no key"}}), description="x")
    assert (answer.status_code, "status 401: no key" in answer.json()["error"]) == (500, True)
    answer = generated(client, service, written("name: x\noutput: o"), description="x")
    assert (answer.status_code, answer.json()["error"]) == (500, "Generation failed: steps: is required")
    assert len(service.asked) == 4
    assert "x" not in [chain["name"] for chain in client.get("/chains").json()]


def streamed(client: httpx.Client, service: Service, *says: Said) -> list[dict[str, Any]]:
    service.says = list(says)
    with client.stream("POST", "/generate-chain/stream", json={"description": "x"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line]


def test_a_stream_tells_what_happens(client: httpx.Client, service: Service) -> None:
    events = streamed(client, service, openai('{"name": ', '"s", "yaml": "x"}'), written(name="s"))
    kinds = [event["type"] for event in events]
    assert kinds == ["start", "progress", "text", "text", "tool", "progress", "text", "tool", "created", "done"]
    assert events[0]["sessionId"].startswith("gen-")
    assert [event["content"] for event in events if event["type"] == "text"][:2] == ['{"name": ', '"s", "yaml": "x"}']
    assert events[4]["tool"] == "validate"
    assert "expected an object" in events[4]["raw"]
    assert (events[8]["status"], events[8]["chainName"]) == ("created", "s")


def test_a_stream_ends_with_questions_or_an_error(client: httpx.Client, service: Service) -> None:
    asked = streamed(client, service, openai(QUESTIONS))
    assert (asked[-2]["type"], asked[-2]["sessionId"]) == ("questions", asked[0]["sessionId"])
    failed = streamed(client, service, refusal(400, {"error": {"message": "bad"}}))
    assert [event["type"] for event in failed] == ["start", "progress", "error", "done"]
    assert failed[2]["message"].endswith("status 400: bad")


def test_clients_that_leave_make_room_for_others(client: httpx.Client, service: Service) -> None:
    asked, go_on = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        asked.release()
        go_on.wait(20)

    def status() -> tuple[int, str]:
        answer = client.post("/generate-chain", json={"description": "x"})
        return answer.status_code, answer.json().get("error", "")

    service.says = [Said(openai(QUESTIONS).body, waits=wait)]
    kept = []
    with ExitStack() as open_streams:
        for _ in range(3):
            stream = client.stream("POST", "/generate-chain/stream", json={"description": "x"})
            lines = open_streams.enter_context(stream).iter_lines()
            assert "start" in next(lines)
            assert asked.acquire(timeout=20)
            kept.append(lines)  # one that nobody holds any more is closed
        assert status() == (429, "Too many generations at once (3 running). Try again later.")
    service.says = [openai(QUESTIONS)]
    until(lambda: status() == (200, ""))
    go_on.set()
