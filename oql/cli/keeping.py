"""Runs in this process that ask in the terminal, and are kept as jobs of the data folder where nobody answers."""

from dataclasses import replace
from typing import Any

from oql import json
from oql.cli import people
from oql.cli.interrupt import cancelling
from oql.cli.refusal import Failed
from oql.cli.workshop import Here, open_here, refusals
from oql.context import CancelFlag, Context
from oql.jobs import records
from oql.jobs.foreground import Ended, ForegroundRun
from oql.jobs.runner import Runner
from oql.local import new_id
from oql.program import Program
from oql.values import Value
from server.jobs import telling
from substrate.interface import Namespace

_DEEPEST = 1_000
_LOOK_S = 0.05


def run_or_keep(
    program: Program,
    variables: dict[str, Value],
    request: dict[str, str],
    namespace: str,
    cancel: CancelFlag,
    *,
    may_sideload: bool = False,
) -> tuple[Ended, dict[str, Any]]:
    """Runs a program, asking the person at the terminal: how it ended, and the body of the answer.

    `may_sideload`: it may run texts that come from outside, as long as it runs here.
    """
    here, job = open_here(), new_id(4)
    there = here.namespace(namespace)
    runner = _allowing(here.runner) if may_sideload else here.runner
    run = ForegroundRun(runner, there, job, request, {}, ask=people.ask, variables=variables)
    with refusals(), cancel.calling(run.abandon):
        ended = run.execute(program)
        if ended.job or program.makes_work:
            here.tell_workers(there)
    if ended.outcome.status != "suspended":
        return ended, ended.outcome.as_json(job)
    shown = telling.suspended(namespace, job, ended.waits, ended.outcome.trace_json(), here.links)
    return ended, read_body(shown or telling.accepted(job, here.links))


def _allowing(runner: Runner) -> Runner:
    def make_context(*args: Any, **named: Any) -> Context:
        context = runner.make_context(*args, **named)
        context.may_sideload = True
        return context

    return replace(runner, make_context=make_context)


def go_on(here: Here, there: Namespace, job_id: str) -> tuple[dict[str, Any], bool]:
    """Runs a job that is due in this process, or follows it where a server is faster: the body of its answer.

    Ctrl-C leaves it to a server, and gives True beside what can be said of it then.
    """
    left = CancelFlag()
    with refusals(), cancelling(left), left.calling(here.runner.holding.hand_over):
        body = None
        while body is None and not left.is_set():
            job = there.write(lambda frame: records.claim_one(frame, job_id, here.runner.holding.holder, _now(here)))
            if job:
                here.runner.run(there, job)
            body = _body_of(here, there, job_id)
            if body is None:
                left.wait(_LOOK_S)
    here.tell_workers(there)
    return read_body(body or telling.accepted(job_id, here.links)), left.is_set()


def _body_of(here: Here, there: Namespace, job_id: str) -> bytes | None:
    """The answer of a job, also of one that sleeps for long; None as long as it goes on."""
    found = records.find(there, job_id)
    if found is None:
        raise Failed(f"there is no job `{job_id}` any more")
    shown = telling.job_answer(there, found, here.links)
    return telling.accepted(job_id, here.links) if shown is None and found.state == "suspended" else shown


def read_body(written: bytes) -> dict[str, Any]:
    """The body of an answer as a value."""
    body: dict[str, Any] = json.loads(written, max_depth=_DEEPEST)
    return {"trace": [], **body}


def _now(here: Here) -> float:
    return here.runner.clock()
