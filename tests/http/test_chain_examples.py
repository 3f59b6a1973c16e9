"""The chains among the examples, each run on a server, with a service that speaks for a model as the test says."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.running import running
from tests.models.services import Asked, Said, Service, openai, serving

FOLDER = Path(__file__).parents[2] / "examples" / "chains"
AUTH = ("test", "test")


class Lab:
    """A server with the examples, and its model. `answers`: what that says to a prompt that begins so."""

    def __init__(self, client: httpx.Client, service: Service) -> None:
        self.client = client
        self.service = service
        self.answers: dict[str, str | Callable[[int], str]] = {}
        self._times: dict[str, int] = {}
        service.says = [Said(b"", telling=self._answer)]

    def _answer(self, asked: Asked) -> Said:
        if not asked.path.endswith("/chat/completions"):
            return Said(b"sent", headers={"Content-Type": "text/plain"})
        prompt = asked.body["messages"][-1]["content"]
        begins = next((beginning for beginning in self.answers if prompt.startswith(beginning)), None)
        if begins is None:
            return Said(json.dumps({"error": {"message": f"what to {prompt[:60]}?"}}).encode(), 400)
        answer = self.answers[begins]
        self._times[begins] = self._times.get(begins, 0) + 1
        return openai(answer if isinstance(answer, str) else answer(self._times[begins]))

    def prompts(self) -> list[str]:
        """What the model was asked."""
        return [asked.body["messages"][-1]["content"] for asked in self.service.asked if "messages" in asked.body]

    def start(self, name: str, **values: Any) -> str:
        """Starts an example; the id."""
        self.service.asked.clear()
        self._times.clear()
        text = (FOLDER / f"{name}.yaml").read_text()
        saved = self.client.post(f"/chains/{name}", content=text, headers={"Content-Type": "text/yaml"})
        assert saved.json() == {"ok": True}
        answer = self.client.post(f"/execute/{name}", json={"input": values})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["executionId"])

    def record(self, execution: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The execution once something holds for it."""
        ends = time.monotonic() + 20
        while True:
            found: dict[str, Any] = self.client.get(f"/executions/{execution}").json()
            if until(found):
                return found
            assert time.monotonic() < ends, found
            time.sleep(0.02)

    def done(self, execution: str) -> dict[str, Any]:
        """The execution once it has ended well."""
        found = self.record(execution, lambda record: record["status"] in ("done", "error"))
        assert found["status"] == "done", found
        return found

    def approve(self, execution: str, step: str, **answer: Any) -> str:
        """Approves at a gate, once it asks; its prompt."""
        ends = time.monotonic() + 20
        while not (asked := [each for each in self._waiting() if each["executionId"] == execution]):
            assert time.monotonic() < ends, self.client.get(f"/executions/{execution}").json()
            time.sleep(0.02)
        assert [each["stepId"] for each in asked] == [step]
        decided = self.client.post(f"/executions/{execution}/approve/{step}", json={"approved": True} | answer)
        assert decided.json() == {"ok": True}
        return str(asked[0]["prompt"])

    def _waiting(self) -> list[dict[str, Any]]:
        return self.client.get("/approvals").json()  # type: ignore[no-any-return]  # a list of records


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server with one job worker, whose model the tests speak for."""
    folder = tmp_path_factory.mktemp("examples")
    with serving() as service:
        settings = {"model_base_url": f"{service.url}/v1", "model_default": "small", "outbound_allow": service.at}
        with (
            running(folder / "data", workers="1", job_workers="1", **settings) as started,
            httpx.Client(base_url=started.url, timeout=30, auth=AUTH) as client,
        ):
            yield Lab(client, service)


@pytest.fixture
def lab(server: Lab) -> Lab:
    """The same, with a model that knows nothing yet."""
    server.answers = {}
    return server


def test_research(lab: Lab) -> None:
    report = "Tea is a drink that was first brewed in China. " * 6
    lab.answers = {
        "List the ten most": "Tea is a leaf.",
        "What do the critics": "Too hot.",
        "How may tea develop": "More of it.",
        "Write a report about": lambda times: "As an AI, I cannot." if times == 1 else report,
    }
    execution = lab.start("research", topic="tea")
    assert lab.approve(execution, "approval") == f"Is this report about tea ready?\n\n{report.strip()}"
    found = lab.done(execution)
    today = found["steps"]["today"]["output"]
    assert found["result"] == f"# tea\n\n{report.strip()}\n\n{today}"
    asked = [prompt for prompt in lab.prompts() if prompt.startswith("Write a report")]
    assert len(asked) == 2  # the first answer broke a rule
    assert "Tea is a leaf.\n\n---\n\nToo hot.\n\n---\n\nMore of it." in asked[0]
    again = lab.done(lab_again(lab, "research", topic="tea"))
    assert again["result"].startswith(f"# tea\n\n{report.strip()}\n\n")


def lab_again(lab: Lab, name: str, **values: Any) -> str:
    """Runs it once more, where the facts come out of the cache."""
    execution = lab.start(name, **values)
    lab.approve(execution, "approval")
    assert not [prompt for prompt in lab.prompts() if prompt.startswith("List the ten")]
    return execution


def test_code_review(lab: Lab) -> None:
    reviews = ["Looks fine.", "login.py: check the password."]
    judgements = ["3, no file is named", "9, good"]
    lab.answers = {
        "Which reviewer": "This is about **security**.",
        "Review this change for security": "login.py:3 no check",
        "Make a review": lambda times: reviews[times - 1],
        "Does every point": lambda times: judgements[times - 1],
    }
    found = lab.done(lab.start("code-review", diff="+++ b/login.py\n+pass"))
    assert found["result"] == "login.py: check the password."
    assert {step: state["status"] for step, state in found["steps"].items()} == {
        "files": "done", "sort": "done", "security": "done", "docs": "skipped", "general": "skipped",
        "review": "done", "judge": "done",
    }  # fmt: skip
    assert found["steps"]["files"]["output"] == "+++ b/login.py"
    again = [prompt for prompt in lab.prompts() if prompt.startswith("Make a review")]
    assert again[1].endswith("3, no file is named")


def test_sales_pipeline(lab: Lab) -> None:
    found = lab.done(lab.start("sales-pipeline"))
    assert found["steps"]["store"]["output"] == "3"
    assert [json.loads(line) for line in found["result"].splitlines()] == [
        {"region": "north", "total": 150},
        {"region": "south", "total": 80},
    ]
    assert not lab.prompts()


def test_newsletter(lab: Lab) -> None:
    lab.answers = {
        "Write one paragraph": lambda times: f"Paragraph {times}.",
        "Write a subject line": lambda times: "x" * 61 if times == 1 else "What happened",
    }
    url = f"{lab.service.url}/send"
    execution = lab.start("newsletter", notes="A new roof\nA party", send_url=url, tone="warm")
    prompt = lab.approve(execution, "approval")
    assert re.fullmatch(r"What happened\n\nParagraph [12]\.\n\nParagraph [12]\.", prompt)
    assert lab.done(execution)["result"] == "sent"
    [sent] = [asked for asked in lab.service.asked if asked.path == "/send"]
    assert sent.headers["idempotency-key"] == f"{execution}:send"
    assert sent.body["chainName"] == "newsletter"
    assert sent.body["vars"]["subject"] == "What happened"


def test_nightly_report(lab: Lab) -> None:
    nothing = lab.done(lab.start("nightly-report", database="empty"))
    assert {step: state["status"] for step, state in nothing["steps"].items()} == {
        "count": "done", "nothing": "skipped", "summary": "skipped", "keep": "skipped"
    }  # fmt: skip
    lab.answers = {"Write two sentences": "Three orders came. All is well."}
    lab.done(lab.start("sales-pipeline"))
    found = lab.done(lab.start("nightly-report"))
    assert found["result"] == "Three orders came. All is well."
    program = 'LIST "/root/reports" SET ?all AFTER READ "/root/reports/" & ?all(0) SET ?text AFTER EMIT ?text'
    auth = {"username": AUTH[0], "password": AUTH[1]}
    answer = lab.client.post("/v1/query", json={"auth": auth, "query": program}).json()
    assert answer.get("result") == "Three orders came. All is well.", answer


def test_support_triage(lab: Lab) -> None:
    facts = {"topic": "bills", "angry": True, "sure": 4}
    lab.answers = {
        "Answer with one JSON": lambda times: "Well..." if times == 1 else json.dumps(facts),
        "You defend the customer": "They paid twice.",
        "You know the product": "The form sent twice.",
        "Draft an answer about bills to Ada": "Sorry, Ada.",
    }
    lab.answers |= {"": "Both are right: they paid twice."}
    execution = lab.start("support-triage", message="Twice!", customer={"name": "Ada", "plan": "pro"})
    assert lab.approve(execution, "escalate") == "Send this answer to Ada?\n\nSorry, Ada."
    found = lab.done(execution)
    assert found["result"] == "Sorry, Ada."
    assert found["steps"]["unsure"]["output"] == "Both are right: they paid twice."
    facts |= {"angry": False, "sure": 9}
    found = lab.done(lab.start("support-triage", message="Thanks!"))
    assert found["steps"]["escalate"]["output"] == "auto-approved"
    assert found["steps"]["unsure"]["status"] == "skipped"
