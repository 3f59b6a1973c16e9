"""Loops: what they go over, and what becomes of one whose worker dies in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chains.elements import items_of
from tests.chains.running.driving import Here
from tests.models.services import Service, openai
from tests.outbound.servers import Answer, Asked, Web


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('["a", 1, {"k": [2]}, null, true]', ["a", "1", '{"k":[2]}', "null", "true"]),
        ('{"x": "a", "y": 2.50}', ["a", "2.5"]),
        ('"a, b"', ["a, b"]),
        ("7", ["7"]),
        ("[1, 2", ["[1", "2"]),
        (" a , b,, c ", ["a", "b", "c"]),
        ("a, b\n\n c\r\n", ["a, b", "c"]),
        ("", []),
        ("[]", []),
        (" , ", []),
    ],
)
def test_what_a_loop_goes_over(text: str, items: list[str]) -> None:
    assert items_of(text) == items


LOOP = """name: x
output: out
steps:
  - {{id: asked, type: loop, items_var: list, max_parallel: 1, prompt: "{{item}}", output_var: out1}}
  - id: sent
    type: loop
    depends_on: [asked]
    items_var: list
    max_parallel: 1
    step_template: {{type: webhook, webhook_url: "{url}/{{item}}"}}
    output_var: out
"""
DYING = """
import sys, pathlib
from oql.outbound import Outbound
from tests.chains.running.driving import Here
Here(pathlib.Path(sys.argv[1]), outbound=Outbound([sys.argv[2]])).drive()
"""


def test_only_the_item_under_way_is_repeated_after_a_handing_over(here: Here, web: Web, service: Service) -> None:
    service.says = [openai("A"), openai("B"), openai("C")]

    def ending(_: Asked) -> Answer:
        if len(web.asked) == 2:
            here.runner.holding.hand_over()
        return Answer(body=b"two")

    web.answers["/2"] = ending
    execution = here.start(LOOP.format(url=web.url), list="1,2,3")
    job = here.claim()
    assert job
    here.runner.run(here.namespace, job)
    assert here.found(execution).status == "running"
    here.runner.holding.ending = False
    here.drive()
    assert here.answer(execution) == '["/1","two","/3"]'
    assert here.outputs(execution)["asked"] == '["A","B","C"]'
    assert [asked.path for asked in web.asked] == ["/1", "/2", "/2", "/3"]
    assert web.asked[1].headers["idempotency-key"] == web.asked[2].headers["idempotency-key"]
    assert len(service.asked) == 3
    done = next(event for event in here.events(execution) if event["type"] == "step_done")
    assert (done["inputTokens"], done["outputTokens"]) == (33, 21)


@pytest.mark.slow
def test_only_the_item_under_way_is_repeated_after_a_kill(tmp_path: Path, here: Here, web: Web) -> None:
    execution = here.start(LOOP.format(url=web.url).replace("type: loop, items_var: list, max_parallel: 1, prompt",
                                                            "type: transform, prompt"), list="1,2,3")  # fmt: skip
    worker: list[subprocess.Popen[bytes]] = []

    def killing(_: Asked) -> Answer:
        os.kill(worker[0].pid, signal.SIGKILL)
        worker[0].wait()
        return Answer()

    web.answers["/2"] = killing
    worker.append(subprocess.Popen([sys.executable, "-c", DYING, str(tmp_path / "here"), web.at]))
    assert worker[0].wait(30) == -signal.SIGKILL
    web.answers["/2"] = Answer(body=b"two")
    here.ahead += 60
    here.drive()
    assert here.answer(execution) == '["/1","two","/3"]'
    assert [asked.path for asked in web.asked] == ["/1", "/2", "/2", "/3"]
    keys = [asked.headers["idempotency-key"] for asked in web.asked]
    assert keys == [f"{execution}:sent:item-{number}" for number in (1, 2, 2, 3)]
