"""Gates: who decides, what that does, and what becomes of slots meanwhile."""

import pytest

from chains.executions.records import AlreadyDecided, NoApproval, NotResumable, ReasonRequired, TooMany
from oql.jobs import records as jobs
from oql.jobs.answering import Answer, give
from tests.chains.running.driving import Here

GATE = """name: x
output: end
steps:
  - {id: draft, type: transform, operation: template, template_str: "draft", output_var: draft}
  - {id: ok, type: gate, prompt: "Send {draft}?", output_var: ok, depends_on: [draft]}
  - {id: end, type: transform, operation: template, template_str: "{draft} {ok}", output_var: end, depends_on: [ok]}
"""


def test_approved(anywhere: Here) -> None:
    execution = anywhere.run(GATE)
    assert anywhere.found(execution).status == "running"
    assert anywhere.told(execution)[-1] == "step_waiting_approval ok Send draft?"
    anywhere.decide(execution, "ok")
    with pytest.raises(AlreadyDecided):
        anywhere.decide(execution, "ok", False)
    anywhere.drive()
    assert anywhere.answer(execution) == "draft approved"
    assert anywhere.told(execution, "gate_action") == ["gate_action ok approved"]
    assert anywhere.told(execution, "step_started") == ["step_started draft", "step_started ok", "step_started end"]


def test_rejected_and_resumed(anywhere: Here) -> None:
    execution = anywhere.run(GATE)
    anywhere.decide(execution, "ok", False, "too long")
    anywhere.drive()
    assert anywhere.answer(execution) == ["ConfirmRejected", "Gate rejected by user: too long"]
    assert anywhere.outputs(execution) == {"draft": "draft", "ok": "error", "end": "skipped"}
    anywhere.resume(execution)
    anywhere.drive()
    restored = anywhere.told(execution)[-7:]
    assert restored == [
        "execution_started",
        "step_started draft",
        "step_log draft Restored from checkpoint",
        "step_output draft draft",
        "step_done draft",
        "step_started ok",
        "step_waiting_approval ok Send draft?",
    ]
    anywhere.decide(execution, "ok")
    anywhere.drive()
    assert anywhere.answer(execution) == "draft approved"
    with pytest.raises(NotResumable):
        anywhere.resume(execution)


def test_decided_as_a_job(here: Here) -> None:
    execution = here.run(GATE)
    answer = Answer(decision={"approved": True})
    here.namespace.write(lambda frame: give(frame, execution, answer, "ada", here.now()))
    here.drive()
    assert here.answer(execution) == "draft approved"


def test_nobody_was_asked(here: Here) -> None:
    execution = here.run(GATE)
    for step in ("draft", "end", "other", ""):
        with pytest.raises(NoApproval):
            here.decide(execution, step)
    with pytest.raises(NoApproval):
        here.decide("0123456789abcdef", "ok")


def test_a_rejection_needs_a_reason(here: Here) -> None:
    execution = here.run(GATE.replace("type: gate,", "type: gate, gate_rejection_reason: true,"))
    with pytest.raises(ReasonRequired):
        here.decide(execution, "ok", False, "  ")
    here.decide(execution, "ok", False, "no")


@pytest.mark.parametrize(
    ("rule", "answer", "status"),
    [
        ("error", ["Timeout", "Gate timed out after 2h"], "error"),
        ("skip", "draft", "skipped"),
        ("approve", "draft approved", "approved"),
    ],
)
def test_deadlines(anywhere: Here, rule: str, answer: object, status: str) -> None:
    execution = anywhere.run(GATE.replace("type: gate,", f"type: gate, timeout_hours: 2, on_timeout: {rule},"))
    anywhere.ahead += 2 * 3_600 - 5
    anywhere.drive()
    assert anywhere.found(execution).job.state == "suspended"
    anywhere.ahead += 10
    anywhere.drive()
    found = anywhere.answer(execution)
    assert (found.strip() if isinstance(found, str) else found) == answer
    assert anywhere.outputs(execution)["ok"] == status
    if rule == "approve":
        assert anywhere.told(execution, "gate_action") == ["gate_action ok approved timeout"]


def test_decided_while_another_step_runs(anywhere: Here) -> None:
    execution = anywhere.start("""name: x
output: end
steps:
  - {id: slow, type: oql, program: 'SLEEP 0.9 AFTER RETURN "slow"', output_var: slow}
  - {id: ok, type: gate, prompt: "Well?", output_var: ok}
  - {id: then, type: transform, operation: template, template_str: "then {ok}", output_var: then, depends_on: [ok]}
  - {id: end, type: merge, inputs: [slow, then], output_var: end, depends_on: [slow, then]}
""")
    running = anywhere.beside()
    anywhere.until(lambda: "step_waiting_approval ok Well?" in anywhere.told(execution))
    anywhere.decide(execution, "ok")
    running.join(20)
    told = anywhere.told(execution)
    assert told.index("step_done then") < told.index("step_done slow")
    assert anywhere.answer(execution) == "slow\n\n---\n\nthen approved"


def test_a_deadline_passes_while_another_step_runs(here: Here) -> None:
    execution = here.start("""name: x
output: end
steps:
  - {id: slow, type: oql, program: 'SLEEP 0.9 AFTER RETURN "slow"', output_var: slow}
  - {id: ok, type: gate, prompt: "Well?", output_var: ok, timeout_hours: 0.00005, on_timeout: approve}
  - {id: end, type: merge, inputs: [slow, ok], output_var: end, depends_on: [slow, ok]}
""")
    here.drive()
    told = here.told(execution)
    assert told.index("step_done ok") < told.index("step_done slow")
    assert here.answer(execution) == "slow\n\n---\n\napproved"


def test_slots(anywhere: Here) -> None:
    waiting = [anywhere.run(GATE) for _ in range(7)]  # waiting for people, they hold none
    held = [anywhere.start(GATE) for _ in range(5)]
    with pytest.raises(TooMany) as raised:
        anywhere.start(GATE)
    assert raised.value.running == 5
    late = anywhere.queue(GATE)
    assert anywhere.found(late).status == "pending"
    for execution in waiting:
        anywhere.decide(execution, "ok")
    anywhere.drive()
    assert {anywhere.answer(execution) for execution in waiting} == {"draft approved"}
    assert {anywhere.found(execution).job.state for execution in [*held, late]} == {"suspended"}
    assert anywhere.namespace.system("SELECT count(*) FROM execution WHERE slot = 1") == [(0,)]


def test_a_decided_run_comes_before_a_queued_one(here: Here) -> None:
    decided = here.run(GATE)
    held = [here.start(GATE) for _ in range(5)]
    claimed = [here.claim() for _ in held]
    queued = here.queue(GATE)
    here.decide(decided, "ok")
    here.drive()
    assert here.found(decided).job.state == here.found(queued).job.state == "queued"
    with pytest.raises(TooMany) as raised:
        here.start(GATE)
    assert raised.value.running == 5  # the decided one is owed a slot, and does not run
    for job in claimed[:1]:
        assert job
        here.runner.run(here.namespace, job)
    first = here.claim()
    assert first
    assert first.id == decided


def test_cancelled_at_a_gate(anywhere: Here) -> None:
    execution = anywhere.run(GATE)
    assert anywhere.cancel(execution)
    anywhere.drive()
    assert anywhere.outputs(execution) == {"draft": "draft", "ok": "skipped", "end": "skipped"}
    assert anywhere.told(execution)[-1] == "execution_error Cancelled by user"
    with pytest.raises(AlreadyDecided):
        anywhere.decide(execution, "ok")
    with pytest.raises(NotResumable):
        anywhere.resume(execution)


def test_cancelled_as_a_job(here: Here) -> None:
    execution = here.run(GATE)
    here.namespace.write(lambda frame: jobs.cancel(frame, execution, "ada", here.now()))
    assert here.told(execution)[-1] == "execution_error Cancelled by user"
    assert here.outputs(execution)["ok"] == "skipped"


def test_a_question_of_a_program(here: Here) -> None:
    execution = here.run("""name: x
output: a
steps:
  - {id: a, type: oql, program: 'CONFIRM "Sure?" AFTER RETURN "yes"', output_var: a}
""")
    assert here.told(execution)[-1] == "step_waiting_approval a Sure?"
    here.decide(execution, "a")
    here.drive()
    assert here.answer(execution) == "yes"
    assert here.told(execution).count("step_waiting_approval a Sure?") == 1
