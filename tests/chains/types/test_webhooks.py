"""What a webhook sends, beside what tests/chains/cases shows of its answers."""

import json
import threading
from typing import Any

from tests.chains.running.driving import Here
from tests.outbound.servers import Answer, Asked, Web


def run(here: Here, web: Web, fields: str = "", **values: Any) -> str:
    step = f"{{id: w, type: webhook, webhook_url: '{web.url}/hook', output_var: out {fields}}}"
    return here.run(f"name: hooks\noutput: out\nsteps: [{step}]", x="{url}", **values)


def test_the_variables_are_told_where_there_is_no_body(here: Here, web: Web) -> None:
    execution = run(here, web)
    asked = web.asked[0]
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert asked.headers["idempotency-key"] == f"{execution}:w"
    assert json.loads(asked.body) == {
        "executionId": execution, "stepId": "w", "chainName": "x", "vars": {"x": "{url}"}
    }  # fmt: skip


def test_body_and_headers_are_resolved(here: Here, web: Web) -> None:
    run(here, web, ", webhook_body: 'a {x}', webhook_headers: {X-A: '<{x}>', Content-Type: text/plain}")
    asked = web.asked[0]
    assert asked.body == b"a {url}"
    assert (asked.headers["x-a"], asked.headers["content-type"]) == ("<{url}>", "text/plain")


def test_get_and_delete_have_no_body_of_their_own(here: Here, web: Web) -> None:
    run(here, web, ", webhook_method: GET")
    run(here, web, ", webhook_method: DELETE")
    run(here, web, ", webhook_method: DELETE, webhook_body: '{x}'")
    assert [asked.body for asked in web.asked] == [b"", b"", b"{url}"]


def test_every_attempt_has_the_same_key(here: Here, web: Web) -> None:
    statuses = [503, 200]
    web.answers["/hook"] = lambda _: Answer(statuses.pop(0), body=b"made")
    execution = run(here, web, ", webhook_retry: 1")
    assert here.answer(execution) == "made"
    assert [asked.headers["idempotency-key"] for asked in web.asked] == [f"{execution}:w"] * 2


def test_it_ends_in_time(here: Here, web: Web) -> None:
    answered = threading.Event()

    def slow(_: Asked) -> Answer:
        answered.wait(10)
        return Answer()

    web.answers["/hook"] = slow
    execution = run(here, web, ", webhook_timeout_ms: 50")
    answered.set()
    assert here.answer(execution) == [
        "NetTimeout", "Webhook failed after 1 attempt(s): no complete answer within 0.05 s"
    ]  # fmt: skip
