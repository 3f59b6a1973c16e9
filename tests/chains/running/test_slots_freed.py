"""A slot that becomes free is taken by whoever waits for one, whatever becomes of those that were to have it."""

from pathlib import Path

from tests.chains.running.driving import Here

GATE = 'name: g\noutput: a\nsteps:\n  - {id: a, type: gate, prompt: "go?", output_var: a}\n'
TEXT = (
    'name: t\noutput: a\nsteps:\n  - {id: a, type: transform, operation: template, template_str: "t", output_var: a}\n'
)


def one(tmp_path: Path) -> Here:
    return Here(tmp_path, slots=1)


def test_one_that_was_decided_is_cancelled(tmp_path: Path) -> None:
    here = one(tmp_path)
    decided = here.run(GATE)
    here.decide(decided, "a")
    waits = here.queue(TEXT)
    here.cancel(decided)
    here.drive()
    assert here.answer(waits) == "t"


def test_one_that_was_woken_is_cancelled(tmp_path: Path) -> None:
    here = one(tmp_path)
    here.start(TEXT)
    woken, waits = here.queue(TEXT), here.queue(TEXT)
    claimed = here.claim()
    assert claimed
    here.runner.run(here.namespace, claimed)
    here.cancel(woken)
    here.drive()
    assert here.answer(waits) == "t"


def test_one_cannot_run_any_more(tmp_path: Path) -> None:
    here = one(tmp_path)
    broken, waits = here.start(TEXT), here.queue(TEXT)
    here.namespace.write(lambda frame: frame.system("UPDATE job SET source = 'no chain' WHERE id = ?", broken))
    here.drive()
    assert here.found(broken).status == "error"
    assert here.told(broken)[-1].startswith("execution_error Invalid chain")
    assert here.answer(waits) == "t"


def test_one_that_is_cancelled_after_its_claim_takes_none(tmp_path: Path) -> None:
    here = one(tmp_path)
    waits = here.run(GATE)
    here.decide(waits, "a")
    claimed = here.claim()
    assert claimed
    here.cancel(waits)
    here.runner.run(here.namespace, claimed)
    assert here.found(waits).slot == 0
