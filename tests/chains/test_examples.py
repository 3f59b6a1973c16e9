"""The chains among the examples."""

from pathlib import Path

import pytest

from chains.document import read
from chains.references import template
from chains.spec import STEPS

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "chains").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_nothing_is_wrong_with_it(path: Path) -> None:
    document = read(path.read_text(encoding="utf-8"))
    assert [str(problem) for problem in document.problems] == []
    assert document.chain
    assert document.chain.name == path.stem


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_reference_leads_somewhere(path: Path) -> None:
    chain = read(path.read_text(encoding="utf-8")).chain
    assert chain
    known = {each.name for each in chain.inputs} | {step.output_var for step in chain.steps} | {"item"}
    for step in chain.steps:
        names = known | {tool.inject_as for tool in step.pre_tools}
        for text in (step.prompt, getattr(step, "template_str", ""), str(getattr(step, "step_template", ""))):
            assert {reference.first for reference in template(text).references} <= names


def test_the_examples_show_most_types_of_steps() -> None:
    chains = [read(path.read_text(encoding="utf-8")).chain for path in EXAMPLES]
    shown = {step.type for chain in chains if chain for step in chain.steps}
    assert set(STEPS) - shown == {"browser", "subchain"}
