"""What becomes of a run: it is followed to its end, and the person at the terminal is asked what it asks."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oql.cli import people
from oql.cli.answers import Answer
from oql.cli.refusal import Failed
from oql.cli.remote import Server, ServerProblem, error_from_json
from oql.cli.terminal import colored
from oql.source import Source

_SOON_S = 2
"""How long the answer to a person may wait for what comes of it; from then on the terminal says what it waits for."""
LOOK_S = 0.2
_TOO_LATE = 409

Json = dict[str, Any]


def follow(server: Server, source: Source | None, body: Json) -> Answer:
    """The answer of a run on a server when it has ended; or how it stands, where the person leaves it.

    `source`: the text of the program, where it is known.
    """
    there = f" --server {server.address}"
    while True:
        if body["status"] == "accepted":
            try:
                body = wait_for(server, body["job_id"])
            except KeyboardInterrupt:
                return Answer(
                    source or source_of(None), body, interrupted=True, go_on=f"oql jobs show {body['job_id']}{there}"
                )
        elif body["status"] == "suspended":
            answer = asked(body)
            if answer is None:
                return Answer(source or source_of(None), body, go_on=f"oql jobs answer {body['job_id']}{there}")
            body = _answered(server, body, answer)
        else:
            return ended(source or source_of(body.get("error")), body)


def ended(source: Source, body: Json) -> Answer:
    """The answer of a run that has ended."""
    error = body.get("error")
    return Answer(source, body, error_from_json(error, source) if isinstance(error, dict) else None)


def asked(body: Json) -> Json | None:
    """What the person answers to the form or question in an answer, as /v1/confirm takes it; None for nothing."""
    if "form" in body:
        fields = people.ask("gather", body["form"])
        return None if fields is None else {"fields": fields}
    return people.ask("confirm", {"prompt": body["prompt"]})


def confirmed(server: Server, job: str, answer: Json, key: str | None = None) -> Json:
    """The body of what a job has come to after an answer. Failed where that does not fit, or comes too late."""
    try:
        return {"trace": [], **server.ask("POST", f"/v1/confirm/{job}", answer, wait_s=_SOON_S, key=key)}
    except ServerProblem as problem:
        fields = problem.detail.get("fields")
        if isinstance(fields, dict):
            raise Failed(*(f"`{name}`: {message}" for name, message in fields.items())) from None
        raise


def wanted(job: Json, expected: str, key: str | None) -> Failed:
    """The problem with an answer of the other kind than a job waits for, told in options.

    `expected`: `fields` or `approved`. `key`: which of several forms or questions was meant.
    """
    if expected == "approved":
        return Failed(f"job {job['job_id']} waits for a decision: give --approve or --reject")
    forms = (wait["form"] for wait in job["waits"] if "form" in wait and key in (None, wait["key"]))
    names = [f"`{field['name']}`" for form in forms for field in form["fields"]]
    told = f"; its fields are {', '.join(names)}" if names else ""
    return Failed(f"job {job['job_id']} waits for a form: give --field NAME=VALUE{told}")


def _answered(server: Server, body: Json, answer: Json) -> Json:
    """The same after the answer of the person here; where somebody else was faster, what the job does now."""
    try:
        return confirmed(server, body["job_id"], answer, body.get("key"))
    except ServerProblem as problem:
        if problem.status != _TOO_LATE or problem.detail.get("state") != "answered":
            raise
        return {"status": "accepted", "job_id": body["job_id"], "trace": []}


def wait_for(server: Server, job: str) -> Json:
    """The answer of a job when it has ended, or waits for a person."""
    with waiting(f"job {job}"):
        while True:
            body = answer_of(server.ask("GET", f"/v1/job/{job}"))
            if body is not None:
                return body
            time.sleep(LOOK_S)


def answer_of(job: Json) -> Json | None:
    """A job, as /v1/job shows it, in the form of an answer of /v1/query; None as long as it goes on."""
    told = {"job_id": job["job_id"], "trace": job.get("trace", [])}
    if job["status"] == "complete":
        return {"status": "ok", **told, "result": job["result"]}
    if job["status"] == "error":
        return {"status": "error", **told, "error": job["error"]}
    if job["status"] == "cancelled":
        return {"status": "error", **told, "error": {"code": "Timeout", "message": "the job was cancelled"}}
    wait = next((wait for wait in job["waits"] if wait["kind"] != "sleep"), None)
    if job["status"] != "suspended" or wait is None:
        return None
    links = {name: wait[name] for name in ("gather_url", "confirm_url", "form", "prompt") if name in wait}
    return {"status": "suspended", **told, **links}


def source_of(error: Json | None) -> Source:
    """As much of a program's text as its error shows: the line it stands in."""
    if not error or "line" not in error:
        return Source("", "<job>")
    return Source("\n" * (error["line"] - 1) + error.get("source", ""), "<job>")


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """On a terminal, a line on stderr that something goes on, as long as the block does."""
    if not colored(sys.stderr):
        yield
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status(text):
        yield
