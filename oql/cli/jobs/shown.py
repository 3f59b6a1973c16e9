"""Jobs and deliveries for people."""

import sys
from datetime import datetime
from typing import Any

import click

from oql import report
from oql.cli.answers import json_text
from oql.cli.jobs.following import source_of
from oql.cli.remote import error_from_json
from oql.cli.tables import show_table
from oql.cli.terminal import colored
from oql.cli.trace import show_trace
from oql.messages import shorten

Json = dict[str, Any]

COLORS = {
    "queued": "cyan", "running": "blue", "suspended": "yellow", "complete": "green", "error": "red",
    "cancelled": "bright_black", "pending": "yellow", "delivered": "green", "failed": "red",
}  # fmt: skip
"""The colour of each state of jobs and deliveries."""
_WIDEST = 40


def show_list(jobs: list[Json]) -> None:
    """A line for each job."""
    show_table(
        ("job", "status", "kind", "created", "took", "about"),
        [_row(job) for job in jobs],
        sys.stdout,
        right=("took",),
        colors={"status": COLORS},
    )


def show_job(job: Json, *, trace: bool) -> None:
    """All about one job."""
    color = colored(sys.stdout)
    lines = {
        "job": job["job_id"],
        "status": click.style(job["status"], fg=COLORS.get(job["status"])) if color else job["status"],
        "kind": " ".join(filter(None, (job["kind"], job["name"]))),
        "created": moment(job["created_at"]),
        "started": moment(job["started_at"]),
        "ended": moment(job["finished_at"]),
        "took": _took(job),
        "attempts": str(job["attempts"]),
        **_waits(job),
    }
    for name, text in lines.items():
        if text:
            click.echo(f"{name:<9} {text}", color=color)
    if job["error"]:
        click.echo(_error(job["error"]))
    elif job["status"] == "complete":
        click.echo(f"{'result':<9} {json_text(job['result'])}")
    if trace and job["trace"]:
        show_trace(job["trace"], sys.stdout)


def show_deliveries(found: list[Json]) -> None:
    """A line for each delivery, and one for each attempt."""
    rows = [
        (one["id"], one["kind"], one["state"], moment(one["next_attempt_at"]), one["url"])
        for one in found
    ]  # fmt: skip
    show_table(("delivery", "kind", "state", "next attempt", "to"), rows, sys.stdout, colors={"state": COLORS})
    attempts = [(one["id"], moment(each["at"]), _attempt(each)) for one in found for each in one["attempts"]]
    if attempts:
        click.echo()
        show_table(("delivery", "attempt", "came to"), attempts, sys.stdout)


def moment(at: str | None) -> str:
    """A time of the API without fractions of seconds; "" for none."""
    if at is None:
        return ""
    return f"{datetime.fromisoformat(at):%Y-%m-%dT%H:%M:%SZ}"


def _row(job: Json) -> tuple[str, ...]:
    about = _question(job) or job["name"] or (job["error"] or {}).get("message", "")
    return (
        job["job_id"], job["status"], job["kind"], moment(job["created_at"]), _took(job), shorten(about, _WIDEST),
    )  # fmt: skip


def _question(job: Json) -> str:
    """What a job waits for, in a few words."""
    for wait in job["waits"]:
        if wait["kind"] == "sleep":
            return f"sleeps until {moment(wait['deadline'])}"
        if wait["kind"] == "confirm":
            return str(wait["prompt"])
        form = wait["form"]
        return str(form["title"] or ", ".join(field["label"] for field in form["fields"]))
    return ""


def _waits(job: Json) -> dict[str, str]:
    if not job["waits"]:
        return {}
    until = next((wait["deadline"] for wait in job["waits"] if wait["kind"] != "sleep" and wait["deadline"]), None)
    return {"waits for": _question(job), "until": moment(until), "answer at": job.get("gather_url", "")}


def _took(job: Json) -> str:
    if not job["started_at"] or not job["finished_at"]:
        return ""
    seconds = (datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(job["started_at"])).total_seconds()
    if seconds < 60:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _error(error: Json) -> str:
    source = source_of(error)
    return report.error_text(error_from_json(error, source), source, color=colored(sys.stdout))


def _attempt(attempt: Json) -> str:
    if attempt.get("redelivered"):
        return "sent once more"
    return " ".join(filter(None, (str(attempt.get("status") or ""), str(attempt.get("error") or ""))))
