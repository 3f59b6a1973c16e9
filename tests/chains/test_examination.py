"""What is said of the text of a chain beside its errors: doubts, hints, and their places."""

import pytest

from chains.examination import examine, shown


def told(steps: str, inputs: str = "[]", output: str = "o") -> list[tuple[str, str, str]]:
    """The level, step and message of all that is said of a chain."""
    text = f"name: x\noutput: {output}\ninputs: {inputs}\nsteps:\n{steps}\n"
    return [(each.level, each.step, str(each)) for each in examine(text)]


def step(more: str, name: str = "a", output: str = "o") -> str:
    return f"  - {{id: {name}, output_var: {output}, {more}}}"


NO_URL = "expected a URL that begins with http:// or https://, found"
TOOLS = (
    '[{type: http_fetch, inject_as: b, url: "http://{c}"}, {type: web_search, inject_as: c, query: ""}, '
    '{type: read_file, inject_as: d, path: "{b}"}]'
)


def unset(field: str, name: str) -> str:
    return f'steps.0.{field}: nothing sets the variable "{name}"'


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('prompt: "{topic} {input.topic} {topik}"', [unset("prompt", "topik") + "; did you mean `topic`?"]),
        ('prompt: "{x|else}"', []),
        ('prompt: "{input.y}"', [unset("prompt", "input.y")]),
        ('prompt: p, condition: "{x} == 1"', [unset("condition", "x")]),
        ('prompt: "{now}", pre_tools: [{type: current_datetime, inject_as: now}]', []),
        (
            f"prompt: p, pre_tools: {TOOLS}",
            [unset("pre_tools.0.url", "c"), 'steps.0.pre_tools.1.query: Pre-tool web_search (c) has no "query"'],
        ),
        ('type: loop, items_var: topic, prompt: "{item} {item_index} {loop_total}", loop_until: "{loop_result}"', []),
        ('type: loop, items_var: topic, prompt: "{loop_result}"', [unset("prompt", "loop_result")]),
        (
            'type: loop, items_var: none, step_template: {prompt: "{item} {y}"}',
            [unset("items_var", "none"), unset("step_template.prompt", "y")],
        ),
        ('type: transform, operation: map, template_str: "{item} {index}", input_var: topic', []),
        (
            'type: transform, operation: replace, regex: "x{9}", input_var: topic, template_str: "{u}"',
            [unset("template_str", "u")],
        ),
        ('type: oql, program: "EMIT ?topic & \\"{nothing}\\""', []),
        (
            'type: webhook, webhook_url: "ftp://x/{topic}"',
            [f"steps.0.webhook_url: {NO_URL} `ftp://x/{{topic}}`"],
        ),
        ('type: webhook, webhook_url: "{topic}/x"', []),
        ('type: webhook, webhook_url: "https://{topic}/x"', []),
        ('type: browser, browser_url: "example.com"', [f"steps.0.browser_url: {NO_URL} `example.com`"]),
    ],
)
def test_warnings(more: str, said: list[str]) -> None:
    assert told(step(more), "[{name: topic}]") == [("warning", "a", each) for each in said]


def test_a_variable_of_a_step_that_is_not_waited_for() -> None:
    steps = "\n".join([step("prompt: p", "a", "x"), step('prompt: "{x}"', "b")])
    assert told(steps) == [
        ("warning", "b", 'steps.1.prompt: step "b" does not wait for "a", which sets "x": add it to depends_on')
    ]
    assert told(steps.replace("id: b", "id: b, depends_on: [a]")) == []


def test_variables_that_nobody_reads() -> None:
    unread = step("prompt: p", "a", "x")
    assert told(f"{unread}\n{step('prompt: p', 'b')}") == [
        ("info", "a", 'steps.0.output_var: no step reads the variable "x"')
    ]
    for reader in (
        "type: subchain, subchain: s", "type: webhook, webhook_url: 'http://x.y'", "type: oql, program: 'EMIT ?x'",
        "type: oql, program: 'EMIT ?input'", "type: merge, inputs: [x]", "prompt: '{x.member}'",
    ):  # fmt: skip
        assert told(f"{unread}\n{step(f'depends_on: [a], {reader}', 'b')}") == []


def test_errors_have_the_step_that_they_are_in() -> None:
    text = "name: x\noutput: o\nsteps:\n  - id: a\n    type: gate\n    promt: p\n    output_var: o\n  - 5\n"
    assert [shown(each) for each in examine(text)] == [
        {
            "level": "error", "stepId": "a", "message": "is required for steps of the type `gate`",
            "path": "steps.0.prompt", "line": 4, "column": 5,
        },
        {
            "level": "error", "stepId": "a", "message": "is not a known field; did you mean `prompt`?",
            "path": "steps.0.promt", "line": 6, "column": 5,
        },
        {
            "level": "error", "message": "expected an object of keys and values", "path": "steps.1", "line": 8,
            "column": 5,
        },
    ]  # fmt: skip


def test_what_is_no_yaml_and_what_is_a_pipeline() -> None:
    assert [(each.level, str(each)) for each in examine("name: [")] == [
        ("error", "yaml: line 2: did not find expected node content")
    ]
    pipeline = "name: p\nchains:\n  - {id: a, chain: c, depends_on: [b]}\noutput: a\n"
    assert ['depends on unknown "b"' in each.message for each in examine(pipeline)] == [True]
