"""Steps of a chain: when each begins, what it sees, and how the execution ends."""

import time

from tests.chains.running.driving import Here

HELLO = """name: hello
output: both
inputs: [{name: who}]
steps:
  - {id: greet, type: transform, operation: template, template_str: "Hello {who}", output_var: greeting}
  - {id: loud, type: oql, program: 'UPPER ?greeting SET ?u AFTER RETURN ?u', output_var: shout, depends_on: [greet]}
  - {id: both, type: transform, operation: join, input_var: list, output_var: both, depends_on: [list]}
  - {id: list, type: merge, inputs: [greeting, shout], strategy: json_array, output_var: list, depends_on: [loud]}
"""


def test_an_execution(anywhere: Here) -> None:
    execution = anywhere.run(HELLO, who="Ada")
    assert anywhere.answer(execution) == "Hello Ada\nHELLO ADA"
    assert anywhere.outputs(execution) == {
        "greet": "Hello Ada",
        "loud": "HELLO ADA",
        "both": "Hello Ada\nHELLO ADA",
        "list": '["Hello Ada","HELLO ADA"]',
    }
    told = anywhere.told(execution)
    assert told[0] == "execution_started"
    assert told[-1] == "execution_done Hello Ada\nHELLO ADA"
    for step in ("greet", "loud", "list", "both"):
        own = [line for line in told if line.split()[1:2] == [step]]
        assert [line.split()[0] for line in own] == ["step_started", "step_output", "step_done"]
    assert anywhere.found(execution).status == "done"


def test_the_trace_is_that_of_a_job(here: Here) -> None:
    from oql.jobs.records import trace_of

    trace = trace_of(here.namespace, here.found(here.run(HELLO, who="Ada")).job)
    assert [(entry["path"], entry["step"]) for entry in trace] == [
        ("1", "TRANSFORM"),
        ("2", "OQL"),
        ("2.in.1", "UPPER"),
        ("2.in.2", "RETURN"),
        ("4", "MERGE"),
        ("3", "TRANSFORM"),
    ]


def waits(name: str, needs: str = "", seconds: float = 0.3) -> str:
    return (
        f"  - {{id: {name}, type: oql, program: 'SLEEP {seconds} AFTER RETURN \"{name}\"', output_var: {name}, "
        f"depends_on: [{needs}]}}\n"
    )


def test_steps_begin_when_their_own_needs_have_ended(here: Here) -> None:
    text = "name: x\noutput: c\nsteps:\n" + waits("a", seconds=0.2) + waits("b", seconds=0.6) + waits("c", "a")
    execution = here.run(text)
    order = [line for line in here.told(execution) if line.startswith(("step_started", "step_done"))]
    assert order[:2] == ["step_started a", "step_started b"]
    assert order.index("step_started c") < order.index("step_done b")


def test_a_failure_lets_what_runs_come_to_its_end(here: Here) -> None:
    text = (
        "name: x\noutput: c\nsteps:\n"
        + waits("slow", seconds=0.4)
        + """  - {id: bad, type: oql, program: 'CALCULATE "1 / 0"', output_var: bad}
  - {id: gate, type: gate, prompt: "Well?", output_var: gate}
"""
        + waits("c", "bad")
        + waits("d", "slow")
    )
    execution = here.run(text)
    assert here.outputs(execution) == {
        "slow": "slow", "bad": "error", "gate": "skipped", "c": "skipped", "d": "skipped"
    }  # fmt: skip
    code, message = here.answer(execution)
    assert code == "CalculateFailed"
    told = here.told(execution)
    assert told[-1] == f"execution_error {message}"
    assert [line for line in told if line.startswith("step_error")] == [f"step_error bad {message}"]
    waiting = here.namespace.system("SELECT state FROM wait WHERE job = ?", execution)
    assert waiting == [("cancelled",)]


def test_an_early_exit(here: Here) -> None:
    execution = here.run("""name: x
output: b
steps:
  - {id: a, type: transform, operation: template, template_str: "A", output_var: b}
  - {id: x, type: agent, prompt: never, output_var: c, depends_on: [a], early_exit_if: "{b} == A"}
  - {id: z, type: transform, operation: template, template_str: "Z", output_var: b, depends_on: [x]}
""")
    assert here.answer(execution) == "A"
    assert here.outputs(execution) == {"a": "A", "x": "skipped", "z": "skipped"}
    assert here.told(execution)[-4:] == [
        "step_started x", "step_log x Early exit: {b} == A", "step_done x", "execution_done A"
    ]  # fmt: skip


def test_conditions_and_routes(here: Here) -> None:
    text = """name: x
output: all
inputs: [{name: size}]
steps:
  - {id: small, type: transform, operation: template, template_str: "S", output_var: it, condition: "{size} < 10"}
  - {id: large, type: transform, operation: template, template_str: "L", output_var: it, condition: "{size} >= 10"}
  - {id: all, type: transform, operation: template, template_str: "<{it}>", output_var: all, depends_on: [small, large]}
"""
    assert here.answer(here.run(text, size=3)) == "<S>"
    execution = here.run(text, size=30)
    assert here.answer(execution) == "<L>"
    assert "step_log small Condition not met: {size} < 10" in here.told(execution)


def test_cancelled_while_it_runs(anywhere: Here) -> None:
    execution = anywhere.start("name: x\noutput: b\nsteps:\n" + waits("a", seconds=0.9) + waits("b", "a"))
    running = anywhere.beside()
    anywhere.until(lambda: "step_started a" in anywhere.told(execution))
    assert anywhere.cancel(execution)
    running.join(10)
    assert anywhere.outputs(execution) == {"a": "skipped", "b": "skipped"}
    assert anywhere.told(execution)[-1] == "execution_error Cancelled by user"
    assert anywhere.found(execution).status == "error"
    assert not anywhere.cancel(execution)
    time.sleep(0.1)
    assert anywhere.told(execution, "execution_error") == ["execution_error Cancelled by user"]


def test_a_long_chain_of_steps(here: Here) -> None:
    steps = "".join(
        f'  - {{id: s{n}, type: transform, operation: template, template_str: "{{v{n - 1}}}.", output_var: v{n}, '
        f"depends_on: [{f's{n - 1}' if n else ''}]}}\n"
        for n in range(300)
    )
    execution = here.run(f"name: x\noutput: v299\nsteps:\n{steps}")
    assert here.answer(execution) == "{v-1}" + "." * 300
