"""The answers about jobs: one as a whole, and one in a list."""

from typing import Any

from oql.jobs import records, waits
from oql.jobs.answering import is_open
from oql.jobs.records import Job
from oql.jobs.waits import OpenWait
from oql.journal import FOR_PEOPLE
from oql.values import to_json
from server.jobs.desk import moment
from substrate.interface import Namespace
from worker.links import Links

Json = dict[str, Any]


def job_json(namespace: Namespace, job: Job, links: Links, now: float, *, trace: bool = True) -> Json:
    """A job as GET /v1/job/{id} shows it; in lists without its trace."""
    answer = job.answer or {}
    shown: Json = {
        "status": job.state,
        "job_id": job.id,
        "result": answer.get("result"),
        "error": answer.get("error"),
    }
    if trace:
        # Of a run that was over at once the whole answer is kept.
        shown["trace"] = answer["trace"] if "trace" in answer else records.trace_of(namespace, job)
    asked = [] if job.finished is not None else waits.of_job(namespace, job.id)
    waiting = [_wait_json(namespace.name, job, wait, links) for wait in asked if is_open(job, wait, now)]
    shown |= {
        "created_at": moment(job.created),
        "started_at": moment(job.started),
        "finished_at": moment(job.finished),
    }
    for_people = next((wait["gather_url"] for wait in waiting if "gather_url" in wait), None)
    if for_people:
        shown["gather_url"] = for_people
    return shown | {"kind": job.kind, "name": job.name, "attempts": job.attempts, "waits": waiting}


def written(body: Json) -> bytes:
    """The bytes of an answer."""
    return to_json(body)


def _wait_json(namespace: str, job: Job, wait: OpenWait, links: Links) -> Json:
    shown: Json = {"key": wait.key, "kind": wait.kind}
    if wait.kind == "gather":
        shown["form"] = wait.shown
    elif wait.kind == "confirm":
        shown["prompt"] = wait.shown["prompt"]
    if wait.kind in FOR_PEOPLE:
        shown["gather_url"] = links.gather(namespace, job.id, wait.key)
        shown["confirm_url"] = links.confirm(job.id, wait.key)
    return shown | {"deadline": moment(wait.deadline)}
