"""Tools that only look."""

from typing import Annotated, Any

from pydantic import Field

from oql.cli.chain.following import record_of
from oql.cli.chain.server import ChainServer
from oql.cli.refusal import Failed

Name = Annotated[str, Field(description="the name of a saved chain, as list_chains shows it")]
Execution = Annotated[str, Field(description="the id of an execution, as run_chain gives it")]
_SHOWN_OUTPUT = 500


class Looking:
    """See the names of the methods, which are those of the tools."""

    def __init__(self, server: ChainServer) -> None:
        self._server = server

    def list_chains(self) -> Any:
        """List the saved chains: name, description, version, number of steps."""
        return self._server.get("chains")

    def get_chain(self, name: Name) -> str:
        """The YAML text of a saved chain."""
        return self._server.text("chains", name)

    def list_executions(
        self,
        limit: Annotated[int, Field(ge=1, le=200, description="so many at most")] = 20,
        offset: Annotated[int, Field(ge=0, description="how many of the newest are left out")] = 0,
    ) -> Any:
        """List executions, the newest first: id, chain, status, times, error."""
        return self._server.get("executions", limit=limit, offset=offset)

    def chain_status(self, execution_id: Execution) -> Any:
        """How an execution stands: its status, and that of each step with the beginning of its output."""
        return shortened(record_of(self._server, execution_id))

    def chain_result(self, execution_id: Execution) -> str:
        """The whole result of an execution that is done. One that failed, or still runs, is an error that says so."""
        record = record_of(self._server, execution_id)
        if record["status"] == "done":
            return str(record.get("result", ""))
        if record["status"] == "error":
            raise Failed(f"the execution failed: {record.get('error', '')}")
        raise Failed(f"the execution is not done yet: {record['status']}")

    def list_schedules(self) -> Any:
        """List schedules: what they start, their cron, when they run next, and how the last run ended."""
        return self._server.get("schedules")

    def list_pending_approvals(self) -> Any:
        """List the gates that wait for a person, the oldest first, each with its prompt."""
        return self._server.get("approvals")

    def list_pipelines(self) -> Any:
        """List the saved pipelines, which run whole chains as their steps."""
        return self._server.get("pipelines")

    def get_pipeline(self, name: Annotated[str, Field(description="the name of a saved pipeline")]) -> str:
        """The YAML text of a saved pipeline."""
        return self._server.text("pipelines", name)

    def pipeline_status(
        self, execution_id: Annotated[str, Field(description="pip_ and 16 digits, as run_pipeline gives it")]
    ) -> Any:
        """How an execution of a pipeline stands, and each of its chains."""
        return shortened(self._server.get("pipeline-executions", execution_id))


def shortened(record: dict[str, Any]) -> dict[str, Any]:
    """A record in which the outputs of steps and chains are cut: chain_result gives the whole of what counts."""
    shown = dict(record)
    for group, name in (("steps", "output"), ("chains", "result")):
        if group in shown:
            shown[group] = {key: _cut(step, name) for key, step in shown[group].items()}
    return shown


def _cut(step: dict[str, Any], name: str) -> dict[str, Any]:
    text = step.get(name)
    if not isinstance(text, str) or len(text) <= _SHOWN_OUTPUT:
        return step
    return {**step, name: f"{text[:_SHOWN_OUTPUT]}... ({len(text):,} characters)"}
