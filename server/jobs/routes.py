"""Every route of jobs, and the parts that answer them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.service import Accounts
from oql.settings import Settings
from server import envelopes as e
from server.bodies import Bodies
from server.credentials import Callers
from server.forms import FORM
from server.jobs.desk import Desk
from server.jobs.single import Jobs, Mark
from server.jobs.stream import JobStreams
from server.jobs.webhooks import Webhooks
from server.people.confirm import Confirmations
from server.people.links import GatherLinks
from server.programs import Programs
from server.routing import Parameter, Route
from server.store.slots import Slots
from server.store.threads import Threads
from substrate.interface import Store
from worker.links import Links

THREADS = 16
"""Calls of one process about jobs that may be in the store at once."""

CALLER = (401, 403, 429, 503)
"""How requests can be refused for who makes them."""
RAN = (e.Done, e.Failed, e.Suspended, e.Accepted)
"""What a program that was run, or that goes on, is answered with."""
WAIT = Parameter("Prefer", "header", "`wait=5`: seconds to wait for the answer")

_STATUS = Parameter("status", "query", "states, separated by commas; default: all")
_LIMIT = Parameter("limit", "query", "jobs on a page, 1 to 100, default 20")
_AFTER = Parameter("after", "query", "what `next` of the page before says")
_LAST = Parameter("Last-Event-ID", "header", "the id of the last event that was seen, `row.position`")
_KEY = Parameter("key", "query", "as `key` in the body")


@dataclass(frozen=True, slots=True)
class JobParts:
    """What the routes lead to. `close` ends the threads, `end_streams` the streams."""

    jobs: Jobs
    streams: JobStreams
    confirmations: Confirmations
    links: GatherLinks
    webhooks: Webhooks
    close: Callable[[], None]

    @property
    def end_streams(self) -> Callable[[], None]:
        """Ends the streams of this process."""
        return self.streams.end


def job_parts(
    accounts: Accounts, callers: Callers, bodies: Bodies, store: Store, programs: Programs, links: Links, mark: Mark,
    slots: Slots, settings: Settings,
) -> JobParts:  # fmt: skip
    """The parts of one process. `slots`: the places of streams."""
    threads = Threads(THREADS, inline=not settings.store)
    desk = Desk(accounts, callers, bodies, store, threads)
    return JobParts(
        Jobs(desk, links, mark, settings.max_concurrent_executions),
        JobStreams(desk, slots),
        Confirmations(desk, programs, links, mark, settings.limits().wall_s),
        GatherLinks(desk, links, mark),
        Webhooks(desk, mark),
        threads.close,
    )


def job_routes(to: JobParts) -> Sequence[Route]:
    """Every route of jobs."""
    job, hooks, one = "/v1/job/{id}", "/v1/webhooks/{id}", (400, 404, *CALLER)
    body, page, link = (408, 413, 415), "text/html", "/gather/{token}"
    return (
        Route("GET", "/v1/jobs", to.jobs.list, "Jobs, the newest first", [e.JobList], (400, *CALLER), None,
              [_STATUS, _LIMIT, _AFTER]),
        Route("GET", job, to.jobs.get, "A job", [e.JobShown], one),
        Route("DELETE", job, to.jobs.cancel, "Cancel a job", [e.JobShown], (*one, 409)),
        Route("POST", f"{job}/retry", to.jobs.retry, "Let a failed job go on", [e.Accepted], (*one, 409, 415),
              successes=(202,)),
        Route("GET", f"{job}/stream", to.streams.stream, "What a job tells while it runs", "text/event-stream", one,
              None, [_LAST]),
        Route("POST", "/v1/confirm/{id}", to.confirmations.confirm, "Answer what a job waits for", RAN,
              (*one, 409, *body), e.Confirmation, [_KEY, WAIT], successes=(200, 202)),
        Route("GET", hooks, to.webhooks.show, "The webhooks of a job", [e.WebhookDeliveries], one),
        Route("POST", f"{hooks}/redeliver", to.webhooks.redeliver, "Send webhooks once more", [e.Redelivered],
              (*one, *body), e.Redelivery, successes=(202,)),
        Route("GET", link, to.links.show, "The page of a form or question", page, (400, 404, 409, 410, 503),
              pages=(404, 409, 410)),
        Route("POST", link, to.links.send, "Answer a form or question", page, (400, 403, 404, 409, 410, *body, 503),
              e.FormAnswer, body_types=[FORM], pages=(400, 403, 404, 409, 410)),
    )  # fmt: skip
