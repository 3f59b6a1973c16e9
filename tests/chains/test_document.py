"""Texts of chains: what is read, and every problem with its place and its words."""

import re
from importlib.resources import files
from typing import Any, get_args

import pytest

from chains import spec
from chains.check import ancestors, dependencies, waves
from chains.document import read
from chains.problems import told
from chains.references import PATTERN
from chains.spec import STEPS
from chains.transforms import OPERATIONS

WHOLE = """\
name: report
version: 1.10
description: 5
inputs:
  - name: topic
    description: what about
steps:
  - id: look
    prompt: Look up {topic}
    output_var: found
  - id: judge
    type: evaluator
    depends_on: [look]
    input_var: found
    criteria: Is it true?
    on_fail: retry
    output_var: verdict
  - id: ask
    type: gate
    depends_on: [judge]
    condition: '{verdict} == PASS'
    prompt: Publish?
    output_var: asked
output: found
"""


OPERATION_NAMES = (
    "'json_extract', 'regex_match', 'template', 'split', 'to_json', 'merge', 'truncate', 'replace', 'filter', 'map', "
    "'join' or 'from_json'"
)
PRE_TOOL_NAMES = (
    "'current_datetime', 'http_fetch', 'web_search', 'read_file', 'write_file', 'bash', 'env_var', 'mcp_call'"
)


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read(text).problems]


def one(step: str, more: str = "") -> str:
    """A chain of one step, whose fields stand in lines."""
    fields = "\n".join(f"    {line}" for line in step.strip().splitlines())
    return f"name: x\noutput: o\nsteps:\n  - id: a\n    output_var: o\n{fields}\n{more}"


def test_a_whole_chain() -> None:
    document = read(WHOLE)
    assert document.problems == []
    assert document.chain
    assert (document.chain.version, document.chain.description) == ("1.10", "5")
    look, judge, ask = document.chain.steps
    assert isinstance(look, spec.Agent)
    assert isinstance(judge, spec.Evaluator)
    assert isinstance(ask, spec.Gate)
    assert (judge.eval_threshold, ask.timeout_hours, look.retry.delay_ms) == (7, 24, 2_000)
    assert look.shown == "look"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["expected an object with the keys name, steps and output"]),
        ("- a\n- b", ["expected an object with the keys name, steps and output"]),
        ("name: [x", ["yaml: line 2: did not find expected ',' or ']'"]),
        ("name: x\nname: y", ["yaml: line 2: the key `name` stands twice"]),
        ("name: !!python/object:x y", ["yaml: line 1: the tag `tag:yaml.org,2002:python/object:x` is not plain data"]),
        ("name: x\noutput: o", ["steps: is required"]),
        ("name: x\noutput: o\nsteps: []", ["steps: expected at least 1"]),
        ("name: x\noutput: o\nsteps: text", ["steps: expected a list"]),
        ("name: x\noutput: o\nsteps: [5]", ["steps.0: expected an object of keys and values"]),
        ("output: o\nsteps:\n  - {id: a, prompt: p, output_var: o}", ["name: is required"]),
        (
            one("prompt: p").replace("output: o", "output: z"),
            ['output: Chain output "z" does not match any step output_var'],
        ),
        (
            one("promt: p"),
            [
                "steps.0.promt: is not a known field; did you mean `prompt`?",
                "steps.0.prompt: is required for steps of the type `agent`",
            ],
        ),
        (one("type: agnt"), ["steps.0.type: `agnt` is not a type; did you mean `agent`?"]),
        (one("prompt: p\nretry: {max: 0}"), ["steps.0.retry.max: expected at least 1"]),
        (one("prompt: p\nretry: {max: no}"), ["steps.0.retry.max: expected a whole number"]),
        (one("prompt: p\ncache: {enabled: yes}"), ["steps.0.cache.enabled: expected true or false"]),
        (
            one("prompt: p\ncondition: '{a} =='"),
            ["steps.0.condition: the condition ends where a value, or another part of it, was expected"],
        ),
        (one("prompt: p\ndepends_on: [b]"), ['steps.0.depends_on.0: Step "a" depends on unknown step "b"']),
        (one("prompt: p\ndepends_on: [a]"), ["steps: Circular dependency detected among steps: a"]),
        (one("type: merge"), ['steps.0.inputs: Merge step "a" requires a non-empty "inputs" array']),
        (one("type: debate"), ['steps.0.debate_agents: Debate step "a" has no agents defined']),
        (
            one("type: transform\noperation: filter\nregex: '('"),
            ["steps.0.regex: bad regular expression `(`: missing ): ("],
        ),
        (
            one("type: transform\noperation: filtr"),
            [f"steps.0.operation: expected {OPERATION_NAMES}; did you mean `filter`?"],
        ),
        (one("type: transform\noperation: 7"), ["steps.0.operation: expected " + OPERATION_NAMES]),
        (one("prompt: {x}"), ["steps.0.prompt: expected text; a text that begins with a brace stands in quotes"]),
        (one("prompt: {x: 1}"), ["steps.0.prompt: expected text"]),
        (
            "name: {who} there",
            ["yaml: line 1: did not find expected key; a text that begins with a brace stands in quotes"],
        ),
        (
            one("type: oql\nprogram: UPER 1"),
            ["steps.0.program: line 1, column 1: `UPER` is not a verb; did you mean `UPPER`?"],
        ),
        (one('type: oql\nprogram: |\n  EMIT 1\n  PAD "x"'), ["steps.0.program: line 2, column 1: `PAD` needs TO"]),
        (
            one("prompt: p\nguardrails: [{type: max_length, value: many}]"),
            ["steps.0.guardrails.0.value: expected a whole number"],
        ),
        (
            one("prompt: p\npre_tools: [{type: bash}]"),
            ["steps.0.pre_tools.0.inject_as: is required", "steps.0.pre_tools.0.command: is required"],
        ),
        (
            one("prompt: p\npre_tools: [{type: bsh}]"),
            ["steps.0.pre_tools.0: `bsh` is not a type; expected one of " + PRE_TOOL_NAMES],
        ),
        (
            one("prompt: p\ncontext_strategy: {x: half}"),
            ["steps.0.context_strategy.x: expected `full`, `summarize` or `truncate:N`"],
        ),
        (
            one("prompt: p\noperation: map"),
            ["steps.0.operation: has no effect: it belongs to steps of the type `transform`"],
        ),
        (
            one("type: router\nprompt: p\nroutes: {yes: [b]}\ndefault_route: no"),
            [
                'steps.0.default_route: default_route "no" is not one of the routes',
                'steps.0.routes.yes.0: Step "a" routes to unknown step "b"',
            ],
        ),
        (
            one("type: evaluator\ncriteria: c\ninput_var: zz\non_fail: retry"),
            ['steps.0.input_var: no step writes "zz", so none can be run again'],
        ),
        (one("prompt: p").replace("output_var: o", "output_var: input"), ["steps.0.output_var: this name is reserved"]),
        (one("prompt: p").replace("id: a", "id: a b"), ["steps.0.id: expected letters, digits, `_` and `-`"]),
        (one("prompt: p", "  - id: a\n    prompt: q\n    output_var: q\n"), ['steps.1.id: Duplicate step id "a"']),
        (one("prompt: p", "nme: x\n"), ["nme: is not a known field; did you mean `name`?"]),
        (
            one("prompt: p", "inputs: [{name: a, typ: text}]\n"),
            ["inputs.0.typ: is not a known field; did you mean `type`?"],
        ),
    ],
)
def test_problems(text: str, said: list[str]) -> None:
    assert problems(text) == said


def test_unknown_names_are_told_beside_wrong_fields() -> None:
    text = """
name: x
steps:
  - {id: a, output_var: o, retry: {max: 0}, prompt: p, depends_on: [b, zz]}
  - {id: b, output_var: 5, prompt: p, depends_on: [yy]}
output: nope
"""
    assert problems(text) == [
        "steps.0.retry.max: expected at least 1",
        'output: Chain output "nope" does not match any step output_var',
        'steps.0.depends_on.1: Step "a" depends on unknown step "zz"',
        'steps.1.depends_on.0: Step "b" depends on unknown step "yy"',
    ]
    assert problems(text.replace("id: b", "id: b b"))[-1] == (
        'output: Chain output "nope" does not match any step output_var'
    ), "the step that has no right id may be the one that is meant"
    assert problems(text.replace("output_var: 5", "output: 5"))[-1].startswith("steps.1.depends_on.0: "), (
        "nor the output"
    )
    assert problems(text.replace("name: x", "version: 1").replace("max: 0", "max: 1")) == [
        "name: is required",
        'output: Chain output "nope" does not match any step output_var',
        'steps.0.depends_on.1: Step "a" depends on unknown step "zz"',
        'steps.1.depends_on.0: Step "b" depends on unknown step "yy"',
    ]


def test_problems_have_places() -> None:
    text = one("prompt: p\ncondition: '{a} =='\nretry:\n  max: 0\npromt: x")
    places = {problem.path: (problem.line, problem.column) for problem in read(text).problems}
    assert places == {"steps.0.condition": (7, 5), "steps.0.retry.max": (9, 7), "steps.0.promt": (10, 5)}
    missing = read("name: x\noutput: o\nsteps:\n  - id: a\n    output_var: o").problems[0]
    assert (missing.path, missing.line) == ("steps.0.prompt", 4)


def test_all_are_told_together() -> None:
    document = read("output: 1\nsteps:\n  - {id: a, output_var: o}")
    assert told("chain", "x", document.problems.errors) == (
        'Invalid chain "x":\n  name: is required\n  steps.0.prompt: is required for steps of the type `agent`'
    )


def test_warnings_do_not_keep_a_chain_from_running() -> None:
    document = read(one("prompt: p\noperation: map", "colour: red\n"))
    assert document.chain
    assert len(document.problems.warnings) == 2
    assert document.problems.errors == []


def test_the_other_name_of_a_subchain() -> None:
    document = read(one("type: subchain\nchain: other"))
    assert document.chain
    assert isinstance(document.chain.steps[0], spec.Subchain)
    assert document.chain.steps[0].subchain == "other"


def test_a_router_comes_before_what_it_chooses() -> None:
    text = """
name: x
output: o
steps:
  - {id: good, prompt: p, output_var: o}
  - {id: bad, prompt: p, output_var: o, depends_on: [good]}
  - id: choose
    type: router
    prompt: p
    output_var: way
    routes: {yes: [good], no: [bad]}
"""
    chain = read(text).chain
    assert chain
    needs = dependencies(chain.steps)
    assert needs == {"good": ["choose"], "bad": ["good", "choose"], "choose": []}
    assert waves(needs) == ([["choose"], ["good"], ["bad"]], [])
    assert ancestors(needs, "bad") == {"good", "choose"}


def test_a_circle_names_only_its_members() -> None:
    text = """
name: x
output: o
steps:
  - {id: a, prompt: p, output_var: o, depends_on: [b]}
  - {id: b, prompt: p, output_var: p, depends_on: [a]}
  - {id: c, prompt: p, output_var: q, depends_on: [b]}
"""
    assert problems(text) == ["steps: Circular dependency detected among steps: a, b"]


@pytest.mark.parametrize("kind", STEPS)
def test_every_type_has_help(kind: str) -> None:
    model = STEPS[kind]
    assert model.__doc__
    assert model.model_json_schema()["properties"]["type"].get("const") == kind


def test_aliases_that_grow_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 7)]
    [problem] = problems("\n".join(lines))
    assert "more than 100,000 values" in problem


def test_values_of_any_kind_are_refused_or_read() -> None:
    strange: list[Any] = ["5", "[]", "{}", "true", "~", "1e999", "text", "[{}]", "{a: {b: [1]}}"]
    for name in ("name", "inputs", "steps", "output", "version", "max_context_chars"):
        for value in strange:
            read(f"{name}: {value}")
    fields = {field for model in STEPS.values() for field in model.model_fields}
    for kind, model in STEPS.items():
        for field in fields & set(model.model_fields):
            for value in strange:
                read(f"name: x\noutput: o\nsteps: [{{type: {kind}, {field}{'_' * (field == 'type')}: {value}}}]")


def test_lists_that_stand_twice_are_the_same() -> None:
    named = spec.TransformStep.model_fields["operation"].annotation
    assert {name for one in get_args(named) for name in get_args(one)} == set(OPERATIONS)
    grammar = files("grammar").joinpath("condition.lark").read_text(encoding="utf-8")
    reference = re.sub(r"\?P<\w+>", "?:", PATTERN).replace("(?:[A-Za-z0-9_]+)", "[A-Za-z0-9_]+")
    assert grammar.count(reference.replace('(?:[^"}\\s]*)', '[^"}\\s]*')) == 2


@pytest.mark.parametrize("written", ["1e400", "9" * 400])
def test_a_number_that_no_tool_could_read(written: str) -> None:
    tool = f"- {{type: mcp_call, inject_as: v, server: s, tool: t, args: {{a: [{written}]}}}}"
    told = f"the number {written if len(written) < 40 else '9' * 37 + '...'} is too large"
    assert problems(one(f"type: agent\nprompt: '{{v}}'\npre_tools:\n{tool}")) == [
        f"steps.0.pre_tools.0.args: {told}; written in quotes it is a text"
    ]
