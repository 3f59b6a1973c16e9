"""The chains and pipelines among the examples."""

from pathlib import Path

import pytest

from chains.document import read
from chains.pipelines.document import read_pipeline
from chains.references import template
from chains.spec import STEPS

FOLDER = Path(__file__).parents[2] / "examples" / "chains"
PIPELINES = [FOLDER / "weekly-brief.yaml"]
EXAMPLES = sorted(set(FOLDER.glob("*.yaml")).difference(PIPELINES))


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


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_pipeline_gives_its_chains_what_they_need(path: Path) -> None:
    found = read_pipeline(path.read_text(encoding="utf-8"))
    assert [str(problem) for problem in found.problems] == []
    assert found.pipeline
    assert found.pipeline.name == path.stem
    for entry in found.pipeline.chains:
        chain = read((FOLDER / f"{entry.chain}.yaml").read_text(encoding="utf-8")).chain
        assert chain
        needed = {each.name for each in chain.inputs if each.default is None and not each.optional}
        assert needed <= entry.inputs.keys() <= {each.name for each in chain.inputs}
