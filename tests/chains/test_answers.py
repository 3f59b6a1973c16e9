"""What answers of models mean, and what is demanded of them."""

from typing import Any

import pytest

from chains.choices import chosen_route, passes
from chains.guardrails import violations
from chains.spec import Agent


@pytest.mark.parametrize(
    ("answer", "route"),
    [
        ("bug", "bug"),
        ("  BUG \n", "bug"),
        ("I think it is a bug report.", "bug report"),
        ("It is a bug.", "bug"),
        ("a debugger", "bug"),
        ("a feature", "Feature"),
        ("bug_report", "bug"),
        ("nothing", None),
        ("", None),
    ],
)
def test_route(answer: str, route: str | None) -> None:
    assert chosen_route(answer, ["bug", "bug report", "Feature"]) == route


@pytest.mark.parametrize(
    ("judgement", "threshold", "good"),
    [
        ("PASS", None, True),
        (" passed, well done", None, True),
        ("It does pass", None, False),
        ("", None, False),
        ("7", 7, True),
        (" 7.5/10: fine", 7, True),
        ("6.9", 7, False),
        ("score 9", 7, False),
        ("-1", -2, True),
        ("", 0, True),
    ],
)
def test_verdict(judgement: str, threshold: float | None, good: bool) -> None:
    assert passes(judgement, threshold) is good


@pytest.mark.parametrize(
    ("fields", "output", "said"),
    [
        ({"guardrails": [{"type": "max_length", "value": 3}]}, "abcd", ["Output exceeds max length 3"]),
        ({"guardrails": [{"type": "max_length", "value": 4}]}, "abcd", []),
        ({"guardrails": [{"type": "min_length", "value": 5}]}, "abcd", ["Output below min length 5"]),
        ({"guardrails": [{"type": "must_contain", "value": "x"}]}, "abcd", ['Output missing required: "x"']),
        ({"guardrails": [{"type": "must_not_contain", "value": "a"}]}, "abcd", ['Output contains forbidden: "a"']),
        ({"guardrails": [{"type": "regex_match", "value": "^b"}]}, "abcd", ["Output doesn't match regex: ^b"]),
        ({"guardrails": [{"type": "regex_match", "value": "^a"}]}, "abcd", []),
        ({"guardrails": [{"type": "json_valid"}]}, "{", ["Output is not valid JSON"]),
        ({"output_schema": "json"}, "{", ["Output is not valid JSON"]),
        ({"output_schema": "markdown"}, "{", []),
        ({"output_must_contain": ["a", "x"]}, "abcd", ['Missing required string: "x"']),
        ({"output_must_not_contain": ["a", "x"]}, "abcd", ['Contains forbidden string: "a"']),
        ({"output_max_length": 3}, "abcd", ["Output 4 chars exceeds max 3"]),
    ],
)
def test_demands(fields: dict[str, Any], output: str, said: list[str]) -> None:
    step = Agent.model_validate({"id": "a", "output_var": "o", "prompt": "p", **_numbers_as_text(fields)})
    assert list(violations(step, output)) == said


def _numbers_as_text(fields: dict[str, Any]) -> dict[str, Any]:
    rules = fields.get("guardrails", [])
    return {**fields, "guardrails": [{**rule, "value": str(rule.get("value", ""))} for rule in rules]}
