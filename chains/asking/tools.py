"""The tools that a model may call while it answers for a step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chains.asking.asks import Asks
from chains.tools.cut import cut, shortened
from chains.tools.fetch import fetched
from chains.tools.files import text_of_file
from chains.tools.pace import Pace
from chains.tools.search import found
from chains.work import OwnTool
from oql import json, models
from oql.errors import Code, OqlError, ProgramError, failed
from oql.models import ToolCall
from oql.source import Source
from oql.values import text_form

SECONDS = 30.0
"""How long one call may take."""
ALIASES = {"WebFetch": "http_fetch", "Read": "read_file", "WebSearch": "search"}
"""Other names for tools, which chains of other systems use."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what a model is told of it, and what it does with the text that a call brings.

    `perform(work, pace, text, label)`: `label` is unique in the step.
    """

    offer: models.Tool
    perform: Callable[[Asks, Pace, str, str], str]

    @property
    def takes(self) -> str:
        """The name of the one text that it takes."""
        return str(self.offer.takes["required"][0])


def _tool(
    name: str, about: str, takes: str, described: str, perform: Callable[[Asks, Pace, str, str], str]
) -> tuple[str, Tool]:
    schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {takes: {"type": "string", "description": described}},
        "required": [takes],
        "additionalProperties": False,
    }
    return name, Tool(models.Tool(name, about, schema), perform)


def _program(work: Asks, pace: Pace, text: str, label: str) -> str:
    try:
        return text_form(work.part(label).run_program(text, {}, may_suspend=False))
    except ProgramError as error:
        raise failed(Code.CHAIN_FAILED, "; ".join(_told(each, Source(text)) for each in error.errors)) from None
    except OqlError as error:
        if error.final:
            raise
        raise failed(Code.CHAIN_FAILED, f"{error.code}: {error.message}") from None


def _told(error: OqlError, source: Source) -> str:
    at = source.position(error.span.start) if error.span else None
    place = f"line {at.line}, column {at.column}: " if at else ""
    return f"{error.code}: {place}{error.message}{f' ({error.hint})' if error.hint else ''}"


TOOLS: Mapping[str, Tool] = dict(
    (
        _tool("oql", "Runs a program in the language OQL and gives its value.", "program", "the program", _program),
        _tool(
            "http_fetch",
            "Gets what a URL answers, as text.",
            "url",
            "the URL, with https",
            lambda work, pace, url, label: fetched(work, pace, url),
        ),
        _tool(
            "read_file",
            "Reads a text file.",
            "path",
            "the path of the file, such as /root/notes.txt",
            lambda work, pace, path, label: text_of_file(work, pace, work.path(path)),
        ),
        _tool(
            "search",
            "Searches the web and gives titles, URLs and contents.",
            "query",
            "what to look for",
            lambda work, pace, query, label: found(work, pace, query),
        ),
    )
)
"""Every tool by its name."""


def own_tool(given: OwnTool) -> Tool:
    """A tool that a type of step gives, which fails once it was called too often."""
    left = given.most

    def perform(work: Asks, pace: Pace, text: str, label: str) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            raise failed(Code.CHAIN_FAILED, f"`{given.name}` may be called {given.most} times only")
        return given.perform(text)

    return _tool(given.name, given.about, given.takes, given.described, perform)[1]


def offered(work: Asks, names: Sequence[str], name: str) -> dict[str, Tool]:
    """The tools of these names. Names that no tool has are told of in the log, once."""
    known = dict.fromkeys(ALIASES.get(each, each) for each in names)
    if strangers := [each for each in known if each not in TOOLS]:

        def tell() -> None:
            for each in strangers:
                work.log(f'Unknown tool "{each}" ignored', "warn")

        work.once(f"{name}.tools", tell)
    return {each: TOOLS[each] for each in known if each in TOOLS}


def used(work: Asks, tools: Mapping[str, Tool], call: ToolCall, name: str, begun: Callable[[], Pace]) -> dict[str, Any]:
    """What came of a call, as it is kept: {"text", "failed"}. name: unique in the step; begun: the attempt's time.

    Failures are for the model to hear. Raises what ends the execution.
    """

    def make() -> dict[str, Any]:
        work.log(f"Tool {shortened(call.name, 60)}: {shortened(call.arguments)}")
        pace = Pace(work, max(0.0, min(SECONDS, begun().left())))
        try:
            return {"text": cut(_performed(work, tools, call, name, pace)), "failed": False}
        except OqlError as error:
            if error.final:
                raise
            work.log(f"Tool {shortened(call.name, 60)} failed: {error.message}", "warn")
            return {"text": error.message, "failed": True}

    kept: dict[str, Any] = work.once(name, make)
    return kept


def _performed(work: Asks, tools: Mapping[str, Tool], call: ToolCall, label: str, pace: Pace) -> str:
    tool = tools.get(call.name)
    if tool is None:
        known = ", ".join(tools)
        raise failed(Code.CHAIN_FAILED, f"there is no tool `{call.name[:60]}`; there are {known}")
    try:
        given = json.loads(call.arguments or "{}")
    except json.JsonError as error:
        raise failed(Code.CHAIN_FAILED, f"the arguments are not JSON: {error.message}") from None
    text = given.get(tool.takes) if isinstance(given, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise failed(Code.CHAIN_FAILED, f"`{tool.offer.name}` takes an object with the text `{tool.takes}`")
    return tool.perform(work, pace, text, label)
