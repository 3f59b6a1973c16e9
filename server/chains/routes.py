"""Every route of chains, and the parts that answer them."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.development import ACCOUNT
from accounts.service import Accounts
from chains.executions import reading
from oql.settings import Settings
from server.chains import envelopes as e
from server.chains.desk import YAML, Desk
from server.chains.download import FileDownloads
from server.chains.executions import Executions
from server.chains.generation import Generation
from server.chains.health import SlotCount
from server.chains.pipelines import Pipelines
from server.chains.saved import SavedTexts
from server.chains.schedules import Schedules
from server.chains.steering import Steering
from server.chains.stream import ExecutionStreams
from server.credentials import Callers
from server.following import Follower
from server.routing import Parameter, Route
from server.store.slots import Slots
from server.store.threads import Threads
from worker.opening import Workshop

THREADS = 16
"""Calls of one process about chains that may be in the store at once."""
CALLER = (401, 403, 429, 503)
"""How requests can be refused for who makes them."""
BODY = (400, 408, 413, 415)
_LIMIT = Parameter("limit", "query", "executions on a page, at most 200; default 50")
_OFFSET = Parameter("offset", "query", "executions to pass over")
_LAST = Parameter("Last-Event-ID", "header", "the id of the last event that was seen")
_PATH = Parameter("path", "query", "below `/root/`; `/tmp/x` means `/root/tmp/x`")
_PART = (
    Parameter("Range", "header", "`bytes=0-99`: a part"),
    Parameter("If-None-Match", "header", "the ETag that is there already"),
)


@dataclass(frozen=True, slots=True)
class ChainParts:
    """What the routes lead to."""

    chains: SavedTexts
    pipelines: SavedTexts
    executions: Executions
    pipeline_runs: Pipelines
    schedules: Schedules
    steering: Steering
    streams: ExecutionStreams
    files: FileDownloads
    generation: Generation
    running: SlotCount
    threads: Threads

    def end_streams(self) -> None:
        """Ends what would go on for long; clients come back to another process."""
        self.streams.end()
        self.generation.end_streams()
        self.steering.end()

    def stop_all(self) -> None:
        """Breaks off downloads."""
        self.files.stop_all()

    def close(self) -> None:
        """Ends the threads."""
        self.files.close()
        self.generation.close()
        self.threads.close()


def chain_parts(accounts: Accounts, callers: Callers, shop: Workshop, slots: Slots, settings: Settings) -> ChainParts:
    """The parts of one process. `slots`: the places of streams."""
    threads = Threads(THREADS, inline=not settings.store)
    desk = Desk(accounts, callers, shop.store, threads, ACCOUNT if settings.on_loopback else None)
    follower = Follower(threads, reading.stands)
    executions = Executions(desk, shop.hints.mark, shop.launcher)
    return ChainParts(
        SavedTexts(desk, "chain"),
        SavedTexts(desk, "pipeline"),
        executions,
        Pipelines(desk, executions),
        Schedules(desk, shop.launcher, shop.hints.mark),
        Steering(desk, follower, shop.hints.mark, settings.max_concurrent_executions),
        ExecutionStreams(desk, follower, slots),
        FileDownloads(desk, shop.files, settings.workspace_dir),
        Generation(desk, shop.contexts.environment.models),
        SlotCount(shop.hints.busy, shop.store.namespace),
        threads,
    )


def chain_routes(to: ChainParts) -> Sequence[Route]:
    """Every route of chains."""
    chain, run, events = "/chains/{name}", "/executions/{id}", "text/event-stream"
    pipeline, schedule = "/pipelines/{name}", "/schedules/{id}"
    named = one = (400, 404, *CALLER)
    return (
        Route("GET", "/chains", to.chains.list, "The saved chains", [e.ChainSummaries], CALLER),
        Route("GET", chain, to.chains.get, "The text of a chain", YAML[0], named),
        Route("POST", chain, to.chains.save, "Save a chain", [e.Saved], (*BODY, *CALLER), e.ChainText,
              body_types=("application/json", *YAML)),
        Route("DELETE", chain, to.chains.delete, "Delete a chain", [e.Ok], named),
        Route("GET", f"{chain}/stats", to.chains.stats, "What a chain's executions have come to", [e.ChainStats],
              named),
        Route("POST", "/execute/{name}", to.executions.execute, "Start a chain", [e.Started], (*BODY, *CALLER),
              e.Execute),
        Route("GET", "/executions", to.executions.list, "Executions, the newest first", [e.ExecutionSummaries], CALLER,
              None, [_LIMIT, _OFFSET]),
        Route("GET", run, to.executions.get, "An execution", [e.ExecutionRecord, e.PipelineRecord], one),
        Route("DELETE", run, to.steering.cancel, "Cancel an execution", [e.Ok], one),
        Route("GET", f"{run}/stream", to.streams.stream, "What an execution tells while it runs", events,
              one, None, [_LAST], successes=(200, 204)),
        Route("GET", f"{run}/timeline", to.executions.timeline, "The ended steps of an execution", [e.Timeline], one),
        Route("POST", f"{run}/resume", to.steering.resume, "Let a failed execution go on",
              [e.Resumed, e.StillRunning], (*BODY, 404, *CALLER, 409), successes=(200, 202)),
        Route("POST", f"{run}/approve/{{step:path}}", to.steering.decide, "Decide at a gate", [e.Ok],
              (*BODY, 404, *CALLER, 409), e.Decision),
        Route("GET", "/approvals", to.executions.approvals, "What people are asked", [e.Approvals], CALLER),
        Route("GET", "/pipelines", to.pipelines.list, "The saved pipelines", [e.PipelineSummaries], CALLER),
        Route("GET", pipeline, to.pipelines.get, "The text of a pipeline", YAML[0], named),
        Route("GET", f"{pipeline}/json", to.pipeline_runs.json, "A pipeline as JSON", [e.PipelineObject], named),
        Route("POST", pipeline, to.pipelines.save, "Save a pipeline", [e.Saved], (*BODY, *CALLER), e.ChainText,
              body_types=("application/json", *YAML)),
        Route("DELETE", pipeline, to.pipelines.delete, "Delete a pipeline", [e.Ok], named),
        Route("POST", f"{pipeline}/execute", to.pipeline_runs.execute, "Start a pipeline", [e.Started],
              (*BODY, *CALLER), e.Execute),
        Route("GET", "/pipeline-executions", to.pipeline_runs.list, "The newest runs of pipelines",
              [e.PipelineRecords], CALLER),
        Route("GET", "/pipeline-executions/{id}", to.pipeline_runs.get, "A run of a pipeline", [e.PipelineRecord], one),
        Route("GET", "/schedules", to.schedules.list, "The schedules", [e.ScheduleRecords], CALLER),
        Route("POST", "/schedules", to.schedules.create, "Make a schedule", [e.ScheduleRecord], (*BODY, *CALLER),
              e.NewSchedule, successes=(201,)),
        Route("GET", schedule, to.schedules.get, "A schedule", [e.ScheduleRecord], one),
        Route("PUT", schedule, to.schedules.change, "Change a schedule", [e.ScheduleRecord], (*BODY, 404, *CALLER),
              e.ScheduleChange),
        Route("DELETE", schedule, to.schedules.delete, "Delete a schedule", [e.Ok], one),
        Route("PATCH", f"{schedule}/toggle", to.schedules.toggle, "Switch a schedule on or off", [e.ScheduleRecord],
              one),
        Route("POST", f"{schedule}/run", to.schedules.run, "Run what is scheduled now", [e.Started], (*BODY, *CALLER)),
        Route("POST", "/generate-chain", to.generation.create, "Have a model write a chain", [e.Questions, e.Created],
              (*BODY, 404, *CALLER, 500), e.Generate),
        Route("POST", "/generate-chain/stream", to.generation.stream, "The same, with what happens on the way", events,
              (*BODY, 404, *CALLER), e.Generate),
        Route("GET", "/download", to.files.download, "A file of the account", "application/octet-stream",
              (416, *one), None, [_PATH, *_PART], successes=(200, 206, 304)),
    )  # fmt: skip
