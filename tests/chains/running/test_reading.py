"""Executions and saved texts as the API shows them, on both engines."""

from functools import partial
from typing import Any

import pytest

from chains import library, saving
from chains.executions import events, reading, steps
from chains.executions.steps import StepState
from oql.jobs.following import Stand
from substrate.interface import Frame
from tests.chains.running.driving import Here

INNER = """\
name: inner
output: o
inputs: [{name: who}]
steps:
  - {id: ask, type: gate, prompt: "Greet {who}?", output_var: d}
  - {id: out, type: transform, operation: template, template_str: "hello {who}, see /root/tmp/a.pdf", output_var: o,
     depends_on: [ask]}
"""
OUTER = """\
name: outer
output: o
steps:
  - {id: call, type: subchain, subchain: inner, subchain_input_map: {who: Ada}, output_var: o}
"""
ECHO = (
    "name: e\noutput: o\nsteps:\n  - {id: a, type: transform, operation: template, template_str: hi, output_var: o}\n"
)
FAILS = "name: f\noutput: o\nsteps:\n  - {id: a, type: oql, program: 'PARSE JSON \"{\" SET ?x', output_var: o}\n"


def took(frame: Frame, execution: str, number: int) -> None:
    """As if it had taken so many half seconds, and tokens."""
    [state] = steps.of(frame, execution)
    state.input_tokens, state.output_tokens = 10 * number, number
    steps.write(frame, execution, state)
    frame.system("UPDATE job SET finished = created + ? WHERE id = ?", 0.5 * number, execution)


def present(shown: dict[str, Any], *names: str) -> list[Any]:
    return [shown.get(name) for name in names]


def test_one_inside_another(anywhere: Here) -> None:
    here, tables = anywhere, anywhere.namespace
    here.save("inner", INNER)
    outer = here.run(OUTER)
    [inner] = here.inside(outer)
    [asked] = reading.approvals(tables, here.now())
    assert present(asked, "executionId", "stepId", "chainName", "prompt") == [inner, "ask", "inner", "Greet Ada?"]
    assert reading.approvals(tables, here.now() + 25 * 3_600) == [], "behind the deadline"
    assert reading.waits_for_people(tables, outer)
    assert reading.holding_slots(tables) == 0
    here.decide(inner, "ask")
    here.drive()
    shown, whole = reading.record(tables, inner), reading.record(tables, outer)
    assert shown
    assert whole
    assert present(shown, "status", "parentId", "input", "result") == [
        "done", outer, {"who": "Ada"}, "hello Ada, see /root/tmp/a.pdf",
    ]  # fmt: skip
    assert [step["status"] for step in shown["steps"].values()] == ["done", "done"]
    assert "parentId" not in whole
    assert whole["result"] == shown["result"]
    newest = reading.listed(tables, 10, 0)
    assert [one["id"] for one in newest] == [inner, outer]
    assert [one["files"] for one in newest] == [["/root/tmp/a.pdf"], ["/root/tmp/a.pdf"]]
    assert reading.approvals(tables, here.now()) == []
    assert reading.outcome(tables, outer) == {"status": "done", "result": shown["result"], "error": None}


def test_statistics_of_ended_runs(anywhere: Here) -> None:
    here, tables = anywhere, anywhere.namespace
    assert reading.stats(tables, "x") == {
        "totalRuns": 0, "successRate": 0, "avgDurationMs": 0, "totalTokens": {"input": 0, "output": 0},
    }  # fmt: skip
    runs = [here.run(text) for text in (ECHO, ECHO, FAILS)]
    here.start(ECHO)
    for number, execution in enumerate(runs):
        tables.write(partial(took, execution=execution, number=number))
    found = reading.stats(tables, "x")
    assert (found["totalRuns"], found["successRate"], found["avgDurationMs"]) == (3, 66.67, 500)
    assert found["totalTokens"] == {"input": 30, "output": 3}
    shown = reading.record(tables, runs[2])
    assert shown
    assert shown["error"].startswith("JsonFailed: ")
    assert present(shown, "status", "result") == ["error", None]
    assert reading.listed(tables, 1, 1)[0]["error"] == shown["error"]


def test_the_order_of_a_timeline_is_that_of_time(anywhere: Here) -> None:
    here, tables = anywhere, anywhere.namespace
    execution = here.run(INNER.replace("{who}", "you"), who="x")
    for state in (
        StepState(0, "ask", "done", "", finished=2.0, duration_ms=7),
        StepState(1, "out", "skipped", finished=1.25, input_tokens=3),
    ):
        tables.write(partial(steps.write, execution=execution, state=state))
    assert reading.timeline(tables, execution) == [
        {"stepId": "out", "status": "skipped", "checkpointAt": "1970-01-01T00:00:01.250Z", "durationMs": 0,
         "inputTokens": 3},
        {"stepId": "ask", "status": "done", "checkpointAt": "1970-01-01T00:00:02.000Z", "durationMs": 7},
    ]  # fmt: skip
    assert reading.timeline(tables, "none") is None
    assert reading.record(tables, "none") is None
    assert reading.outcome(tables, "none") is None


def test_how_far_executions_have_come(anywhere: Here) -> None:
    here, tables = anywhere, anywhere.namespace
    waiting = here.start(ECHO)
    assert reading.stands(tables, [waiting, "none"]) == {waiting: Stand("queued", 1)}
    assert reading.holding_slots(tables) == 1
    here.drive()
    last = events.last(tables, waiting)
    stand = reading.stands(tables, [waiting])[waiting]
    assert (stand.state, stand.over, 1 < stand.row <= last) == ("complete", True, True)
    assert reading.told_before(tables, waiting, None) == (0, False)
    assert reading.told_before(tables, waiting, last - 1) == (last - 1, False)
    assert reading.told_before(tables, waiting, last) == (last, True)
    assert reading.told_before(tables, "none", None) is None


def test_cancelled_and_waiting_for_a_slot(anywhere: Here) -> None:
    here, tables = anywhere, anywhere.namespace
    gates = [here.start(ECHO) for _ in range(here.slots)]
    queued = here.queue(ECHO)
    assert present(reading.record(tables, queued) or {}, "status", "finishedAt", "durationMs") == [
        "pending",
        None,
        None,
    ]
    assert reading.holding_slots(tables) == here.slots
    assert here.cancel(gates[0])
    shown = reading.record(tables, gates[0]) or {}
    assert present(shown, "status", "error", "result") == ["error", "Cancelled by user", None]
    assert reading.stats(tables, "x")["totalRuns"] == 1


def test_saved_texts(anywhere: Here) -> None:
    tables = anywhere.namespace
    assert library.listed(tables, "chain") == []
    assert saving.save(tables, "chain", "b", ECHO, 1.0) == ['name: is "e", and the text is saved as "b"']
    assert saving.save(tables, "chain", "Z", ECHO, 2.0)
    assert saving.save(tables, "chain", "b", ECHO.replace("name: e", "name: b\nversion: 2"), 3.0) == []
    line = "name: b\noutput: x\nchains: [{id: x, chain: b}, {id: y, chain: no}]\n"
    assert saving.kind_of(line) == "pipeline"
    assert saving.save(tables, "pipeline", "b", line, 4.0) == ['Chain "no" not found']
    assert [(one.name, one.about, one.text) for one in library.listed(tables, "chain")] == [
        ("Z", {"stepCount": 1}, ""), ("b", {"version": "2", "stepCount": 1}, ""),
    ]  # fmt: skip
    found = library.find(tables, "pipeline", "b")
    assert found
    assert (found.text, found.about) == (line, {"chainCount": 2})
    with pytest.raises(saving.TextRefused, match='Invalid chain "c":\n  output: is required'):
        saving.save(tables, "chain", "c", "name: c\nsteps: []\n", 5.0)
    assert tables.write(lambda frame: library.delete(frame, "chain", "b"))
    assert not tables.write(lambda frame: library.delete(frame, "chain", "b"))
    assert library.find(tables, "chain", "b") is None
    assert library.find(tables, "pipeline", "b")
