"""The answers of POST /v1/query and /v1/confirm: from a run that has just ended, and from a job's record."""

from collections.abc import Sequence
from typing import Any

from oql import engine, json
from oql.errors import Code, OqlError, failed
from oql.jobs import records, waits
from oql.jobs.records import Job
from oql.jobs.waits import OpenWait
from oql.journal import FOR_PEOPLE
from oql.progress import Told
from oql.values import to_json
from substrate.interface import Namespace
from worker.links import Links

_SIMPLE = frozenset({str, int, float, bool, type(None)})
"""Results that need not be weighed before they are written as JSON: the run has bounded them."""


def outcome_answer(outcome: engine.Outcome, job: str) -> bytes:
    """The answer of a run that has ended; a result that JSON cannot carry becomes the error that says so."""
    simple = type(outcome.result) in _SIMPLE
    try:
        body = outcome.as_json(job)
        return json.dumps(body) if simple else to_json(body)
    except json.JsonError as error:
        outcome.error = failed(Code.JSON_FAILED, error.message)
    except OqlError as error:
        outcome.error = error
    return to_json(outcome.as_json(job))


def accepted(job: str, links: Links) -> bytes:
    """The answer of a run that goes on as a job."""
    return json.dumps({"status": "accepted", "job_id": job, "poll_url": links.job(job)})


def suspended(namespace: str, job: str, waits: Sequence[OpenWait], trace: Sequence[Told], links: Links) -> bytes | None:
    """The answer of a run that waits for a person; None where it waits for something else."""
    person = next((wait for wait in waits if wait.kind in FOR_PEOPLE and wait.state == "open"), None)
    if person is None:
        return None
    body: dict[str, Any] = {
        "status": "suspended",
        "job_id": job,
        "gather_url": links.gather(namespace, job, person.key),
        "confirm_url": links.confirm(job, person.key),
        **({"form": person.shown} if person.kind == "gather" else {"prompt": person.shown.get("prompt")}),
        "trace": list(trace),
    }
    return to_json(body)


def job_answer(namespace: Namespace, job: Job, links: Links) -> bytes | None:
    """The answer of a job to whoever waits for it: how it ended, or for whom it waits; None as long as it goes on."""
    if job.state in ("queued", "running"):
        return None
    trace = records.trace_of(namespace, job)
    if job.state == "suspended":
        return suspended(namespace.name, job.id, waits.of_job(namespace, job.id), trace, links)
    answer = job.answer or {}
    if job.state == "complete":
        return to_json({"status": "ok", "job_id": job.id, "result": answer.get("result"), "trace": trace})
    if job.state == "cancelled":
        answer = {"error": {"code": str(Code.TIMEOUT), "message": "the job was cancelled"}}
    return to_json({"status": "error", "job_id": job.id, "error": answer.get("error"), "trace": trace})
