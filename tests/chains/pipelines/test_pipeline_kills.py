"""Pipelines whose worker is killed in the middle: another one goes on, and nothing is done twice or lost."""

import subprocess
import time
from pathlib import Path

import pytest

from chains import saving
from chains.executions import events
from chains.executions.steps import of as steps_of
from chains.pipelines.reading import record
from tests.chains.worker_process import Worker, start, working
from tests.http.running import until

LINES = 8
SLOW = "name: slow\ninputs: [{name: mark}]\noutput: out\nsteps:\n" + "".join(
    f"  - {{id: s{number}, type: oql, output_var: {'out' if number == LINES - 1 else f'v{number}'}, "
    f"depends_on: [{'' if number == 0 else f's{number - 1}'}], "
    f'program: \'WRITE "{number} " INTO "/root/log.txt" AS append AFTER SLEEP 0.1 AFTER EMIT ?mark\'}}\n'
    for number in range(LINES)
)
TWO = """name: two
output: second
chains:
  - {id: first, chain: slow, inputs: {mark: a}}
  - {id: second, chain: slow, depends_on: [first], inputs: {mark: "{first}b"}}
"""


def begun(worker: Worker, pipeline: str) -> int:
    """How many steps inside have begun."""
    found = worker.namespace.system("SELECT job FROM execution WHERE parent = ?", pipeline)
    return sum(state.status != "pending" for (job,) in found for state in steps_of(worker.namespace, str(job)))


def _until_begun(worker: Worker, pipeline: str, enough: int, process: subprocess.Popen[str]) -> None:
    """Returns once so many steps have begun."""
    until(lambda: process.poll() is not None or begun(worker, pipeline) >= enough, 60)
    assert process.poll() is None


@pytest.mark.slow
def test_killed_twice(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with working("", folder, lambda: time.time() + 30) as here:
        here.namespace.make()
        assert saving.save(here.namespace, "chain", "slow", SLOW, 1.0) == []
        assert saving.save(here.namespace, "pipeline", "two", TWO, 1.0) == []
        pipeline = here.namespace.write(lambda frame: here.launch(frame, "pipeline", "two", {}, time.time()))
        for ahead, enough in ((0.0, 3), (15.0, LINES + 3)):
            with start("", folder, ahead) as process:
                assert process.stdin
                process.stdin.close()
                _until_begun(here, pipeline, enough, process)
                process.kill()
        here.run(60)
        found = record(here.namespace, pipeline)
        assert found
        assert (found["status"], found["result"]) == ("done", "ab")
        assert {entry["status"] for entry in found["chains"].values()} == {"done"}
        written = folder.rglob("log.txt")
        assert [path.read_text().split() for path in written] == [
            [str(number) for _ in range(2) for number in range(LINES)]
        ]
        _check_events(here, pipeline)


def _check_events(here: Worker, pipeline: str) -> None:
    told = events.after(here.namespace, pipeline, 0, 10_000)
    assert [number for number, _ in told] == list(range(1, len(told) + 1))
    kinds = [event["type"] for _, event in told]
    assert (kinds[0], kinds[-1]) == ("execution_started", "execution_done")
    assert kinds.count("execution_started") == kinds.count("execution_done") == 1
    for kind in ("step_started", "step_done"):
        steps = [event["stepId"] for _, event in told if event["type"] == kind]
        assert sorted(steps) == sorted(
            [entry + inner for entry in ("first", "second") for inner in ("", *(f"/s{n}" for n in range(LINES)))]
        )
    logs = [event["message"] for _, event in told if event["type"] == "step_log"]
    assert logs.count("Continued after interruption") == 2
