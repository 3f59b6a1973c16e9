"""The MCP server: the tools of the modules beside this one, each a call of the API of a server."""

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from inspect import signature
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import ValidationError

from chains.problems import Problems
from chains.spec import STEPS
from oql import json
from oql.cli.chain.server import ChainServer
from oql.cli.mcp.editing import Editing
from oql.cli.mcp.looking import Looking
from oql.cli.mcp.running import Running
from oql.cli.mcp.scheduling import Scheduling
from oql.cli.refusal import Refused
from oql.errors import nearest
from oql.formats import FormatError
from oql.formats.yaml_edits import EditRefused
from oql.messages import shorten

_ABOUT = f"""\
Chains are workflows in YAML: steps ({", ".join(STEPS)}) that form a graph through depends_on;
each writes one text into its output_var, which others read as {{name}}. get_chain shows the text of one; a text is
checked before it is saved, and what is wrong is told."""
_MOST_TOLD = 10
READS, WRITES, DELETES = (
    ToolAnnotations(read_only_hint=True),
    ToolAnnotations(read_only_hint=False, destructive_hint=False),
    ToolAnnotations(read_only_hint=False, destructive_hint=True),
)


class _Server(MCPServer[Any]):
    """One that takes no arguments but the `parameters` of a tool, and says in words what is wrong with them."""

    parameters: dict[str, list[str]]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Calls a tool. Raises ToolError."""
        known = self.parameters.get(name)
        strange = [] if known is None else [given for given in arguments if given not in known]
        if known is not None and strange:
            raise ToolError("\n".join(_unknown(given, known) for given in strange[:_MOST_TOLD]))
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            problems = Problems({})
            problems.add_fields((), error.__cause__)
            raise ToolError("\n".join(map(str, problems))) from None


def serve(server: ChainServer) -> None:
    """Answers on standard input and output until the input ends."""
    mcp_server(server).run("stdio")


def mcp_server(server: ChainServer) -> MCPServer[Any]:
    """The server with all tools."""
    made = _Server("oql", title="OQL chains", instructions=_ABOUT, version=version("oql"), log_level="WARNING")
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
    made.parameters = {}
    for kind, functions in tools:
        for function in functions:
            made.parameters[function.__name__] = list(signature(function).parameters)
            made.add_tool(_told(function), annotations=kind, structured_output=False)
    return made


def _unknown(given: str, known: list[str]) -> str:
    guess = nearest(given, known)
    listed = f"expected one of {', '.join(f'`{name}`' for name in known)}" if known else "the tool takes none"
    return f"{shorten(given)}: is not an argument; {f'did you mean `{guess}`?' if guess else listed}"


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
