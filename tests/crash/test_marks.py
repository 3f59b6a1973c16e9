"""A process that dies between a job and its mark: nobody was told, and the job is found all the same."""

from pathlib import Path

import httpx
import pytest

from oql.jobs.records import Job, listed
from oql.jobs.schema import MIGRATIONS
from substrate.opening import open_store
from tests.http.running import TEST_LOGIN, running, until

FOUND_S = 40.0
"""The scheduler looks at every namespace within some ten seconds."""


def test_a_job_without_a_mark_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULT_KILL_AT", "between a job and its mark")
    body = {"auth": TEST_LOGIN, "query": 'EMIT "found"', "mode": "async"}
    store = open_store("", tmp_path / "data", system=MIGRATIONS)
    with running(tmp_path / "data") as server:
        with pytest.raises(httpx.TransportError):
            httpx.post(server.url + "/v1/query", json=body, timeout=30)

        def job() -> Job:
            [one] = listed(store.namespace("user_test"), [], 10, None)
            return one

        assert job().attempts == 0
        until(lambda: job().state == "complete", FOUND_S)
        assert job().answer == {"result": "found"}
    store.close()
