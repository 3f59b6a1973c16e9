"""The pre-tools of a step: in order, each with its attempts and its time, each value kept."""

from collections.abc import Mapping
from functools import partial

from chains.pre_tool_spec import PreTool
from chains.pretools.kinds import KINDS
from chains.spec import Step
from chains.tools.cut import MOST_CHARACTERS, cut, shortened
from chains.tools.pace import Pace
from chains.work import Work
from oql.errors import Code, OqlError, failed

CUT = frozenset({"http_fetch", "read_file"})
"""Pre-tools whose values are cut where they are long."""


def run_all(step: Step, work: Work) -> dict[str, str]:
    """The values of a step's pre-tools by their names. Raises OqlError where one fails that must not."""
    values: dict[str, str] = {}
    for number, tool in enumerate(step.pre_tools, 1):
        make = partial(_value, tool, work, number, dict(values))
        values[tool.inject_as] = work.once(f"pre{number}", make)
    return values


def _value(tool: PreTool, work: Work, number: int, values: Mapping[str, str]) -> str:
    """The value of one, or what its failure becomes."""
    part = work.part(f"pre{number}", values)
    kind = _kind(tool)
    if tool.label:
        part.log(f"Pre-tool {kind} ({tool.inject_as}): {shortened(part.resolve(tool.label))}")
    try:
        value = _tried(tool, part)
    except OqlError as error:
        if error.final:
            raise
        message = f"Pre-tool {kind} ({tool.inject_as}) failed: {error.message}"
        if tool.on_error == "fail":
            raise failed(Code.CHAIN_FAILED, message) from None
        part.log(message, "warn")
        return f"[PRE-TOOL ERROR: {error.message}]" if tool.on_error == "inject" else ""
    if kind in CUT and len(value) > MOST_CHARACTERS:
        part.log(f"Pre-tool {kind} ({tool.inject_as}) gave more than {MOST_CHARACTERS} characters: truncated", "warn")
        value = cut(value)
    return value


def _tried(tool: PreTool, part: Work) -> str:
    """Its value, after one attempt and as many more as it may have, with waits of 1 s, 2 s, ... in between."""
    number = 0
    while True:
        try:
            return KINDS[_kind(tool)](tool, part, Pace(part, tool.timeout_ms / 1_000))
        except OqlError as error:
            number += 1
            if error.final or number > tool.retry:
                raise
            part.log(f"Pre-tool {_kind(tool)} ({tool.inject_as}) attempt {number} failed: {error.message}", "warn")
            part.wait(float(number))


def _kind(tool: PreTool) -> str:
    return str(getattr(tool, "type"))  # noqa: B009 - each kind declares its own literal
