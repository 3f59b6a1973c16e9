"""Executions inside others whose worker is told to end: another one goes on with them, and nobody is told of an end."""

import threading
import time
from pathlib import Path
from typing import Literal

import pytest

from chains import saving
from chains.executions import events
from chains.executions.steps import StepState, of as steps_of
from chains.launching import launcher
from tests.crash.holder import NAMESPACE, Worker, run_on, working
from tests.crash.points import AHEAD_S, found
from tests.http.running import until

NOBODY = "127.0.0.1:1"
SLOW = """name: slow
output: out
inputs: [{name: mark}]
steps: [{id: s, type: oql, program: 'SLEEP 0.7 AFTER EMIT ?mark', output_var: out}]
"""
OUTER = {
    "subchain": """name: outer
output: out
steps: [{id: inner, type: subchain, subchain: slow, subchain_input_map: {mark: a}, output_var: out}]
""",
    "loop": """name: outer
output: out
inputs: [{name: list, default: '["a","b"]'}]
steps:
  - {id: inner, type: loop, items_var: list, output_var: out, loop_on_error: continue, max_parallel: 2,
     step_template: {type: subchain, subchain: slow, subchain_input_map: {mark: "{item}"}}}
""",
    "pipeline": """name: outer
output: inner
chains: [{id: inner, chain: slow, inputs: {mark: a}}]
""",
}
RESULTS = {"subchain": "a", "loop": '["a","b"]', "pipeline": "a"}


@pytest.mark.parametrize("what", OUTER)
def test_handed_over(what: str, tmp_path: Path) -> None:
    kind: Literal["chain", "pipeline"] = "pipeline" if what == "pipeline" else "chain"
    with working("", tmp_path / "data", NOBODY) as before:
        before.namespace.make()
        assert saving.save(before.namespace, "chain", "slow", SLOW, 1.0) == []
        assert saving.save(before.namespace, kind, "outer", OUTER[what], 1.0) == []
        launch = launcher(5, None)
        execution = before.namespace.write(lambda frame: launch(frame, kind, "outer", {}, time.time()))
        running = threading.Thread(target=before.drain.drain, args=(NAMESPACE,))
        running.start()
        until(lambda: _inside(before, execution), 20)
        before.runner.holding.hand_over()
        running.join()
        assert {state.status for state in _inside(before, execution)} == {"running"}
    with working("", tmp_path / "data", NOBODY, lambda: time.time() + AHEAD_S) as after:
        run_on(after, 30.0)
        answer = found(after, execution)
        assert (answer.state, answer.answer) == ("complete", {"result": RESULTS[what]})
        assert not [told for told in events.after(after.namespace, execution, 0, 1_000) if "cancelled" in str(told)]


def _inside(worker: Worker, execution: str) -> list[StepState]:
    """The steps of what runs inside that have begun."""
    rows = worker.namespace.system("SELECT job FROM execution WHERE parent = ?", execution)
    return [state for (job,) in rows for state in steps_of(worker.namespace, str(job)) if state.status != "pending"]
