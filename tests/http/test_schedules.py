"""Schedules over HTTP."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from accounts.development import ACCOUNT
from accounts.service import Accounts
from oql.jobs.schema import MIGRATIONS
from substrate.opening import open_store
from tests.http.running import Server, until

CHAIN = """name: brief
inputs: [{name: topic}]
steps: [{id: a, type: transform, operation: template, template_str: "about {topic}", output_var: a}]
output: a
"""
NEVER = {"error": "Invalid cron expression"}


@pytest.fixture
def schedules(client: httpx.Client) -> Iterator[httpx.Client]:
    """A client, a chain `brief`, and no schedules before and after."""
    assert client.post("/chains/brief", content=CHAIN, headers={"content-type": "text/yaml"}).json() == {"ok": True}
    _clear(client)
    yield client
    _clear(client)


def _clear(client: httpx.Client) -> None:
    for schedule in client.get("/schedules").json():
        client.delete(f"/schedules/{schedule['id']}")


def made(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post("/schedules", json={"chainName": "brief", "cron": "0 8 * * *", "input": {"topic": "x"}} | more)
    assert answer.status_code == 201
    record: dict[str, Any] = answer.json()
    return record


def error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body.keys() - {"hint"} == {"error", "request_id"}
    return answer.status_code, body["error"]


def test_a_schedule_from_its_making_to_its_end(schedules: httpx.Client) -> None:
    record = made(schedules, label="Daily briefing")
    assert len(record["id"]) == len("sched_") + 12
    assert record["id"].startswith("sched_")
    assert (record["label"], record["type"], record["timezone"], record["catch_up"]) == (
        "Daily briefing", "chain", "UTC", "once",
    )  # fmt: skip
    assert record["nextRunAt"].endswith("T08:00:00.000Z")
    where = f"/schedules/{record['id']}"
    assert schedules.get(where).json() == record
    assert schedules.get("/schedules").json() == [record]
    changed = schedules.put(where, json={"cron": "0 9 * * *", "enabled": False, "createdAt": "never"}).json()
    assert changed == {name: value for name, value in record.items() if name != "nextRunAt"} | {
        "cron": "0 9 * * *", "enabled": False,
    }  # fmt: skip
    toggled = schedules.patch(f"{where}/toggle").json()
    assert (toggled["enabled"], toggled["nextRunAt"][-14:]) == (True, "T09:00:00.000Z")
    assert schedules.patch(f"{where}/toggle").json() == changed
    assert schedules.delete(where).json() == {"ok": True}
    for answer in (schedules.get(where), schedules.put(where, json={}), schedules.patch(f"{where}/toggle"),
                   schedules.delete(where)):  # fmt: skip
        assert error(answer) == (404, "Not found")
    assert error(schedules.post(f"{where}/run")) == (400, "Schedule not found")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "chainName and cron are required"),
        ({"chainName": "brief"}, "chainName and cron are required"),
        ({"cron": "0 8 * * *"}, "chainName and cron are required"),
        ({"chainName": "brief", "cron": "0 0 30 2 *"}, "Invalid cron expression"),
        ({"chainName": "brief", "cron": "soon"}, "Invalid cron expression"),
        ({"chainName": "brief", "cron": "0 8 * * *", "timezone": "Mars"}, "Invalid timezone"),
        ({"chainName": "a/b", "cron": "0 8 * * *"}, 'Invalid name: "a/b"'),
    ],
)
def test_what_is_refused(schedules: httpx.Client, body: dict[str, Any], message: str) -> None:
    assert error(schedules.post("/schedules", json=body)) == (400, message)
    assert schedules.get("/schedules").json() == []


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"cron": "0 8 * * *", "chain": "brief"}, "`chainName` is missing: is it what you call `chain`?"),
        ({"chainName": "brief", "corn": "0 8 * * *"}, "`cron` is missing: is it what you call `corn`?"),
        ({"chainName": "brief", "cron": "61 * * * *"}, "expected a minute in the schedule"),
        ({"chainName": "brief", "cron": "@daily"}, 'write "0 0 * * *"'),
        ({"chainName": "brief", "cron": "0 8 * * *", "timezone": "Europe/Berln"}, "Europe/Berlin"),
    ],
)
def test_what_is_refused_is_explained(schedules: httpx.Client, body: dict[str, Any], hint: str) -> None:
    assert hint in schedules.post("/schedules", json=body).json()["hint"]


def test_bodies_that_are_none(schedules: httpx.Client) -> None:
    where = f"/schedules/{made(schedules)['id']}"
    for answer in (schedules.post("/schedules", content="{"), schedules.put(where, content="[]")):
        assert error(answer) == (400, "Invalid JSON")
    assert error(schedules.put(where, json={"cron": "0 0 30 2 *"})) == (400, "Invalid cron expression")


def test_run_at_once_also_when_it_is_off(schedules: httpx.Client) -> None:
    where = f"/schedules/{made(schedules, enabled=False)['id']}"
    execution = schedules.post(f"{where}/run").json()["executionId"]
    until(lambda: schedules.get(where).json().get("lastRunStatus"))
    record = schedules.get(where).json()
    assert (record["lastRunId"], record["lastRunStatus"]) == (execution, "done")
    assert "nextRunAt" not in record
    assert schedules.get(f"/executions/{execution}").json()["result"] == "about x"


def test_what_cannot_start(schedules: httpx.Client) -> None:
    where = f"/schedules/{made(schedules, chainName='nobody')['id']}"
    assert error(schedules.post(f"{where}/run")) == (400, 'Chain "nobody" not found')
    record = schedules.get(where).json()
    assert (record["lastRunStatus"], record["lastRunError"]) == ("error", 'Chain "nobody" not found')
    assert "lastRunId" not in record
    schedules.put(where, json={"chainName": "brief", "input": {}})
    assert error(schedules.post(f"{where}/run")) == (400, 'Missing required input: "topic"')


def test_it_fires_by_itself(schedules: httpx.Client, server: Server) -> None:
    record = made(schedules)
    where, missed = f"/schedules/{record['id']}", time.time() - 3_600
    with closing(open_store("", server.data, system=MIGRATIONS)) as store:  # as if nobody had been there for an hour
        store.namespace(ACCOUNT.namespace).write(
            lambda frame: frame.system("UPDATE chain_schedule SET due = ? WHERE id = ?", missed, record["id"])
        )
    until(lambda: schedules.get(where).json().get("lastRunStatus"))
    fired = schedules.get(where).json()
    assert fired["lastRunStatus"] == "done"
    assert fired["nextRunAt"] == record["nextRunAt"]
    assert schedules.get(f"/executions/{fired['lastRunId']}").json()["result"] == "about x"


def test_others_see_nothing_of_it(schedules: httpx.Client, accounts: Accounts) -> None:
    where = f"/schedules/{made(schedules)['id']}"
    other = ("times_eve", "plum-Anchor-7-violet")
    accounts.add(*other, tier="enterprise")
    with httpx.Client(base_url=schedules.base_url, auth=other, timeout=30) as eve:
        assert eve.get("/schedules").json() == []
        for answer in (eve.get(where), eve.put(where, json={}), eve.patch(f"{where}/toggle"), eve.delete(where)):
            assert error(answer) == (404, "Not found")
        assert error(eve.post(f"{where}/run")) == (400, "Schedule not found")
    assert schedules.get(where).status_code == 200
