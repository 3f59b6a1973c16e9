"""Executions whose worker has died: they go on elsewhere, or end, as the operator wants."""

import threading
from pathlib import Path

from tests.chains.running.driving import Here

TEXT = """name: x
output: b
steps:
  - {id: a, type: oql, program: 'SLEEP 0.05 AFTER RETURN "a"', output_var: a}
  - {id: b, type: transform, operation: template, template_str: "<{a}>", output_var: b, depends_on: [a]}
"""
GOES_ON = "step_log chain Continued after interruption"


def die(here: Here) -> None:
    """Takes what is due, and gives no sign of life for it."""
    assert here.claim()
    here.ahead += 10


def test_it_goes_on(anywhere: Here) -> None:
    execution = anywhere.start(TEXT)
    die(anywhere)
    anywhere.drive()
    assert anywhere.answer(execution) == "<a>"
    assert anywhere.told(execution).count(GOES_ON) == 1


def test_handing_over_is_no_interruption(here: Here) -> None:
    execution = here.start(TEXT.replace("0.05", "0.4"))
    claimed = here.claim()
    assert claimed
    running = threading.Thread(target=here.runner.run, args=(here.namespace, claimed))
    running.start()
    here.until(lambda: "step_started a" in here.told(execution))
    here.runner.holding.hand_over()
    running.join(20)
    here.runner.holding.ending = False
    here.drive()
    assert here.answer(execution) == "<a>"
    assert GOES_ON not in here.told(execution)
    assert here.told(execution, "step_started") == ["step_started a", "step_started b"]


def test_a_third_time_without_anything_new(anywhere: Here) -> None:
    execution = anywhere.start(TEXT)
    for _ in range(3):
        die(anywhere)
        anywhere.namespace.write(lambda frame: None)
        claimed = anywhere.claim()
        if claimed:  # it is prepared, and dies again
            anywhere.runner.forms["chain"].prepare(anywhere.namespace, claimed, {}, 0)
            anywhere.ahead += 10
    anywhere.drive()
    assert anywhere.answer(execution) == ["ChainFailed", "Interrupted: server restarted"]
    assert anywhere.outputs(execution) == {"a": "skipped", "b": "skipped"}
    anywhere.resume(execution)
    anywhere.drive()
    assert anywhere.answer(execution) == "<a>"


def test_a_restart_as_an_error(tmp_path: Path) -> None:
    here = Here(tmp_path, on_restart="error")
    execution = here.start(TEXT)
    die(here)
    here.drive()
    assert here.answer(execution) == ["ChainFailed", "Interrupted: server restarted"]
    assert here.told(execution)[-1] == "execution_error Interrupted: server restarted"
    here.resume(execution)
    here.drive()
    assert here.answer(execution) == "<a>"
    here.store.close()
