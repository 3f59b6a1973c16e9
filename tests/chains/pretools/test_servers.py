"""mcp_call: tools of real servers, started for the call or reached over HTTP."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from oql.chain_options import McpServer, servers_in
from oql.errors import OqlError
from tests.chains.desk import later
from tests.chains.pretools.conftest import Sit
from tests.chains.pretools.test_flow import values
from tests.chains.pretools.test_kinds import ended, noted

COMMAND = (sys.executable, str(Path(__file__).with_name("mcp_server.py")))
GREET = "- {type: mcp_call, inject_as: v, server: tests, tool: greet, args: {name: '{who}'}}"
LOCAL = {"tests": McpServer(COMMAND, {"GREETING": "tea?"})}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def remote() -> Iterator[str]:
    """The URL of a server over HTTP."""
    with subprocess.Popen([*COMMAND, "0"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = next(match for line in process.stderr if (match := re.search(r"http://127\.0\.0\.1:\d+", line)))
        rest = threading.Thread(target=process.stderr.read, daemon=True)
        rest.start()
        yield f"{found[0]}/mcp"
        process.kill()
        rest.join(5)


def test_a_command_is_started_and_called(sit: Sit) -> None:
    desk = sit(GREET, chains={"mcp_servers": LOCAL}, variables={"who": "Ada"})
    assert values(desk) == {"v": "Hello Ada.\ntea?"}


def test_a_server_over_http(sit: Sit, remote: str) -> None:
    servers = {"tests": McpServer(url=remote, headers={"Authorization": "Bearer k"})}
    desk = sit(GREET, chains={"mcp_servers": servers}, variables={"who": "Ada"})
    assert values(desk) == {"v": "Hello Ada.\nnone"}


def test_numbers_are_sent_as_numbers_whole_ones_with_all_their_digits(sit: Sit, tmp_path: Path) -> None:
    notes = tmp_path / "lines"
    server = McpServer((sys.executable, str(Path(__file__).with_name("plain_mcp_server.py")), str(notes)))
    args = "{a: 1, b: [{c: -7, d: 2.50}, 1e3], e: 12345678901234567890, f: '5', g: true, h: '{n}', i: 3.0}"
    tool = f"- {{type: mcp_call, inject_as: v, server: tests, tool: any, args: {args}}}"
    assert values(sit(tool, chains={"mcp_servers": {"tests": server}}, variables={"n": "7"})) == {"v": "noted"}
    [line] = [line for line in notes.read_text().splitlines() if '"tools/call"' in line]
    sent = '{"a":1,"b":[{"c":-7,"d":2.5},1000],"e":12345678901234567890,"f":"5","g":true,"h":"7","i":3}'
    assert f'"arguments":{sent}' in line


def test_a_tool_that_fails(sit: Sit, remote: str) -> None:
    servers = {"tests": McpServer(url=remote)}
    desk = sit("- {type: mcp_call, inject_as: v, server: tests, tool: broken}", chains={"mcp_servers": servers})
    value = values(desk)["v"]
    assert value.startswith("[PRE-TOOL ERROR: the tool `broken` failed: ")
    assert "out of tea" in value


def test_a_tool_that_there_is_not(sit: Sit, remote: str) -> None:
    servers = {"tests": McpServer(url=remote)}
    desk = sit("- {type: mcp_call, inject_as: v, server: tests, tool: none}", chains={"mcp_servers": servers})
    value = values(desk)["v"]
    assert value.startswith("[PRE-TOOL ERROR: the ")
    assert "none" in value


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ({}, 'there is no MCP server "tests" (mcp_servers)'),
        ({"tests": McpServer(("/no/such/command",))}, 'the MCP server "tests" cannot be reached'),
        ({"tests": McpServer(("true",))}, 'the MCP server "tests" '),
        ({"tests": McpServer(url="http://127.0.0.1:9/mcp")}, 'the MCP server "tests" '),
    ],
)
def test_servers_that_are_not_there(sit: Sit, server: dict[str, McpServer], told: str) -> None:
    value = values(sit(GREET, chains={"mcp_servers": server}))["v"]
    assert value.startswith(f"[PRE-TOOL ERROR: {told}")
    assert "127.0.0.1" not in value


SLOW = "- {{type: mcp_call, inject_as: v, server: tests, tool: slow, args: {{note: '{}'}}, timeout_ms: {}}}"


def test_time_is_up(sit: Sit, tmp_path: Path, remote: str) -> None:
    desk = sit(SLOW.format(tmp_path / "server", 300), chains={"mcp_servers": {"tests": McpServer(url=remote)}})
    assert values(desk) == {"v": "[PRE-TOOL ERROR: no result within 0.3 s]"}


def test_cancelling_ends_the_server(sit: Sit, tmp_path: Path) -> None:
    note = tmp_path / "server"
    desk = sit(SLOW.format(note, 30_000), chains={"mcp_servers": LOCAL})
    later(desk.context.cancel.set, noted(note))
    with pytest.raises(OqlError, match="the run was cancelled"):
        values(desk)
    ended(note)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a": 1}', '{"a": {}}', '{"a": {"command": "x", "url": "https://x"}}', '{"a": {"url": "x"}}',
     '{"a": {"command": ["x"]}}', '{"a": {"command": "x", "args": "y"}}', '{"a": {"command": "x", "env": {"A": 1}}}'],
)  # fmt: skip
def test_servers_that_do_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match="a JSON object such as"):
        servers_in(text)


def test_servers_of_a_setting() -> None:
    local = '{"command": "x", "args": ["y"], "env": {"K": "canary"}}'
    text = f'{{"a": {local}, "b": {{"url": "https://h/mcp", "headers": {{"A": "canary"}}}}}}'
    assert servers_in(text) == {
        "a": McpServer(("x", "y"), {"K": "canary"}),
        "b": McpServer(url="https://h/mcp", headers={"A": "canary"}),
    }
    assert "canary" not in repr(servers_in(text))
