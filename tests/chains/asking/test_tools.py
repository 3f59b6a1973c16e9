"""Models that call tools: what they are told of them, what comes of their calls, and how it ends."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chains.work import Told
from oql.errors import OqlError
from oql.limits import DEFAULT
from oql.outbound import Outbound
from substrate.files.opening import FileStore
from tests.chains.asking.conftest import Sit, asked
from tests.chains.desk import Desk, Died
from tests.models.services import (
    CALLS,
    PROTOCOLS,
    WORDS,
    Called,
    Said,
    Service,
    events,
    openai,
    openai_calls,
    refusal,
)
from tests.outbound.servers import Answer, Web

STEP = "prompt: x\nmodel: m\ntools: [{}]"


def call(name: str, id_: str = "c1", **arguments: Any) -> Called:
    """A call of a tool."""
    return id_, name, json.dumps(arguments)


def results(service: Service, number: int = 1) -> list[str]:
    """What a model hears of its calls in a later question, whatever the protocol."""
    messages = service.asked[number].body["messages"]
    if messages[-1]["role"] == "tool":
        return [each["content"] for each in messages if each["role"] == "tool"]
    return [each["content"] for each in messages[-1]["content"]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_program_is_run_and_its_value_heard(sit: Sit, service: Service, protocol: str) -> None:
    program = 'CALCULATE "6 * 7" SET ?n AFTER EMIT ?n'
    service.says = [CALLS[protocol](call("oql", program=program), text="Let me see. "), WORDS[protocol]("It is 42.")]
    desk = sit(STEP.format("oql"), protocol)
    assert asked(desk) == Told("It is 42.", 22, 14)
    assert desk.logged("info") == [f"Tool oql: {json.dumps({'program': program})}"]
    assert desk.logged("chunk") == ["Let me see. ", "It is 42."]
    assert (desk.tokens, results(service)) == ([(11, 7), (11, 7)], ["42"])


def test_what_is_sent_to_openai(sit: Sit, service: Service) -> None:
    calls = [("c1", "oql", '{"program": "EMIT 1"}'), ("c2", "oql", '{"program": "EMIT 2"}')]
    service.says = [openai_calls(*calls), openai("x")]
    asked(sit(STEP.format("oql")))
    first, second = (each.body for each in service.asked)
    [tool] = first["tools"]
    assert (tool["type"], tool["function"]["name"]) == ("function", "oql")
    assert tool["function"]["parameters"]["required"] == ["program"]
    assert "tool_choice" not in first
    assert second["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": id_, "type": "function", "function": {"name": "oql", "arguments": arguments}}
                for id_, _, arguments in calls
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c2", "content": "2"},
    ]  # fmt: skip


def test_what_is_sent_to_anthropic(sit: Sit, service: Service) -> None:
    calls = call("oql", "c1", program='EMIT "a"'), call("oql", "c2", program="EMIT")
    service.says = [CALLS["anthropic"](*calls, text="Well."), WORDS["anthropic"]("x")]
    asked(sit(STEP.format("oql"), "anthropic"))
    first, second = (each.body for each in service.asked)
    [tool] = first["tools"]
    assert (tool["name"], tool["input_schema"]["required"]) == ("oql", ["program"])
    said, heard = second["messages"][1:]
    assert said == {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Well."},
            {"type": "tool_use", "id": "c1", "name": "oql", "input": {"program": 'EMIT "a"'}},
            {"type": "tool_use", "id": "c2", "name": "oql", "input": {"program": "EMIT"}},
        ],
    }
    assert heard["role"] == "user"
    assert heard["content"][0] == {"type": "tool_result", "tool_use_id": "c1", "content": "a"}
    failed = heard["content"][1]
    assert (failed["tool_use_id"], failed["is_error"]) == ("c2", True)
    assert failed["content"].startswith("ParseError: ")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_calls_in_an_answer_that_is_not_streamed(sit: Sit, service: Service, protocol: str) -> None:
    arguments = {"program": 'EMIT "here"'}
    function = {"name": "oql", "arguments": json.dumps(arguments)}
    bodies = {
        "openai": {"choices": [{"message": {"content": None, "tool_calls": [{"id": "c", "function": function}]}}]},
        "anthropic": {"content": [{"type": "tool_use", "id": "c", "name": "oql", "input": arguments}]},
    }
    service.says = [refusal(200, bodies[protocol]), WORDS[protocol]("done")]
    assert asked(sit(STEP.format("oql"), protocol)).text == "done"
    assert results(service) == ["here"]


@pytest.mark.parametrize("piece", [1, 3, 7])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_stream_of_calls_may_be_cut_anywhere(sit: Sit, service: Service, protocol: str, piece: int) -> None:
    made = call("oql", program='EMIT "caf\u00e9 \u2603"'), call("oql", "c2", program="EMIT 2")
    service.says = [CALLS[protocol](*made, text="So.", piece=piece), WORDS[protocol]("done")]
    assert asked(sit(STEP.format("oql"), protocol)).text == "done"
    assert results(service) == ["caf\u00e9 \u2603", "2"]


ODD: list[Any] = [
    7, [7], [{}], [{"index": -1}], [{"index": "x", "id": 7}], [{"index": 10**30, "function": None}],
    [{"index": 0, "id": "c", "function": {"name": ["oql"], "arguments": {}}}], [{"function": {"arguments": "{"}}] * 3,
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_calls_that_are_none_of_the_protocol(sit: Sit, service: Service, odd: Any) -> None:
    chunk = {"choices": [{"delta": {"content": "a", "tool_calls": odd}, "finish_reason": "stop"}]}
    service.says = [Said(events(chunk, "[DONE]")), openai("done")]
    assert asked(sit(STEP.format("oql"))).text in ("a", "done")
    assert all(told.startswith("there is no tool ``") for told in (results(service) if len(service.asked) > 1 else []))


@pytest.mark.parametrize(
    "block", [7, {}, {"type": "tool_use"}, {"type": "tool_use", "id": 7, "name": {}, "input": [1]}]
)
def test_blocks_that_are_none_of_the_protocol(sit: Sit, service: Service, block: Any) -> None:
    start = {"type": "content_block_start", "index": None, "content_block": block}
    delta = {"type": "content_block_delta", "delta": {"partial_json": "]", "text": 7}}
    service.says = [Said(events(start, delta, {"type": "message_stop"})), WORDS["anthropic"]("done")]
    assert asked(sit(STEP.format("oql"), "anthropic")).text in ("", "]", "done")


def test_very_many_calls_at_once(sit: Sit, service: Service) -> None:
    service.says = [openai_calls(*(call("oql", str(n), program=f"EMIT {n}") for n in range(102))), openai("done")]
    asked(sit(STEP.format("oql")))
    assert results(service) == [*map(str, range(100)), "too many calls at once", "too many calls at once"]


def test_servers_that_number_no_calls(sit: Sit, service: Service) -> None:
    whole = [{"id": id_, "function": {"name": "oql", "arguments": f'{{"program": "EMIT {id_}"}}'}} for id_ in "12"]
    body = {"choices": [{"message": {"tool_calls": whole}, "finish_reason": "tool_calls"}]}
    service.says = [refusal(200, body), openai("done")]
    asked(sit(STEP.format("oql")))
    assert results(service) == ["1", "2"]


def test_a_url_is_fetched(sit: Sit, service: Service, web: Web) -> None:
    web.answers["/page"] = Answer(
        headers={"Content-Type": "text/plain; charset=latin-1"}, body="caf\u00e9".encode("latin-1")
    )
    web.answers["/long"] = Answer(body=b"x" * 50_001)
    web.answers["/gone"] = Answer(404)
    calls = [call("http_fetch", path, url=f"{web.url}/{path}") for path in ("page", "long", "gone")]
    service.says = [openai_calls(*calls, call("http_fetch", "in", url="http://169.254.169.254/")), openai("done")]
    desk = sit(STEP.format("WebFetch"))
    asked(desk)
    page, long, gone, inside = results(service)
    assert (page, long, gone) == (
        "caf\u00e9", "x" * 50_000 + "\n[truncated]", f"`{web.at}` answered with status 404",
    )  # fmt: skip
    assert "is not a public host" in inside
    assert desk.logged("warn") == [f"Tool http_fetch failed: {gone}", f"Tool http_fetch failed: {inside}"]


def test_a_file_is_read(sit: Sit, service: Service, file_store: FileStore) -> None:
    desk = sit(STEP.format("Read") + "\ncwd: /tmp/desk")
    desk.context.files = file_store.of("user_ada")
    desk.context.files.write("/root/tmp/desk/a.txt", b"tea", desk_asker(desk))
    calls = call("read_file", "c1", path="a.txt"), call("read_file", "c2", path="/etc/passwd")
    service.says = [openai_calls(*calls), openai("done")]
    asked(desk)
    tea, outside = results(service)
    assert (tea, "leads out of /root" in outside) == ("tea", True)


def test_a_search(sit: Sit, service: Service, web: Web) -> None:
    found = {"results": [{"title": "Tea", "url": "https://tea.example.com", "content": "Leaves.", "score": 1}]}
    web.answers["/search"] = Answer(body=json.dumps(found).encode())
    service.says = [openai_calls(call("search", query="t & c")), openai("done")]
    search = Outbound([web.at])
    desk = sit(STEP.format("WebSearch"), chains={"search_url": f"{web.url}/search?format=json", "search": search})
    asked(desk)
    search.close()
    assert results(service) == ["1. Tea\nhttps://tea.example.com\nLeaves."]
    assert [asked.path for asked in web.asked] == ["/search?format=json&q=t%20%26%20c"]


def test_a_search_without_a_service_fails(sit: Sit, service: Service) -> None:
    service.says = [openai_calls(call("search", query="tea")), openai("done")]
    asked(sit(STEP.format("search")))
    assert results(service) == ["no search service is configured (search_url)"]


def test_calls_that_make_no_sense_are_told(sit: Sit, service: Service) -> None:
    calls = [
        ("c1", "shell", "{}"),
        ("c2", "oql", "EMIT 1"),
        ("c3", "oql", '["EMIT 1"]'),
        ("c4", "oql", '{"program": 7}'),
    ]
    service.says = [openai_calls(*calls), openai("done")]
    assert asked(sit(STEP.format("oql, search"))).text == "done"
    told = results(service)
    assert told[0] == "there is no tool `shell`; there are oql, search"
    assert told[1].startswith("the arguments are not JSON: ")
    sent = [each["function"]["arguments"] for each in service.asked[1].body["messages"][1]["tool_calls"]]
    assert sent == ["{}", "{}", '["EMIT 1"]', '{"program": 7}']
    assert told[2:] == ["`oql` takes an object with the text `program`"] * 2


def test_a_program_that_fails(sit: Sit, service: Service) -> None:
    texts = ["UPER 'x'", 'CALCULATE "1 / 0"']
    service.says = [openai_calls(*(call("oql", str(n), program=text) for n, text in enumerate(texts))), openai("done")]
    asked(sit(STEP.format("oql")))
    static, dynamic = results(service)
    assert static.startswith("ParseError: line 1, column 1: ")
    assert dynamic.startswith("CalculateFailed: ")


def test_unknown_tools_are_left_out(sit: Sit, service: Service) -> None:
    service.says = [openai("x")]
    text = STEP.format("Bash, Read, read_file, Bash")
    desk = sit(text)
    asked(desk)
    assert desk.logged("warn") == ['Unknown tool "Bash" ignored']
    assert [tool["function"]["name"] for tool in service.asked[0].body["tools"]] == ["read_file"]
    again = sit(text, kept=desk.kept)
    asked(again)
    assert again.told == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_rounds_come_to_an_end(sit: Sit, service: Service, protocol: str) -> None:
    service.says = [CALLS[protocol](call("oql", program="EMIT 1"), text="more")]
    desk = sit(STEP.format("oql"), protocol, chains={"tool_rounds": 2})
    assert asked(desk).text == "more"
    choices = [each.body.get("tool_choice") for each in service.asked]
    assert choices == [None, None, {"openai": "none", "anthropic": {"type": "none"}}[protocol]]
    assert len(desk.logged("info")) == 2


def test_without_rounds_no_tools_are_offered(sit: Sit, service: Service) -> None:
    service.says = [openai("x")]
    asked(sit(STEP.format("oql"), chains={"tool_rounds": 0}))
    assert "tools" not in service.asked[0].body


# a run that goes on


def test_what_was_done_is_not_done_again(sit: Sit, service: Service, web: Web) -> None:
    text = STEP.format("http_fetch")
    calls = [call("http_fetch", id_, url=f"{web.url}/{id_}") for id_ in ("a", "b")]
    service.says = [openai_calls(*calls), openai("done")]
    first = sit(text, dies_at="answer.1.1.1.2")
    with pytest.raises(Died):
        asked(first)
    again = sit(text, kept=first.kept)
    assert asked(again) == Told("done", 22, 14)
    assert [asked.path for asked in web.asked] == ["/a", "/b", "/b"]
    assert (len(service.asked), results(service)) == (2, ["/a", "/b"])
    third = sit(text, kept=again.kept)
    assert (asked(third), third.told) == (Told("done", 22, 14), [])


def test_what_ends_the_run_is_not_told_to_the_model(sit: Sit, service: Service) -> None:
    service.says = [openai_calls(call("oql", program="EMIT 1 AFTER EMIT 2 AFTER EMIT 3"))]
    desk = sit(STEP.format("oql"))
    desk.context.limits = replace(DEFAULT, steps=2)
    with pytest.raises(OqlError, match="the limit of 2 steps is reached"):
        asked(desk)
    assert len(service.asked) == 1


def desk_asker(desk: Desk) -> Any:
    """Whoever asks for files."""
    from chains.tools.pace import Pace

    return Pace(desk, 10)
