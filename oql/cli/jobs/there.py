"""The jobs of an account on a server."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from oql.cli.answers import Answer
from oql.cli.jobs import following
from oql.cli.jobs.places import Json
from oql.cli.refusal import Failed
from oql.cli.remote import Server, ServerProblem

_A_PAGE = 100
_UNKNOWN = 404


class JobsThere:
    """See `oql.cli.jobs.places.Jobs`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def listed(self, states: Sequence[str], limit: int) -> list[Json]:
        found: list[Json] = []
        after: str | None = None
        while len(found) < limit:
            most = min(limit - len(found), _A_PAGE)
            page = self._server.ask("GET", "/v1/jobs", status=",".join(states) or None, limit=most, after=after)
            found += page["jobs"]
            after = page["next"]
            if after is None:
                break
        return found

    def find(self, job: str) -> Json:
        return self._ask(job, "GET", _path("job", job))

    def cancel(self, job: str) -> Json:
        return self._ask(job, "DELETE", _path("job", job))

    def retry(self, job: str) -> Answer:
        return self._follow(self._ask(job, "POST", f"{_path('job', job)}/retry"))

    def answer(self, job: str, given: Json | None, key: str | None) -> Answer:
        if given is None:
            return self._follow(self._waiting(job, key))
        try:
            return self._follow(following.confirmed(self._server, job, given, key))
        except ServerProblem as problem:
            expected = problem.detail.get("expected")
            raise following.wanted(self.find(job), expected, key) if expected else _told(problem, job) from None

    def deliveries(self, job: str) -> list[Json]:
        found: list[Json] = self._ask(job, "GET", _path("webhooks", job))["deliveries"]
        return [{"kind": "webhook", **one} for one in found]

    def redeliver(self, job: str, delivery: str | None) -> list[str]:
        if not any(delivery in (None, one["id"]) for one in self.deliveries(job)):
            raise Failed(f"job {job} has no webhook `{delivery}`" if delivery else f"job {job} has no webhooks")
        body = {} if delivery is None else {"id": delivery}
        try:
            sent: list[str] = self._server.ask("POST", f"{_path('webhooks', job)}/redeliver", body or None)[
                "deliveries"
            ]
        except ServerProblem as problem:
            raise _told(problem, job) from None
        return sent

    def _waiting(self, job: str, key: str | None) -> Json:
        """The form or question of a job that is meant, as an answer has it."""
        found = self.find(job)
        waits = [wait for wait in found["waits"] if wait["kind"] != "sleep" and key in (None, wait["key"])]
        body = following.answer_of({**found, "waits": waits}) if waits else None
        if body is None or body["status"] != "suspended":
            raise Failed(f"job {job} waits for no answer: {found['status']}")
        return {**body, "key": waits[0]["key"]}

    def _follow(self, body: Json) -> Answer:
        return following.follow(self._server, None, {"trace": [], **body})

    def _ask(self, job: str, method: str, path: str, **params: Any) -> Json:
        try:
            return self._server.ask(method, path, **params)
        except ServerProblem as problem:
            raise _told(problem, job) from None


def _told(problem: ServerProblem, job: str) -> Failed:
    return Failed(f"there is no job `{job}` there") if problem.status == _UNKNOWN and not problem.detail else problem


def _path(kind: str, job: str) -> str:
    return f"/v1/{kind}/{quote(job, safe='')}"
