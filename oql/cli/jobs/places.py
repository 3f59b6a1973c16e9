"""Where jobs are: in a data folder, or on a server."""

from collections.abc import Sequence
from typing import Any, Protocol

from oql.cli.answers import Answer

Json = dict[str, Any]


class Jobs(Protocol):
    """The jobs of one namespace. All but what is said here is as the API has it (docs/http.md).

    Raises Failed for what is not there, or cannot be done as the job stands.
    """

    def listed(self, states: Sequence[str], limit: int) -> list[Json]:
        """Jobs in these states (none: in all), the newest first."""

    def find(self, job: str) -> Json:
        """A job with its trace."""

    def cancel(self, job: str) -> Json:
        """Cancels a job, and shows it."""

    def retry(self, job: str) -> Answer:
        """Lets a failed job go on; what it comes to."""

    def answer(self, job: str, given: Json | None, key: str | None) -> Answer:
        """Answers what a job waits for, as /v1/confirm takes it or as the person at the terminal says.

        What the job comes to. `key`: which of several forms or questions.
        """

    def deliveries(self, job: str) -> list[Json]:
        """What a job has sent."""

    def redeliver(self, job: str, delivery: str | None) -> list[str]:
        """Sends one delivery of a job once more, or all; the ids of those that are."""


def opened(
    data: str | None, namespace: str, server: str | None, user: str | None, password: str | None, token: str | None
) -> Jobs:
    """The jobs that the options of a command mean."""
    if server:
        from oql.cli.jobs.there import JobsThere
        from oql.cli.remote import Credentials, Server

        return JobsThere(Server(server, Credentials.given(user, password, token)))
    from oql.cli.jobs.here import JobsHere
    from oql.cli.workshop import open_here

    return JobsHere(open_here(data), namespace)
