"""Tools of MCP servers: those that the operator names, started for the call or reached over HTTP."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from chains.pre_tool_spec import McpCall
from chains.references import filled
from chains.tools.cut import shortened
from chains.tools.pace import Pace
from chains.work import Work
from oql.chain_options import McpServer
from oql.errors import Code, OqlError, failed

if TYPE_CHECKING:
    from mcp import Client

MOST_CHARACTERS = 10 * 2**20


def mcp_call(tool: McpCall, work: Work, pace: Pace) -> str:
    """The texts that a tool gives, one after the other. Raises OqlError, with what the tool says where it fails."""
    server = work.context.environment.chains.mcp_servers.get(tool.server)
    if server is None:
        raise failed(Code.CHAIN_FAILED, f'there is no MCP server "{tool.server}" (mcp_servers)')
    given = filled(tool.args, work.resolve)
    pace.look()
    work.call_out()
    try:
        return asyncio.run(_called(server, tool, given, work, pace))
    except (TimeoutError, asyncio.CancelledError):
        work.look()
        raise pace.over() from None
    except OqlError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises groups of whatever its tasks have met
        work.look()
        raise failed(Code.CHAIN_FAILED, f'the MCP server "{tool.server}" {_reason(error)}') from None


async def _called(server: McpServer, tool: McpCall, given: dict[str, Any], work: Work, pace: Pace) -> str:
    from mcp.types import TextContent

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        with suppress(RuntimeError):  # the call is over, and so is its loop
            loop.call_soon_threadsafe(task.cancel)

    with work.context.cancel.calling(stop):
        async with asyncio.timeout(max(pace.left(), 0)), _connected(server) as client:
            result = await client.call_tool(tool.tool, given)
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    if result.is_error:
        raise failed(Code.CHAIN_FAILED, f"the tool `{tool.tool}` failed: {shortened(text, 500)}")
    if len(text) > MOST_CHARACTERS:
        raise failed(Code.CHAIN_FAILED, f"the tool `{tool.tool}` gave more than {MOST_CHARACTERS} characters")
    return text


@asynccontextmanager
async def _connected(server: McpServer) -> "AsyncIterator[Client]":
    """A client of a server. A command that was started for it ends with it."""
    import httpx2
    from mcp import Client, StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    async with AsyncExitStack() as stack:
        if server.url:
            http = await stack.enter_async_context(
                httpx2.AsyncClient(headers=dict(server.headers), trust_env=False, timeout=httpx2.Timeout(300.0))
            )
            yield await stack.enter_async_context(Client(streamable_http_client(server.url, http_client=http)))
        else:
            nowhere = stack.enter_context(open(os.devnull, "w"))  # noqa: SIM115, ASYNC230 - it never waits
            command, *args = server.command
            started = StdioServerParameters(command=command, args=args, env=dict(server.env))
            yield await stack.enter_async_context(Client(stdio_client(started, nowhere)))


def _reason(error: BaseException) -> str:
    """What went wrong, for people; where requests went stays with the operator."""
    from mcp import MCPError

    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OqlError):
        return error.message
    return f"refused: {shortened(str(error), 300)}" if isinstance(error, MCPError) else "cannot be reached"
