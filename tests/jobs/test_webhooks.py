"""The webhooks of a job: what became of them, and sending them once more."""

from typing import Any

import httpx

from tests.http.running import until
from tests.http.test_bodies import problem
from tests.jobs.asking import QUESTION, reached, start

NOBODY = "https://hooks.invalid/x"
"""A name that never resolves, so that nothing leaves this machine."""


def hooks(client: httpx.Client, job_id: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/webhooks/{job_id}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


def test_cancelling_queues_a_webhook(client: httpx.Client) -> None:
    job_id = start(client, QUESTION, webhook=NOBODY)
    reached(client, job_id, "suspended")
    assert len(hooks(client, job_id)) == 1
    client.delete(f"/v1/job/{job_id}")
    found = hooks(client, job_id)
    assert [(one["url"], one["state"]) for one in found] == [(NOBODY, "pending")] * 2
    assert all(one["created_at"].endswith("Z") for one in found)


def test_each_attempt_is_told_and_can_be_made_again(client: httpx.Client) -> None:
    job_id = start(client, "EMIT 1", webhook=NOBODY)
    reached(client, job_id, "complete")
    [hook] = until(lambda: (found := hooks(client, job_id)) and found[0]["attempts"] and found)
    assert hook["attempts"][0]["error"]
    assert hook["next_attempt_at"] > hook["attempts"][0]["at"] >= hook["created_at"]  # both may be in one millisecond
    for body, status in (({"id": "msg_unknown"}, 404), ({"x": 1}, 400), ({"id": hook["id"]}, 202), (None, 202)):
        answer = client.post(f"/v1/webhooks/{job_id}/redeliver", json=body) if body else client.post(
            f"/v1/webhooks/{job_id}/redeliver"
        )  # fmt: skip
        assert answer.status_code == status, answer.text
        if status == 202:
            assert answer.json() == {"status": "accepted", "job_id": job_id, "deliveries": [hook["id"]]}


def test_a_job_without_webhooks(client: httpx.Client) -> None:
    job_id = start(client, "EMIT 1")
    reached(client, job_id, "complete")
    assert hooks(client, job_id) == []
    assert problem(client.post(f"/v1/webhooks/{job_id}/redeliver"), 404)["message"] == "the job has no webhooks"
