"""Tools for schedules."""

from typing import Annotated, Any, Literal

from pydantic import Field

from oql.cli.chain.server import ChainServer

Id = Annotated[str, Field(description="the id of a schedule, as list_schedules shows it")]


class Scheduling:
    """See the names of the methods, which are those of the tools."""

    def __init__(self, server: ChainServer) -> None:
        self._server = server

    def create_schedule(
        self,
        chain_name: Annotated[str, Field(description="the chain or pipeline to start")],
        cron: Annotated[str, Field(description="minute hour day month weekday, such as `0 8 * * 1-5`")],
        input: Annotated[dict[str, Any] | None, Field(description="the inputs by name")] = None,  # noqa: A002 - what models see
        label: Annotated[str | None, Field(description="what people see")] = None,
        timezone: Annotated[str, Field(description="such as Europe/Berlin")] = "UTC",
        type: Annotated[Literal["chain", "pipeline"], Field(description="what is started")] = "chain",  # noqa: A002 - what models see
        enabled: bool = True,
    ) -> Any:
        """Start a chain or pipeline by a cron. Gives the schedule with the time of its next run."""
        body: dict[str, Any] = {
            "chainName": chain_name, "cron": cron, "input": input or {}, "timezone": timezone, "type": type,
            "enabled": enabled,
        }  # fmt: skip
        return self._server.send("POST", "schedules", body=body | ({"label": label} if label else {}))

    def delete_schedule(self, schedule_id: Id) -> str:
        """Delete a schedule. Executions that it has started go on."""
        self._server.send("DELETE", "schedules", schedule_id)
        return f"schedule {schedule_id} deleted"

    def toggle_schedule(self, schedule_id: Id) -> Any:
        """Switch a schedule off, or on again."""
        return self._server.send("PATCH", "schedules", schedule_id, "toggle")
