"""The jobs of a namespace in a data folder. One that goes on does so in this process, unless a server is faster."""

import getpass
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from oql import deliveries
from oql.cli.answers import Answer, answer_command, elsewhere
from oql.cli.jobs import following
from oql.cli.jobs.places import Json
from oql.cli.keeping import go_on
from oql.cli.refusal import Failed
from oql.cli.workshop import Here, refusals
from oql.jobs import answering, records
from oql.jobs.answering import Answer as Given, Over, UnknownWait, WrongAnswer, WrongKind
from oql.jobs.executions import KINDS
from oql.jobs.records import Job
from oql.jobs.runner import tell
from oql.source import Source
from server.jobs.answers import job_json
from server.jobs.desk import moment
from substrate.errors import NotFound
from substrate.interface import Frame

T = TypeVar("T")
_LOOK_S = 0.05


class JobsHere:
    """See `oql.cli.jobs.places.Jobs`."""

    def __init__(self, here: Here, namespace: str) -> None:
        self._here = here
        self._there = here.namespace(namespace)

    def listed(self, states: Sequence[str], limit: int) -> list[Json]:
        try:
            with refusals(NotFound):
                found = records.listed(self._there, states, limit, None)
                return [self._shown(job, trace=False) for job in found]
        except NotFound:
            return []

    def find(self, job: str) -> Json:
        return self._shown(self._job(job))

    def cancel(self, job: str) -> Json:
        before = self._job(job)

        def work(frame: Frame) -> Job | None:
            cancelled = records.cancel(frame, job, _me(), self._now())
            if cancelled:
                tell(frame, cancelled, "cancelled", {}, self._now())
            return cancelled

        if self._write(work) is None:
            raise Failed(f"job {job} is over: {before.state}")
        self._let_go(before)
        return self.find(job)

    def retry(self, job: str) -> Answer:
        found = self._job(job)
        if not self._write(lambda frame: records.retry(frame, job, self._now())):
            if found.state == "error" and found.kind in KINDS:
                raise Failed(f"job {job} is an execution of a chain: use `oql chain resume {job}`")
            if found.state == "error":
                raise Failed(f"job {job} was over at once and cannot go on: run its program again")
            raise Failed(f"job {job} has not failed: {found.state}")
        return self._follow(found)

    def answer(self, job: str, given: Json | None, key: str | None) -> Answer:
        found = self._job(job)
        if given is None:
            body = self._waiting(found, key)
            given = following.asked(body)
            if given is None:
                return Answer(Source(found.source), body, go_on=self._answer_command(job))
            key = body["key"]
        self._give(job, given, key)
        return self._follow(found)

    def deliveries(self, job: str) -> list[Json]:
        self._job(job)
        with refusals():
            return [_delivery(one) for one in deliveries.listed(self._there, job)]

    def redeliver(self, job: str, delivery: str | None) -> list[str]:
        chosen: list[str] = [one["id"] for one in self.deliveries(job) if delivery in (None, one["id"])]
        if not chosen:
            raise Failed(f"job {job} has no delivery `{delivery}`" if delivery else f"job {job} has sent nothing")
        self._write(lambda frame: [deliveries.redeliver(frame, one, self._now()) for one in chosen])
        return chosen

    def _job(self, job: str) -> Job:
        try:
            with refusals(NotFound):
                found = records.find(self._there, job)
        except NotFound:
            found = None
        if found is None:
            raise Failed(
                f"there is no job `{job}` in the namespace {self._there.name}; give --server URL for a job of a server"
            )
        return found

    def _shown(self, job: Job, *, trace: bool = True) -> Json:
        with refusals(NotFound):
            return job_json(self._there, job, self._here.links, self._now(), trace=trace)

    def _write(self, work: Callable[[Frame], T]) -> T:
        """What `work` gives, on disk; servers on the folder know then of the work that is due."""
        with refusals():
            done = self._there.write(work)
            self._here.tell_workers(self._there)
            return done

    def _give(self, job: str, given: Json, key: str | None) -> None:
        fields, decision = given.get("fields"), None if "fields" in given else given
        try:
            self._write(lambda frame: answering.give(frame, job, Given(key, fields, decision), _me(), self._now()))
        except UnknownWait:
            raise Failed(f"job {job} has not waited for anything under the key `{key}`") from None
        except WrongKind as error:
            raise following.wanted(self.find(job), error.expected, key) from None
        except WrongAnswer as error:
            raise Failed(*(f"`{name}`: {message}" for name, message in error.problems.items())) from None
        except Over as error:
            by = f" by {error.by}" if error.by else ""
            raise Failed(f"job {job} waits for no answer: {error.state}{by}") from None

    def _waiting(self, job: Job, key: str | None) -> Json:
        """The form or question of a job that is meant, as an answer has it, with its key."""
        shown = self._shown(job)
        waits = [wait for wait in shown["waits"] if wait["kind"] != "sleep" and key in (None, wait["key"])]
        body = following.answer_of({**shown, "waits": waits}) if waits else None
        if body is None or body["status"] != "suspended":
            raise Failed(f"job {job.id} waits for no answer: {job.state}")
        return {**body, "key": waits[0]["key"]}

    def _follow(self, job: Job) -> Answer:
        """Goes on with a job, asking the person at the terminal: what it comes to."""
        source = Source(job.source, "<job>")
        while True:
            body, interrupted = go_on(self._here, self._there, job.id)
            if interrupted:
                return Answer(source, body, interrupted=True, go_on=self._show_command(job.id))
            if body["status"] == "accepted":
                return Answer(source, body, go_on=self._show_command(job.id))
            if body["status"] != "suspended":
                return following.ended(source, body)
            question = self._waiting(self._job(job.id), None)
            given = following.asked(question)
            if given is None:
                return Answer(source, body, go_on=self._answer_command(job.id))
            self._give(job.id, given, question["key"])

    def _answer_command(self, job: str) -> str:
        return answer_command(job, self._there.name)

    def _show_command(self, job: str) -> str:
        return f"oql jobs show {job}{elsewhere(self._there.name)}"

    def _let_go(self, before: Job) -> None:
        """Waits until whoever runs a cancelled job has noticed; who is dead has no lease any more after a while."""
        while before.state == "running" and self._now() < (before.due or 0.0) and self._job(before.id).holder:
            time.sleep(_LOOK_S)

    def _now(self) -> float:
        return self._here.runner.clock()


def _delivery(one: deliveries.Delivery) -> Json:
    return {
        "kind": one.kind,
        "id": one.id,
        "url": one.target,
        "state": one.state,
        "attempts": [{**attempt, "at": moment(attempt["at"])} for attempt in one.attempts],
        "created_at": moment(one.created),
        "next_attempt_at": moment(one.due),
    }


def _me() -> str:
    """How records call the person at the terminal."""
    try:
        return f"{getpass.getuser()}, at the terminal"
    except (KeyError, OSError):
        return "somebody at the terminal"
