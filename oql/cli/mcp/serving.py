"""The MCP server: the tools of the modules beside this one, each a call of the API of a server."""

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from chains.spec import STEPS
from oql import json
from oql.cli.chain.server import ChainServer
from oql.cli.mcp.editing import Editing
from oql.cli.mcp.looking import Looking
from oql.cli.mcp.running import Running
from oql.cli.mcp.scheduling import Scheduling
from oql.cli.refusal import Refused
from oql.formats import FormatError
from oql.formats.yaml_edits import EditRefused

_ABOUT = f"""\
Chains are workflows in YAML: steps ({", ".join(STEPS)}) that form a graph through depends_on;
each writes one text into its output_var, which others read as {{name}}. get_chain shows the text of one; a text is
checked before it is saved, and what is wrong is told."""
READS, WRITES, DELETES = (
    ToolAnnotations(read_only_hint=True),
    ToolAnnotations(read_only_hint=False, destructive_hint=False),
    ToolAnnotations(read_only_hint=False, destructive_hint=True),
)


def serve(server: ChainServer) -> None:
    """Answers on standard input and output until the input ends."""
    mcp_server(server).run("stdio")


def mcp_server(server: ChainServer) -> MCPServer[Any]:
    """The server with all tools."""
    made: MCPServer[Any] = MCPServer(
        "oql", title="OQL chains", instructions=_ABOUT, version=version("oql"), log_level="WARNING"
    )
    looking, editing, running, scheduling = Looking(server), Editing(server), Running(server), Scheduling(server)
    tools: tuple[tuple[ToolAnnotations, tuple[Callable[..., Any], ...]], ...] = (
        (READS, (
            looking.list_chains, looking.get_chain, looking.list_executions, looking.chain_status,
            looking.chain_result, looking.list_schedules, looking.list_pending_approvals, looking.list_pipelines,
            looking.get_pipeline, looking.pipeline_status,
        )),
        (WRITES, (
            editing.create_chain, editing.add_step, editing.add_pre_tool, running.run_chain, running.run_pipeline,
            running.approve_gate, scheduling.create_schedule, scheduling.toggle_schedule,
        )),
        (DELETES, (
            editing.update_chain, editing.update_step, editing.remove_step, editing.remove_pre_tool,
            editing.delete_chain, running.cancel_execution, scheduling.delete_schedule,
        )),
    )  # fmt: skip
    for kind, functions in tools:
        for function in functions:
            made.add_tool(_told(function), annotations=kind, structured_output=False)
    return made


def _told(function: Callable[..., Any]) -> Callable[..., str]:
    """The function with its value as text; what it refuses is an answer that the model can read."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> str:
        try:
            value = function(*arguments, **named)
        except (Refused, EditRefused, FormatError) as error:
            raise ToolError(str(error)) from None
        return value if isinstance(value, str) else json.indented(value)

    return call
