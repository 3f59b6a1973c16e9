"""Steps that are asked again, in the same run or in a later one, neither do nor tell again what they have before."""

from collections import Counter
from functools import partial

from chains.executions import events
from oql.jobs import records as jobs
from tests.chains.running.driving import Here

INNER = """name: inner
output: o
inputs: [{name: item, default: "2"}]
steps:
  - {id: o, type: transform, operation: template, template_str: "<{item}>", output_var: o}
  - {id: g, type: gate, prompt: "go?", gate_auto_approve_if: '{item} != "2"', output_var: g, depends_on: [o]}
"""
LOOP = """name: x
output: b
inputs: [{name: list}]
steps:
  - {id: b, type: loop, items_var: list, output_var: b, max_parallel: 1, step_template: TEMPLATE}
"""
SHORT = "SLEEP 0.2 AFTER " * 8


def test_elements_of_a_loop_that_waits(anywhere: Here) -> None:
    program = 'IF ?item IS EQUAL TO "2" OPEN NEST CONFIRM "go?" CLOSE NEST AFTER RETURN ?item'
    execution = anywhere.run(LOOP.replace("TEMPLATE", f"{{type: oql, program: '{program}'}}"), list="1,2,3")
    anywhere.decide(execution, "b")
    anywhere.drive()
    chunks = ["step_output b [1] 1", "step_output b [2] 2", "step_output b [3] 3"]
    assert anywhere.told(execution, "step_output") == chunks
    assert anywhere.told(execution, "step_waiting_approval") == ["step_waiting_approval b go?"]


def test_executions_in_a_loop_that_waits_end_once(anywhere: Here) -> None:
    anywhere.save("inner", INNER)
    execution = anywhere.run(LOOP.replace("TEMPLATE", "{type: subchain, subchain: inner}"), list="1,2,3")
    first, second = anywhere.inside(execution)
    anywhere.decide(second, "g")
    anywhere.drive()
    assert anywhere.answer(execution) == '["<1>","<2>","<3>"]'
    assert anywhere.told(first, "execution_done") == ["execution_done <1>"]


def test_in_the_same_run(here: Here) -> None:
    """While another step still works, so that the run is not suspended."""
    here.save("inner", INNER)
    text = f"""name: x
output: b
steps:
  - {{id: slow, type: oql, program: '{SHORT}RETURN 1', output_var: s}}
  - {{id: b, type: subchain, subchain: inner, output_var: b}}
"""
    execution = here.start(text)
    running = here.beside()
    here.until(lambda: here.namespace.system("SELECT key FROM wait WHERE state = 'open'"))
    here.decide(here.inside(execution)[0], "g")
    running.join(20)
    [inside] = here.inside(execution)
    told = Counter((event["type"], event.get("stepId")) for event in here.events(inside))
    assert set(told.values()) == {1}
    assert here.answer(execution) == "<2>"


def test_programs_and_gates_are_told_of_once(here: Here) -> None:
    text = """name: x
output: e
steps:
  - {id: a, type: oql, program: 'CONFIRM "go?" AFTER RETURN "a"', output_var: a}
  - {id: g, type: gate, prompt: "too?", output_var: g, depends_on: [a]}
  - {id: e, type: transform, operation: template, template_str: "{a}", output_var: e, depends_on: [g]}
"""
    execution = here.run(text)
    for step in ("a", "g"):
        here.decide(execution, step)
        here.drive()
    told = Counter(here.told(execution, "step_started", "step_done", "step_output", "gate_action"))
    assert set(told.values()) == {1}


def test_two_gates_inside_are_told_apart(anywhere: Here) -> None:
    anywhere.save("inner", INNER)
    text = """name: x
output: b
steps:
  - {id: own, type: gate, prompt: "mine?", output_var: own}
  - {id: a, type: subchain, subchain: inner, output_var: a}
  - {id: b, type: subchain, subchain: inner, output_var: b}
"""
    execution = anywhere.run(text)
    for inside in anywhere.inside(execution):
        anywhere.decide(inside, "g")
    anywhere.decide(execution, "own")
    anywhere.drive()
    assert anywhere.answer(execution) == "<2>"


def test_what_waits_inside_ends_with_the_whole_and_goes_on_with_it(anywhere: Here) -> None:
    anywhere.save("inner", INNER)
    text = """name: x
output: b
steps:
  - {id: a, type: gate, prompt: "go?", output_var: a}
  - {id: b, type: subchain, subchain: inner, output_var: b}
"""
    execution = anywhere.run(text)
    anywhere.decide(execution, "a", approved=False)
    anywhere.drive()
    [inside] = anywhere.inside(execution)
    assert anywhere.found(inside).status == "error"
    assert anywhere.outputs(inside) == {"o": "<2>", "g": "skipped"}
    assert anywhere.told(inside)[-1] == "execution_error Gate rejected by user"
    anywhere.resume(execution)
    anywhere.drive()
    anywhere.decide(execution, "a")
    anywhere.decide(inside, "g")
    anywhere.drive()
    assert anywhere.inside(execution) == [inside]
    assert anywhere.answer(execution) == "<2>"


def test_the_run_that_a_late_reader_gets(here: Here) -> None:
    """Also where a step is named like the event that begins it."""
    text = """name: x
output: a
steps:
  - {id: execution_started, type: gate, prompt: "go?", output_var: a}
"""
    execution = here.run(text)
    here.decide(execution, "execution_started", approved=False)
    here.drive()
    before = events.last(here.namespace, execution)
    here.resume(execution)
    here.drive()
    assert events.started_at(here.namespace, execution) == before + 1


def test_as_a_job(anywhere: Here) -> None:
    """Executions are resumed, not tried again; and whoever cancels a part of one cancels all of it."""
    anywhere.save("inner", INNER)
    text = "name: x\noutput: b\nsteps:\n  - {id: b, type: subchain, subchain: inner, output_var: b}\n"
    execution = anywhere.run(text)
    [inside] = anywhere.inside(execution)
    anywhere.decide(inside, "g", approved=False)
    anywhere.drive()
    for job in (execution, inside):
        assert not anywhere.namespace.write(partial(jobs.retry, job=job, now=anywhere.now()))
    anywhere.resume(execution)
    anywhere.drive()
    anywhere.namespace.write(lambda frame: jobs.cancel(frame, inside, "ada", anywhere.now()))
    assert [anywhere.found(each).job.state for each in (execution, inside)] == ["cancelled", "cancelled"]
