"""What is said on save of the fields that a type of step demands, and of the step_template of a loop."""

import pytest

from chains.document import read
from chains.pre_tool_spec import PRE_TOOLS
from chains.pretools.kinds import KINDS
from chains.spec import STEPS
from chains.types import TYPES


def problems(step: str) -> list[str]:
    document = read(f"name: c\noutput: out\nsteps:\n- {{id: s, output_var: out, {step}}}\n")
    return [f"{problem.level}: {problem}" for problem in document.problems]


LOOP = "type: loop, items_var: x, "


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("type: merge", 'inputs: Merge step "s" requires a non-empty "inputs" array'),
        ("type: merge, inputs: []", 'inputs: Merge step "s" requires a non-empty "inputs" array'),
        ("type: subchain", 'subchain: Step "s" missing "subchain" field'),
        ("type: debate", 'debate_agents: Debate step "s" has no agents defined'),
        ("type: debate, debate_agents: []", 'debate_agents: Debate step "s" has no agents defined'),
        ("type: webhook", 'webhook_url: Webhook step "s" missing webhook_url'),
        ("type: router, prompt: p, routes: {}", "routes: expected at least 1"),
        ("type: evaluator, input_var: out", "criteria: is required where there is no prompt"),
        ("type: gate", "prompt: is required for steps of the type `gate`"),
        ("type: browser", "browser_url: is required"),
        ("type: oql, program: 'UPER \"x\"'", "program: line 1, column 1: `UPER` is not a verb"),
        ("type: transform, regex: '('", "regex: "),
        (LOOP, "step_template: is required where there is no prompt"),
        (LOOP + "step_template: {}", "step_template.prompt: is required for steps of the type `agent`"),
        (LOOP + "step_template: {prompt: 5, promt: x}", "step_template.promt: is not a known field; did you mean `pr"),
        (LOOP + "step_template: {type: oql, program: NO}", "step_template.program: line 1, column 1: `NO` is not a ve"),
        (LOOP + "step_template: {type: subchain}", 'step_template.subchain: Step "s" missing "subchain" field'),
        (LOOP + "step_template: {type: webhook}", 'step_template.webhook_url: Webhook step "s" missing webhook_url'),
        (LOOP + "step_template: {prompt: p, condition: '=='}", "step_template.condition: the condition cannot be "),
        (LOOP + "step_template: {prompt: p, retry: {max: 0}}", "step_template.retry.max: expected at least 1"),
        (LOOP + "step_template: {prompt: p, pre_tools: [{type: env_var}]}", "step_template.pre_tools.0.inject_as: is"),
        (LOOP + "step_template: {type: transform, operation: x}", "step_template.operation: expected "),
    ],
)
def test_a_mistake_is_told_with_its_place(step: str, told: str) -> None:
    assert problems(step)[0].startswith(f"error: steps.0.{told}")


@pytest.mark.parametrize("kind", ["router", "evaluator", "gate", "loop", "merge", "debate", "agnt"])
def test_types_that_a_loop_cannot_do_for_each_item(kind: str) -> None:
    assert problems(f"{LOOP} step_template: {{type: {kind}}}") == [
        f"error: steps.0.step_template.type: `{kind}` is not a type of a step_template; "
        "expected one of agent, oql, transform, webhook, browser, subchain"
    ]


def test_fields_of_the_loop_have_no_effect_in_its_template() -> None:
    assert problems(f"{LOOP} step_template: {{prompt: p, id: 5, output_var: x, depends_on: [y]}}") == [
        f"warning: steps.0.step_template.{name}: has no effect in a step_template"
        for name in ("id", "output_var", "depends_on")
    ]


@pytest.mark.parametrize(
    "step",
    [
        "{prompt: p, model: m, condition: '{item} != x'}",
        "{type: subchain, chain: other, subchain_input_map: {a: '{item}'}}",
        "{type: transform, operation: truncate, truncate_limit: 3, prompt: '{item}'}",
        "{type: browser, browser_url: '{item}'}",
        "{type: webhook, webhook_url: '{item}'}",
    ],
)
def test_templates_that_are_right(step: str) -> None:
    assert problems(f"{LOOP} step_template: {step}") == []


def test_every_type_that_can_be_written_is_performed() -> None:
    assert set(TYPES) == {*STEPS, "entry"}
    assert set(KINDS) == PRE_TOOLS
