"""Chains inside chains, and chains that programs run."""

import time

import pytest

from chains.executions.records import NotResumable
from chains.launching import launcher
from chains.lowering import ChainRefused
from oql.jobs import records as jobs
from oql.local import new_id
from tests.chains.running.driving import Here

SUB = """name: sub
output: r
inputs: [{name: q, default: water}]
steps:
  - {id: a, type: transform, operation: template, template_str: "sub {q}", output_var: r}
  - {id: g, type: gate, prompt: "Sub?", output_var: x, depends_on: [a]}
"""
OUTER = """name: x
output: all
steps:
  - {id: s, type: subchain, subchain: sub, subchain_input_map: {q: "{input.q|none}"}, output_var: s}
  - {id: all, type: transform, operation: template, template_str: "<{s}>", output_var: all, depends_on: [s]}
"""


def test_a_chain_in_a_chain(anywhere: Here) -> None:
    anywhere.save("sub", SUB)
    execution = anywhere.run(OUTER, q="tea")
    [inner] = anywhere.inside(execution)
    found = anywhere.found(inner)
    assert (found.kind, found.name, found.parent, found.status) == ("chain", "sub", execution, "running")
    anywhere.decide(inner, "g")
    anywhere.drive()
    assert anywhere.answer(execution) == "<sub tea>"
    assert anywhere.answer(inner) == "sub tea"
    assert anywhere.told(inner)[-1] == "execution_done sub tea"
    job = anywhere.found(inner).job
    assert job.started
    assert job.finished
    assert anywhere.events(inner)[-1]["durationMs"] == round((job.finished - job.started) * 1_000)
    assert anywhere.told(execution, "step_output") == ["step_output s sub tea", "step_output all <sub tea>"]
    assert "step_log s [sub:sub] g waits for approval" in anywhere.told(execution)


def test_variables_are_not_told_as_inputs_that_a_chain_inside_does_not_declare(here: Here) -> None:
    here.save("sub", SUB.replace(", default: water", ", description: what to drink"))
    missing = 'Missing required input: "q" (what to drink)'
    execution = here.run(OUTER.replace(', subchain_input_map: {q: "{input.q|none}"}', ""), qq="tea")
    assert here.answer(execution) == ["ChainFailed", missing]
    answer = here.found(execution).job.answer
    assert answer
    assert not answer["error"].get("hint")


def test_the_outer_one_is_cancelled(anywhere: Here) -> None:
    anywhere.save("sub", SUB)
    execution = anywhere.run(OUTER)
    [inner] = anywhere.inside(execution)
    assert anywhere.cancel(execution)
    assert anywhere.told(inner)[-1] == "execution_error Cancelled by user"
    assert anywhere.outputs(inner) == {"a": "sub none", "g": "skipped"}
    assert anywhere.found(inner).status == "error"


def test_cancelling_the_inner_one_cancels_all(here: Here) -> None:
    here.save("sub", SUB)
    execution = here.run(OUTER)
    [inner] = here.inside(execution)
    assert here.cancel(inner)
    assert here.told(execution)[-1] == "execution_error Cancelled by user"


def test_the_inner_one_fails_and_is_resumed_where_it_failed(anywhere: Here) -> None:
    anywhere.save("sub", SUB)
    execution = anywhere.run(OUTER, q="tea")
    [inner] = anywhere.inside(execution)
    anywhere.decide(inner, "g", False)
    anywhere.drive()
    assert anywhere.answer(execution) == ["ConfirmRejected", "Gate rejected by user"]
    assert anywhere.answer(inner) == ["ChainFailed", "Gate rejected by user"]
    with pytest.raises(NotResumable) as refused:
        anywhere.resume(inner)
    assert refused.value.root == execution
    anywhere.resume(execution)
    anywhere.drive()
    assert anywhere.inside(execution) == [inner]
    anywhere.decide(inner, "g")
    anywhere.drive()
    assert anywhere.answer(execution) == "<sub tea>"
    assert anywhere.told(inner, "step_started") == [
        "step_started a", "step_started g", "step_started a", "step_started g"
    ]  # fmt: skip


def test_a_chain_that_runs_itself(here: Here) -> None:
    here.save("loop", "name: x\noutput: a\nsteps:\n  - {id: a, type: subchain, subchain: loop, output_var: a}\n")
    execution = here.run("name: x\noutput: a\nsteps:\n  - {id: a, type: subchain, subchain: loop, output_var: a}\n")
    assert here.answer(execution) == ["ChainFailed", "Subchain depth limit reached"]
    assert len(here.inside(execution)) == 10


def test_no_such_chain(here: Here) -> None:
    execution = here.run("name: x\noutput: a\nsteps:\n  - {id: a, type: subchain, subchain: nix, output_var: a}\n")
    assert here.answer(execution) == ["ChainFailed", 'Chain "nix" not found']


def test_a_program_runs_a_chain(anywhere: Here) -> None:
    anywhere.save("sub", SUB)
    job = new_id(7)
    source = 'CHAIN RUN "sub" WITH ?in SET ?r AFTER RETURN ?r'
    source = f'NEW JSON OBJECT OPEN NEST SET q AS "tea" CLOSE NEST SET ?in AFTER {source}'
    anywhere.namespace.write(lambda frame: jobs.create(frame, id=job, source=source, request={}, now=anywhere.now()))
    anywhere.drive()
    found = jobs.find(anywhere.namespace, job)
    assert found
    assert found.state == "suspended"
    [(inner,)] = anywhere.namespace.system("SELECT job FROM execution WHERE parent = ?", job)
    anywhere.decide(str(inner), "g")
    anywhere.drive()
    found = jobs.find(anywhere.namespace, job)
    assert found
    assert found.answer == {"result": "sub tea"}


def test_inputs_of_a_program_that_may_be_meant_for_a_missing_one_are_a_hint(here: Here) -> None:
    here.save("sub", SUB.replace(", default: water", ""))
    job = new_id(7)
    source = 'NEW JSON OBJECT OPEN NEST SET qq AS "tea" CLOSE NEST SET ?in AFTER CHAIN RUN "sub" WITH ?in'
    here.namespace.write(lambda frame: jobs.create(frame, id=job, source=source, request={}, now=here.now()))
    here.drive()
    found = jobs.find(here.namespace, job)
    assert found
    assert found.answer
    error = found.answer["error"]
    assert (error["message"], error["hint"]) == ('Missing required input: "q"', '"qq" is no declared input')


def test_a_job_is_cancelled_that_waits_for_a_chain(here: Here) -> None:
    here.save("sub", SUB)
    job = new_id(7)
    here.namespace.write(lambda frame: jobs.create(frame, id=job, source='CHAIN RUN "sub"', request={}, now=here.now()))
    here.drive()
    here.namespace.write(lambda frame: jobs.cancel(frame, job, "ada", here.now()))
    [(inner,)] = here.namespace.system("SELECT job FROM execution WHERE parent = ?", job)
    assert here.told(str(inner))[-1] == "execution_error Cancelled by user"


def test_chains_that_run_each_other_by_programs(here: Here) -> None:
    program = 'CHAIN RUN "again" SET ?r AFTER RETURN ?r'
    text = f"name: x\noutput: a\nsteps:\n  - {{id: a, type: oql, program: '{program}', output_var: a}}\n"
    here.save("again", text)
    execution = here.run(text)
    ends = time.monotonic() + 20
    while here.found(execution).job.finished is None:
        assert time.monotonic() < ends
        here.drive()
    assert here.answer(execution) == ["ChainFailed", "ChainFailed: Subchain depth limit reached"]


def test_a_circle_is_refused_before_anything_runs(here: Here) -> None:
    for name, called in (("a", "b"), ("b", "a")):
        step = f"{{id: x, type: subchain, subchain: {called}, output_var: x}}"
        here.save(name, f"name: {name}\noutput: x\nsteps:\n  - {step}\n")
    start = launcher(5, None)
    with pytest.raises(ChainRefused) as raised:
        here.namespace.write(lambda frame: start(frame, "chain", "a", {}, here.now()))
    assert raised.value.message == 'Invalid chain "a":\n  steps.0.subchain: Subchain "b" leads back to chain "a"'
    assert here.namespace.system("SELECT count(*) FROM job") == [(0,)]
