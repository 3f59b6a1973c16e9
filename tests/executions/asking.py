"""Chains as a client saves, starts and follows them. None of them needs a model."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from tests.http.running import until

Body = dict[str, Any]
_numbers = count(1)

YAML = {"Content-Type": "text/yaml"}
GREETING = """\
name: greeting
description: Greets somebody
version: 1.0
inputs:
  - {name: who, description: whom to greet}
output: out
steps:
  - {id: hello, type: transform, operation: template, template_str: "Hello {who}", output_var: text}
  - {id: again, type: transform, operation: template, template_str: "{text}!", output_var: out, depends_on: [hello]}
"""
GATE = """\
name: gate
output: out
steps:
  - {id: draft, type: transform, operation: template, template_str: "a draft", output_var: draft}
  - {id: approval, type: gate, prompt: "Send {draft}?", output_var: decision, depends_on: [draft]}
  - {id: send, type: transform, operation: template, template_str: "sent {decision}", output_var: out,
     depends_on: [approval]}
"""
FAILING = """\
name: failing
output: out
steps:
  - {id: empty, type: transform, operation: template, template_str: "{}", output_var: object}
  - {id: extract, type: transform, operation: json_extract, input_var: object, json_path: a, output_var: out,
     depends_on: [empty]}
"""
LATER = """\
name: later
output: out
inputs: [{name: key}]
steps:
  - {id: first, type: transform, operation: template, template_str: "kept", output_var: kept}
  - {id: second, type: oql, depends_on: [first], output_var: out,
     program: 'READ "/root/" & ?key SET ?text AFTER EMIT ?kept & " " & ?text'}
"""
"""Fails until there is a file of the given name."""


@dataclass(frozen=True)
class Event:
    """A message of an EventSource: `id` is its last event id."""

    id: int
    data: Body

    @property
    def type(self) -> str:
        return str(self.data["type"])


def saved(client: httpx.Client, text: str) -> str:
    """The name, never used before, under which a text has been saved."""
    name = f"chain-{next(_numbers)}"
    answer = client.post(f"/chains/{name}", content=text, headers=YAML)
    assert answer.status_code == 200, answer.text
    return name


def started(client: httpx.Client, text: str, **values: Any) -> str:
    """The id of an execution of a text, which has just been started."""
    answer = client.post(f"/execute/{saved(client, text)}", json={"input": values})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["executionId"]
    return str(answer.json()["executionId"])


def record(client: httpx.Client, execution: str) -> Body:
    """An execution as it stands."""
    answer = client.get(f"/executions/{execution}")
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def reached(client: httpx.Client, execution: str, *statuses: str) -> Body:
    """An execution, once it has one of these statuses."""
    found: Body = until(lambda: (one := record(client, execution))["status"] in statuses and one)
    return found


def asked(client: httpx.Client, execution: str) -> Body:
    """What an execution asks, once it does."""
    found: Body = until(
        lambda: next((one for one in client.get("/approvals").json() if one["executionId"] == execution), None)
    )
    return found


def decide(client: httpx.Client, execution: str, step: str, **body: Any) -> httpx.Response:
    """A decision at a gate."""
    return client.post(f"/executions/{execution}/approve/{step}", json=body)


def refused(answer: httpx.Response, status: int) -> str:
    """What an answer of the API of chains says is wrong, after its shape has been checked."""
    assert answer.status_code == status, answer.text
    body: Body = answer.json()
    assert set(body) - {"hint"} == {"error", "request_id"}
    assert body.get("hint") != "", "a hint that says nothing is left out"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    return str(body["error"])


def hint_of(answer: httpx.Response) -> str:
    """What an answer of the API of chains tells beside what is wrong; empty where it does not."""
    return str(answer.json().get("hint", ""))


@contextmanager
def following(client: httpx.Client, execution: str, last: int | None = None) -> Iterator[Iterator[Event]]:
    """The messages of an execution's stream, behind the one with the id `last`, as an EventSource sees them."""
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": str(last)})
    with client.stream("GET", f"/executions/{execution}/stream", headers=headers, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield messages(answer.iter_lines())


def messages(lines: Iterator[str]) -> Iterator[Event]:
    """As the HTML standard has an EventSource read: fields up to a blank line, comments passed over."""
    data: list[str] = []
    last, name = "", ""
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                assert name == "", "a name would keep it from onmessage"
                assert len(data) == 1, "one data line"
                yield Event(int(last), json.loads(data[0]))
            data, name = [], ""
        elif field == "data":
            data.append(value)
        elif field == "id":
            last = value
        elif field == "event":
            name = value


def followed(client: httpx.Client, execution: str, last: int | None = None) -> list[Event]:
    """The whole of a stream, up to its end."""
    with following(client, execution, last) as stream:
        return list(stream)
