"""What references mean in a pipeline, where names may hold hyphens."""

import pytest

from chains.inputs import Given
from chains.pipelines.references import PipelineScope, pipeline_condition
from chains.references import HYPHENED, template

GIVEN = Given({"topic": "bees", "n": "3", "late": "an input"}, frozenset({"depth"}))
RESULTS = {"first-one": "honey", "json": '{"score": 7}', "late": "a result", "none": ""}
SCOPE = PipelineScope({**GIVEN.variables, **RESULTS}, GIVEN.omitted, lambda message: None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about {input.topic}", "about bees"),
        ("[{input.depth}]", "[]"),
        ("[{input.unheard}]", "[]"),
        ("{input.unheard|ants}", "ants"),
        ("{first-one}", "honey"),
        ("{first-one.result}", "honey"),
        ("{first-one.result} and {first-one}", "honey and honey"),
        ("{topic}", "bees"),
        ("{topic.result}", "bees"),
        ("{late}", "a result"),
        ("{input.late}", "an input"),
        ("{unheard}", "{unheard}"),
        ("[{unheard.result}]", "[]"),
        ("{unheard.result|ants}", "ants"),
        ("[{none}{none.result}]", "[]"),
        ("[{none|x}]", "[]"),
        ("{un-heard|ants}", "ants"),
        ("{json.score}", "7"),
        ("{ first-one }", "{ first-one }"),
        ("{input}", '{"topic":"bees","n":"3","late":"an input"}'),
    ],
)
def test_what_a_reference_stands_for(text: str, expected: str) -> None:
    assert template(text, HYPHENED).fill(SCOPE) == expected


def test_in_chains_a_hyphen_makes_no_reference() -> None:
    assert template("{first-one}").fill(SCOPE) == "{first-one}"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('{first-one} == "honey"', True),
        ("{first-one.result} contains one", True),
        ("{first-one} contains wax", False),
        ("{json.score} >= 7 && !{none}", True),
        ("{un-heard.result}", False),
        ('"{first-one}-x" == honey-x', True),
        ("{input.n} > 2 || {first-one}", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert pipeline_condition(condition).holds(SCOPE) is holds
