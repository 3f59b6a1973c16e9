"""Texts that would grow without bounds end the execution before they are made."""

import json

import pytest

from tests.chains.running.driving import Here

STEP = "name: x\noutput: o\nsteps:\n  - {id: s, output_var: o, STEP}\n"
LARGE = "x" * 2**20


@pytest.mark.parametrize(
    "step",
    [
        f"type: transform, operation: template, template_str: '{'{a}' * 100}'",
        f"type: transform, operation: map, input_var: lines, template_str: '{'{a}' * 20}'",
        f"type: transform, operation: replace, input_var: a, regex: '.+', template_str: '{'$&' * 100}'",
        f"type: transform, operation: merge, inputs: [{', '.join(['a'] * 100)}]",
        f"type: merge, strategy: json_array, inputs: [{', '.join(['a'] * 100)}]",
        "type: loop, items_var: lines, max_parallel: 20, "
        "step_template: {type: transform, operation: template, template_str: '{a}'}",
    ],
)
def test_what_grows_out_of_few_letters(here: Here, step: str) -> None:
    execution = here.run(STEP.replace("STEP", step), a=LARGE, lines="1\n" * 200)
    assert here.answer(execution)[0] == "LimitExceeded"
    assert here.outputs(execution) == {"s": "error"}
    assert here.told(execution, "step_error")


def test_a_member_is_read_once(here: Here) -> None:
    text = STEP.replace("STEP", f"type: transform, operation: template, template_str: '{'{a.b}' * 20_000}'")
    execution = here.run(text, a=json.dumps({"b": 1, "c": LARGE}))
    assert here.answer(execution) == "1" * 20_000
