"""Tools that start, answer and cancel executions."""

import time
from typing import Annotated, Any

from pydantic import Field

from oql.cli.chain.following import record_of
from oql.cli.chain.server import ChainServer
from oql.cli.mcp.looking import Execution, Name

Input = Annotated[dict[str, Any] | None, Field(description="the inputs by name")]
Wait = Annotated[
    float, Field(ge=0, le=600, description="seconds to wait for the end; then the execution goes on by itself")
]
_LOOK_S = 0.25
_ENDED = ("done", "error")


class Running:
    """See the names of the methods, which are those of the tools."""

    def __init__(self, server: ChainServer) -> None:
        self._server = server

    def run_chain(self, name: Name, input: Input = None, wait_seconds: Wait = 30) -> Any:  # noqa: A002 - what models see
        """Run a saved chain: its id and status, with the result where it ends in time. A gate may make it wait."""
        started = self._server.send("POST", "execute", name, body={"input": input or {}})
        return self._ended(started["executionId"], wait_seconds)

    def run_pipeline(
        self,
        name: Annotated[str, Field(description="the name of a saved pipeline")],
        input: Input = None,  # noqa: A002 - what models see
        wait_seconds: Wait = 30,
    ) -> Any:
        """Run a saved pipeline: its id and status, with the result where it ends in time."""
        started = self._server.send("POST", "pipelines", name, "execute", body={"input": input or {}})
        return self._ended(started["executionId"], wait_seconds)

    def cancel_execution(self, execution_id: Execution) -> str:
        """Cancel an execution that is not over, also one of a pipeline. This is final."""
        self._server.send("DELETE", "executions", execution_id)
        return f"execution {execution_id} cancelled"

    def approve_gate(
        self,
        execution_id: Execution,
        step_id: Annotated[str, Field(description="the gate, as list_pending_approvals shows it")],
        approved: Annotated[bool, Field(description="false rejects, which ends the execution")] = True,
        reason: Annotated[str | None, Field(description="why; some gates want a reason for a rejection")] = None,
    ) -> str:
        """Answer a gate. Only do so when the person has said what to answer."""
        self._server.decide(execution_id, step_id, approved=approved, reason=reason)
        return f"gate {step_id} of {execution_id} is {'approved' if approved else 'rejected'}"

    def _ended(self, execution: str, seconds: float) -> dict[str, Any]:
        """What has come of an execution after at most so many seconds; at once where it waits for a person."""
        give_up = time.monotonic() + seconds
        while True:
            record = record_of(self._server, execution)
            waits = [gate for gate in self._server.get("approvals") if gate["executionId"] == execution]
            if record["status"] in _ENDED or waits or time.monotonic() >= give_up:
                break
            time.sleep(_LOOK_S)
        shown: dict[str, Any] = {
            name: record[name] for name in ("status", "result", "error", "durationMs") if name in record
        }
        waiting: dict[str, Any] = {"waitsFor": waits} if waits else {}
        return {"executionId": execution, **shown, **waiting}
