"""`oql mcp`: the tools, called by the library's own client over standard input and output, on a real server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import TextContent

from tests.cli.calling import OQL, variables
from tests.cli.chain_server import HELLO, ChainServer

pytestmark = pytest.mark.slow
WRITTEN = HELLO.replace("name: hello", "name: written")
PUBLISHED = """
    list_chains get_chain create_chain update_chain delete_chain add_step update_step remove_step add_pre_tool
    remove_pre_tool run_chain chain_status chain_result list_executions cancel_execution list_schedules create_schedule
    delete_schedule toggle_schedule list_pending_approvals approve_gate list_pipelines get_pipeline run_pipeline
    pipeline_status
"""


def connected(there: ChainServer, work: Callable[[Client], Awaitable[None]]) -> None:
    """Does work with a client of `oql mcp`."""

    async def run() -> None:
        command = StdioServerParameters(command=OQL, args=["mcp"], env=variables({"OQL_SERVER": there.url}))
        async with asyncio.timeout(60), Client(stdio_client(command)) as client:
            await work(client)

    asyncio.run(run())


async def text(client: Client, tool: str, *, fails: bool = False, **arguments: Any) -> str:
    """What a tool answers."""
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert result.is_error is fails, content.text
    return content.text


async def value(client: Client, tool: str, **arguments: Any) -> Any:
    return json.loads(await text(client, tool, **arguments))


async def published(client: Client) -> None:
    """All tools are there, each with its help and its marks."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert sorted(tools) == sorted(PUBLISHED.split())
    assert all(tool.description for tool in tools.values())
    assert tools["add_step"].input_schema["required"] == ["name", "step"]
    marks = {name: tool.annotations for name, tool in tools.items() if tool.annotations}
    assert [marks[name].destructive_hint for name in ("delete_chain", "add_step")] == [True, False]
    assert marks["get_chain"].read_only_hint


async def written(client: Client) -> None:
    """Chains are written and changed; what is wrong is refused, and leaves the chain as it was."""
    assert await text(client, "create_chain", name="written", yaml=WRITTEN) == 'chain "written" created'
    assert "there is a chain" in await text(client, "create_chain", name="written", yaml=WRITTEN, fails=True)
    assert "written" in [chain["name"] for chain in await value(client, "list_chains")]
    step = {"id": "c", "type": "transform", "input_var": "y", "output_var": "z"}
    assert await text(client, "add_step", name="written", step=step, after="b") == 'chain "written" updated'
    tool = {"type": "current_datetime", "inject_as": "now"}
    await text(client, "add_pre_tool", name="written", step_id="c", pre_tool=tool)
    await text(client, "update_step", name="written", step_id="c", changes={"depends_on": ["b"], "label": "End"})
    new = (
        "  - id: c\n    type: transform\n    input_var: y\n    output_var: z\n    pre_tools:\n"
        "    - type: current_datetime\n      inject_as: now\n    depends_on:\n    - b\n    label: End\n"
    )
    assert await text(client, "get_chain", name="written") == WRITTEN.replace("output: y\n", f"{new}output: y\n")
    await text(client, "remove_pre_tool", name="written", step_id="c", inject_as="now")
    await text(client, "remove_step", name="written", step_id="c")
    assert await text(client, "get_chain", name="written") == WRITTEN
    wrong = await text(client, "update_step", name="written", step_id="b", changes={"output_var": "q"}, fails=True)
    assert 'Chain output "y" does not match any step output_var' in wrong
    assert await text(client, "get_chain", name="written") == WRITTEN
    wrong = await text(client, "update_chain", name="written", yaml="name: written", fails=True)
    assert 'Invalid chain "written":\n  output: is required\n  steps: is required' in wrong
    await text(client, "update_chain", name="written", yaml=WRITTEN + "# end\n")
    assert await text(client, "delete_chain", name="written") == 'chain "written" deleted'
    assert 'Chain "written" not found' in await text(client, "get_chain", name="written", fails=True)


async def run(client: Client) -> None:
    """Chains are run, answered and cancelled."""
    done = await value(client, "run_chain", name="hello", input={"topic": "x"})
    assert (done["status"], done["result"]) == ("done", "one!")
    assert await text(client, "chain_result", execution_id=done["executionId"]) == "one!"
    status = await value(client, "chain_status", execution_id=done["executionId"])
    assert status["steps"]["a"]["output"] == "one"
    missing = await text(client, "run_chain", name="hello", fails=True)
    assert 'Missing required input: "topic" (what about)' in missing
    waiting = await value(client, "run_chain", name="asks")
    assert (waiting["status"], waiting["waitsFor"][0]["stepId"]) == ("running", "g")
    execution = waiting["executionId"]
    assert "not done yet: running" in await text(client, "chain_result", execution_id=execution, fails=True)
    assert [gate["executionId"] for gate in await value(client, "list_pending_approvals")] == [execution]
    await text(client, "approve_gate", execution_id=execution, step_id="g", approved=False, reason="no")
    second = (await value(client, "run_chain", name="asks"))["executionId"]
    assert "cancelled" in await text(client, "cancel_execution", execution_id=second)
    listed = await value(client, "list_executions", limit=2)
    assert [(run["id"], run["status"]) for run in listed] == [(second, "error"), (execution, "error")]
    failed = await text(client, "chain_result", execution_id=execution, fails=True)
    assert "the execution failed: Gate rejected by user: no" in failed


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("get_chain", {}, "name: is required"),
    ("get_chain", {"name": 5}, "name: expected text"),
    ("get_chain", {"nam": "hello"}, "nam: is not an argument; did you mean `name`?"),
    ("get_chain", {"name": "hello", "bogus": 1}, "bogus: is not an argument; expected one of `name`"),
    (
        "list_chains", {"x": 1, "y": 2},
        "x: is not an argument; the tool takes none\ny: is not an argument; the tool takes none",
    ),
    ("list_executions", {"limit": 0, "offset": "far"}, "limit: expected at least 1\noffset: expected a whole number"),
    ("run_chain", {"name": "hello", "wait_seconds": 601}, "wait_seconds: expected at most 600"),
    ("run_chain", {"name": "hello", "input": [1]}, "input: expected an object of keys and values"),
    ("approve_gate", {"execution_id": "x", "step_id": "g", "approved": "maybe"}, "approved: expected true or false"),
    (
        "create_schedule", {"chain_name": "hello", "cron": "* * * * *", "type": "chian"},
        "type: expected 'chain' or 'pipeline'; did you mean `chain`?",
    ),
]  # fmt: skip


async def refused(client: Client) -> None:
    """What is wrong with arguments is told in words, whichever tool it is."""
    for tool, arguments, told in WRONG:
        result = await client.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert (result.is_error, content.text) == (True, told)


PIPELINE = 'name: both\nchains:\n  - {id: one, chain: hello, inputs: {topic: "{input.t}"}}\noutput: one\n'


async def scheduled(client: Client) -> None:
    """Schedules are made, switched off and deleted, and pipelines run."""
    made = await value(
        client, "create_schedule", chain_name="both", cron="0 8 * * 1-5", type="pipeline", timezone="Europe/Berlin",
        input={"t": 1},
    )  # fmt: skip
    assert (made["chainName"], made["type"], made["input"], made["enabled"]) == ("both", "pipeline", {"t": 1}, True)
    assert [each["id"] for each in await value(client, "list_schedules")] == [made["id"]]
    assert (await value(client, "toggle_schedule", schedule_id=made["id"]))["enabled"] is False
    wrong = await text(client, "create_schedule", chain_name="both", cron="0 25 * * *", fails=True)
    assert "Invalid cron expression" in wrong
    assert "deleted" in await text(client, "delete_schedule", schedule_id=made["id"])
    assert [each["name"] for each in await value(client, "list_pipelines")] == ["both"]
    assert await text(client, "get_pipeline", name="both") == PIPELINE
    done = await value(client, "run_pipeline", name="both", input={"t": "x"})
    assert (done["status"], done["result"]) == ("done", "one!")
    status = await value(client, "pipeline_status", execution_id=done["executionId"])
    assert (status["pipelineName"], status["chains"]["one"]["result"]) == ("both", "one!")
    assert await text(client, "chain_result", execution_id=done["executionId"]) == "one!"


def test_tools(there: ChainServer) -> None:
    """One client uses them all: each start of `oql mcp` takes longer than what it is asked here."""
    there.save("both", PIPELINE, kind="pipelines")

    async def work(client: Client) -> None:
        for part in (published, written, run, refused, scheduled):
            await part(client)

    connected(there, work)
