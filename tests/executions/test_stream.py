"""The events of executions as an EventSource gets them: each once, in one order, over any number of connections."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from server.chains.stream import ExecutionTeller
from tests.executions.asking import (
    GATE,
    GREETING,
    Event,
    asked,
    decide,
    followed,
    following,
    reached,
    refused,
    started,
)
from tests.http.running import TEST_LOGIN, Server

STEPS = 30
LONG = "name: long\noutput: v0\nsteps:\n" + "".join(
    f"  - {{id: s{n}, type: transform, operation: template, template_str: 'text {n}', output_var: v{n}"
    f"{f', depends_on: [s{n - 1}]' if n else ''}}}\n"
    for n in range(STEPS)
)


def test_numbers_count_from_one_without_a_gap(client: httpx.Client) -> None:
    execution = started(client, LONG)
    events = followed(client, execution)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert len(events) == 2 + 3 * STEPS
    assert {event.data["executionId"] for event in events} == {execution}
    assert followed(client, execution) == events, "one that comes late sees the same"


def test_every_id_leads_to_what_follows_it(client: httpx.Client) -> None:
    execution = started(client, GREETING, who="Ada")
    events = followed(client, execution)
    for number in range(len(events) - 1):
        assert followed(client, execution, events[number].id) == events[number + 1 :]
    for last in (events[-1].id, events[-1].id + 1, 10**15 - 1):
        answer = client.get(f"/executions/{execution}/stream", headers={"Last-Event-ID": str(last)})
        assert (answer.status_code, answer.content) == (204, b"")


def test_cut_off_at_random_nothing_is_lost_and_nothing_comes_twice(client: httpx.Client) -> None:
    chance = random.Random(7)
    execution = started(client, LONG)
    seen: list[Event] = []
    cuts = 0
    while not seen or seen[-1].type != "execution_done":
        most = chance.randrange(8)
        with following(client, execution, seen[-1].id if seen else None) as stream:
            for event in stream:
                seen.append(event)
                if most == 0:
                    break
                most -= 1
        cuts += 1
    assert cuts > 10
    assert [event.id for event in seen] == list(range(1, 3 + 3 * STEPS))


def test_who_comes_while_a_gate_waits(client: httpx.Client) -> None:
    execution = started(client, GATE)
    asked(client, execution)
    with following(client, execution) as stream:
        seen = [next(stream) for _ in range(6)]
        assert [event.type for event in seen][-2:] == ["step_started", "step_waiting_approval"]
        assert seen[-1].data["prompt"] == "Send a draft?"
        decide(client, execution, "approval", approved=True)
        rest = list(stream)
    assert [event.type for event in rest] == [
        "gate_action", "step_done", "step_started", "step_output", "step_done", "execution_done",
    ]  # fmt: skip
    assert followed(client, execution) == seen + rest


def test_the_head_and_the_form_of_a_stream(client: httpx.Client) -> None:
    execution = started(client, GREETING, who="Ada")
    reached(client, execution, "done")
    answer = client.get(f"/executions/{execution}/stream", headers={"Origin": "http://localhost:3000"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["connection"] == "keep-alive"
    assert answer.headers["access-control-allow-origin"] == "*"
    first = answer.text.partition("\n\n")[0]
    assert first.startswith(f'id: 1\ndata: {{"type":"execution_started","executionId":"{execution}","chainName":"')
    head = client.head(f"/executions/{execution}/stream")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream")


def test_a_stream_without_news_says_that_it_is_there_in_time() -> None:
    assert ExecutionTeller.still_here.serialize(None) == b": heartbeat\n\n"
    assert ExecutionTeller.quiet_s == 30


@pytest.mark.parametrize("last", ["x", "1.1", "-1", "1" * 16])
def test_an_id_that_is_none(client: httpx.Client, last: str) -> None:
    execution = started(client, GREETING, who="Ada")
    answer = client.get(f"/executions/{execution}/stream", headers={"Last-Event-ID": last})
    assert refused(answer, 400) == "Last-Event-ID must be the number of an event"


def test_many_streams_of_some_executions(server: Server, client: httpx.Client) -> None:
    executions = [started(client, GATE) for _ in range(4)]
    for execution in executions:
        asked(client, execution)
    all_open = threading.Barrier(41)

    def follow(number: int) -> list[Event]:
        auth = (TEST_LOGIN["username"], TEST_LOGIN["password"])
        with (
            httpx.Client(base_url=server.url, timeout=60, auth=auth) as one,
            following(one, executions[number % 4]) as stream,
        ):
            first = [next(stream)]
            all_open.wait(30)
            return first + list(stream)

    with ThreadPoolExecutor(40) as pool:
        streams = [pool.submit(follow, number) for number in range(40)]
        all_open.wait(30)
        for execution in executions:
            decide(client, execution, "approval", approved=True)
        seen = [stream.result() for stream in streams]
    for number, events in enumerate(seen):
        assert events == seen[number % 4]
        assert (len(events), events[-1].data.get("result")) == (12, "sent approved")


def test_all_clients_see_one_sequence(client: httpx.Client) -> None:
    execution = started(client, LONG)
    with following(client, execution) as early:
        first = next(early)
        late = followed(client, execution)
        assert [first, *early] == late
