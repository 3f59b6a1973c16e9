"""The demands that a step makes on its output."""

from collections.abc import Iterator

from chains.spec import Guardrail, Step
from oql import json
from oql.errors import Code
from oql.regex import check_work, compile_pattern


def violations(step: Step, output: str) -> Iterator[str]:
    """What an output does not fulfil, in the order in which the step states its demands."""
    for rule in step.guardrails:
        violated = _violated(rule, output)
        if violated:
            yield violated
    if step.output_schema == "json" and not _is_json(output):
        yield "Output is not valid JSON"
    yield from (f'Missing required string: "{each}"' for each in step.output_must_contain if each not in output)
    yield from (f'Contains forbidden string: "{each}"' for each in step.output_must_not_contain if each in output)
    if step.output_max_length is not None and len(output) > step.output_max_length:
        yield f"Output {len(output)} chars exceeds max {step.output_max_length}"


def _violated(rule: Guardrail, output: str) -> str:
    match rule.type:
        case "max_length" if len(output) > int(rule.value):
            return f"Output exceeds max length {rule.value}"
        case "min_length" if len(output) < int(rule.value):
            return f"Output below min length {rule.value}"
        case "must_contain" if rule.value not in output:
            return f'Output missing required: "{rule.value}"'
        case "must_not_contain" if rule.value in output:
            return f'Output contains forbidden: "{rule.value}"'
        case "regex_match" if not _matches(rule.value, output):
            return f"Output doesn't match regex: {rule.value}"
        case "json_valid" if not _is_json(output):
            return "Output is not valid JSON"
    return ""


def _matches(regex: str, output: str) -> bool:
    pattern = compile_pattern(regex, Code.CHAIN_FAILED)
    check_work(pattern, output)
    return bool(pattern.search(output))


def _is_json(output: str) -> bool:
    try:
        json.loads(output)
    except json.JsonError:
        return False
    return True
