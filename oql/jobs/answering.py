"""Answers of people to what a job waits for: which of its forms and questions is meant, and whether that counts.

    open --answered well, in time--> answered        the job goes on
    open --answered badly--> open                    the job keeps waiting

All is decided inside one frame, so that of answers, cancellation and deadline exactly one wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oql.jobs import records, waits
from oql.jobs.records import Job
from oql.jobs.states import FINAL
from oql.jobs.waits import OpenWait
from oql.people.answers import check_answers, check_decision
from substrate.interface import Frame

_ASKED_BY = {"gather": "fields", "confirm": "approved"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answers: the fields of a form, or `approved` and `reason`; of what is not given, None.

    `key`: which of the job's waits is meant; without it the first open one of the fitting kind.
    """

    key: str | None = None
    fields: Mapping[str, Any] | None = None
    decision: Mapping[str, Any] | None = None

    @property
    def rejects(self) -> bool:
        """Whether a program says no; from a page, `approved` is text, and may be a field of its form."""
        return self.decision is not None and self.decision.get("approved") is False


class UnknownWait(Exception):
    """There is no such job, or it has never waited for anything under this key."""


class WrongKind(Exception):
    """The job waits for another kind of answer: `expected` is `fields` or `approved`."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


class RejectedForm(Exception):
    """A form was filled in and rejected at once. It can only be filled in; the job keeps waiting."""


class WrongAnswer(Exception):
    """The answer does not fit what was asked: messages by field. The job keeps waiting."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("the answer does not fit")
        self.problems = problems


class Over(Exception):
    """Nothing is waited for any more: in which state that is, and who has brought it there when, where that is known.

    `state`: answered, expired or cancelled; or of a job that waits for nobody its own.
    """

    def __init__(self, state: str, by: str | None, at: float | None) -> None:
        super().__init__(state)
        self.state = state
        self.by = by
        self.at = at


def give(frame: Frame, job_id: str, answer: Answer, by: str, now: float) -> Job:
    """Answers what a job waits for; the job, which is due.

    Raises UnknownWait, Over, WrongKind, RejectedForm, WrongAnswer.
    """
    job = records.find(frame, job_id)
    if job is None:
        raise UnknownWait
    wait = chosen(job, waits.of_job(frame, job_id), answer, now)
    if wait.kind == "gather" and answer.rejects:
        raise RejectedForm
    value, problems = checked(wait, answer)
    if problems:
        raise WrongAnswer(problems)
    if not records.answer(frame, job_id, wait.key, value, by, now):
        raise Over("expired", None, wait.deadline)
    due = records.find(frame, job_id)
    assert due is not None
    return due


def chosen(job: Job, waits: Sequence[OpenWait], answer: Answer, now: float) -> OpenWait:
    """The form or question that an answer is for. Raises UnknownWait, Over, WrongKind."""
    asked = [wait for wait in waits if wait.kind in _ASKED_BY and answer.key in (None, wait.key)]
    if answer.key is not None and not asked:
        raise UnknownWait
    now_open = [wait for wait in asked if is_open(job, wait, now)]
    if not now_open:
        raise over(job, max(asked, key=lambda wait: wait.answered or wait.opened, default=None), now)
    fitting = [wait for wait in now_open if _fits(wait, answer)]
    if not fitting:
        raise WrongKind(_ASKED_BY[now_open[0].kind])
    return fitting[0]


def is_open(job: Job, wait: OpenWait, now: float) -> bool:
    """Whether an answer would count now."""
    return wait.state == "open" and job.state not in FINAL and (wait.deadline is None or wait.deadline > now)


def over(job: Job, wait: OpenWait | None, now: float) -> Over:
    """Why a form or question takes no answer, or why a job without any does not."""
    if wait is None:
        return Over(job.state, None, job.finished)
    if wait.state != "open":
        return Over(wait.state, wait.answered_by, wait.answered)
    if wait.deadline is not None and wait.deadline <= now and (job.finished is None or wait.deadline <= job.finished):
        return Over("expired", None, wait.deadline)
    return Over(job.state, None, job.finished)


def checked(wait: OpenWait, answer: Answer) -> tuple[Any, dict[str, str]]:
    """The value that the program gets, and what is wrong with the answer by field."""
    if wait.kind == "gather":
        return check_answers(wait.shown, answer.fields or {})
    value, problems = check_decision(answer.decision or {})
    if wait.shown.get("needs_reason") and not (value["approved"] or value["reason"] or problems):
        problems["reason"] = "is required"
    return value, problems


def _fits(wait: OpenWait, answer: Answer) -> bool:
    return (answer.fields if wait.kind == "gather" else answer.decision) is not None
