"""A delivery whose sender is killed is soon made by another one."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from tests.crash.clients import Client
from tests.crash.holding_on import target_in
from tests.crash.killing import Target
from tests.crash.sink import taking
from tests.crash.storm import logins
from tests.crash.works import Work
from tests.http.running import until
from tests.outbound.servers import Answer, Asked, Web, serving

AT_MOST_S = 20.0
"""It is taken over after some seconds. Were it left alone for as long as an attempt may take, this would not do."""


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers nothing before it has been called twice."""
    twice = Event()

    def answer(asked: Asked) -> Answer:
        if len(made.asked) > 1:
            twice.set()
        twice.wait(60)
        return Answer()

    with serving(Web()) as made:
        made.answers["/hook"] = answer
        yield made
        twice.set()


def kill_all(target: Target, name: str) -> None:
    """Kills all processes of this name; the server starts others."""
    for pid in target.pids(name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_killed_sender_is_followed_by_another(web: Web, tmp_path: Path) -> None:
    with taking() as sink:
        target = target_in(tmp_path, sink, outbound_allow=web.at)
    try:
        [login] = logins(target, 1)
        client = Client(login, iter(()), target.url)
        assert client.give(Work("hook", "t", "EMIT 1", (), options={"webhook": f"{web.url}/hook"}), "async").job
        until(lambda: len(web.asked) == 1, 30)
        kill_all(target, "oql: worker")
        until(lambda: len(web.asked) == 2, AT_MOST_S)
        first, second = web.asked
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
    finally:
        target.end()
