"""From the text of a pipeline to its model, or to all that is wrong with it."""

import pytest

from chains.pipelines.document import read, read_pipeline
from chains.pipelines.spec import Entry, Pipeline, with_defaults
from chains.problems import told

WHOLE = """
name: launch
version: 1.10
inputs:
  - {name: topic, description: what it is about}
  - {name: depth, type: number, default: 2}
chains:
  - {id: market-view, chain: research, inputs: {topic: "{input.topic}", depth: 3}}
  - id: report
    chain: writer
    label: The report
    depends_on: [market-view]
    condition: '{market-view} != ""'
    inputs: {text: "{market-view.result}"}
    summarize_output: 500
output: report
"""


def good(text: str) -> Pipeline:
    found = read_pipeline(text)
    assert found.problems == []
    assert found.pipeline
    return found.pipeline


def problems(text: str) -> list[str]:
    found = read_pipeline(text)
    assert found.pipeline is None
    return told("pipeline", "p", found.problems.errors).splitlines()


def pipeline(*entries: str, output: str = "a") -> str:
    return f"name: p\noutput: {output}\nchains:\n" + "".join(f"  - {entry}\n" for entry in entries)


def test_a_whole_pipeline() -> None:
    found = good(WHOLE)
    first, second = found.chains
    assert (found.name, found.version, found.output) == ("launch", "1.10", "report")
    assert (first.id, first.chain, first.label, first.depends_on, first.summarize_output) == (
        "market-view", "research", "", [], False,
    )  # fmt: skip
    assert first.inputs == {"topic": "{input.topic}", "depth": "3"}
    assert (second.label, second.condition, second.summarize_output) == ("The report", '{market-view} != ""', 500)


def test_its_entries_are_the_steps_of_what_runs() -> None:
    chain = read(WHOLE).chain
    assert chain
    steps = list(chain.steps)
    assert all(isinstance(step, Entry) for step in steps)
    assert [(step.id, step.output_var, step.shown, step.depends_on) for step in steps] == [
        ("market-view", "market-view", "research (market-view)", []),
        ("report", "report", "The report", ["market-view"]),
    ]


def test_as_json_with_defaults() -> None:
    shown = with_defaults(good(WHOLE))
    assert shown["description"] == ""
    assert shown["inputs"][1]["default"] == 2
    assert shown["chains"][0] == {
        "id": "market-view", "chain": "research", "label": "", "depends_on": [], "condition": "",
        "inputs": {"topic": "{input.topic}", "depth": "3"}, "summarize_output": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pipeline("{id: a, chain: x, depends_on: [b]}"), ['"a" depends on unknown "b"']),
        (pipeline("{id: a, chain: x}", output="result"), ['output references unknown chain "result"']),
        (pipeline("{id: a, chain: x, depends_on: [a]}"), ["circular dependency detected"]),
        (
            pipeline("{id: a, chain: x, depends_on: [b]}", "{id: b, chain: x, depends_on: [a]}"),
            ["circular dependency detected"],
        ),
        (pipeline("{id: a, chain: x}", "{id: a, chain: y}"), ['Duplicate step id "a"']),
        (
            pipeline("{id: a, chain: x, depends_on: [c]}", "{id: b, chain: x, depends_on: [d]}", output="e"),
            [
                '"a" depends on unknown "c"',
                '"b" depends on unknown "d"',
                'output references unknown chain "e"',
            ],
        ),
        ("name: p\noutput: a\nchains: []\n", ["chains: expected at least 1"]),
        ("name: p\noutput: a\n", ["chains: is required"]),
        (pipeline("{id: a}"), ["chains.0.chain: is required"]),
        (pipeline("{chain: x}"), ["chains.0.id: is required"]),
        (pipeline("{id: a b, chain: x}"), ["chains.0.id: expected letters, digits, `_` and `-`"]),
        (pipeline("{id: input, chain: x}", output="input"), ["chains.0.id: this name is reserved"]),
        (
            pipeline("{id: a, chain: x, summarise_output: true}"),
            ["chains.0.summarise_output: is not a known field; did you mean `summarize_output`?"],
        ),
        *(
            (
                pipeline(f"{{id: a, chain: x, summarize_output: {wrong}}}"),
                ["chains.0.summarize_output: expected true, false or a number of characters"],
            )
            for wrong in ("0", "1.5", "-1", "1e400", "-1e400", ".inf", ".nan")
        ),
        (pipeline("{id: a, chain: x, inputs: [b]}"), ["chains.0.inputs: expected an object of keys and values"]),
        (pipeline("b"), ["chains.0: expected an object of keys and values"]),
        ("- a\n- b\n", ["expected an object with the keys name, chains and output"]),
    ],
)
def test_what_is_wrong(text: str, expected: list[str]) -> None:
    assert problems(text) == [f'Pipeline "p": {line}' for line in expected]


def test_a_condition_that_cannot_be_read() -> None:
    [line] = problems(pipeline("{id: a, chain: x, condition: '{a-b} =='}"))
    assert line.startswith('Pipeline "p": chains.0.condition: the condition ends where')


def test_yaml_that_is_none() -> None:
    [line] = problems("name: [p\n")
    assert line.startswith('Pipeline "p": yaml: line ')


def test_where_it_is_wrong() -> None:
    [problem] = read_pipeline(pipeline("{id: a, chain: x, depends_on: [b]}")).problems
    assert (problem.line, problem.column, problem.step) == (4, 36, "a")


def test_unknown_keys_at_the_top_are_warnings() -> None:
    found = read_pipeline(pipeline("{id: a, chain: x}") + "chain: x\n")
    assert found.pipeline
    assert [str(warning) for warning in found.problems.warnings] == [
        "chain: is not a known field; did you mean `chains`?"
    ]
