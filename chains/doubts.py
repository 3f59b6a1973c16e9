"""What looks wrong in a chain that can run: variables that nothing sets, odd URLs, values that nobody reads."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from chains import spec
from chains.check import ancestors, dependencies
from chains.elements import LOOP_VARIABLES
from chains.pre_tool_spec import PreTool
from chains.problems import Problems
from chains.references import Reference, template
from chains.spec import Chain, Step
from oql.errors import nearest
from oql.formats.yaml import Path

NOT_TEXTS = frozenset(
    {
        "id", "type", "output_var", "input_var", "items_var", "inputs", "inject_as", "depends_on", "routes",
        "default_route", "retry_target", "model", "fallback_models", "tools", "subchain", "chain", "regex", "json_path",
        "program", "operation", "strategy",
    }
)  # fmt: skip
"""Fields of steps in which braces are no references."""
_IN_LINES = frozenset({"item", "index"})
_NEEDED = {
    "http_fetch": ("url",), "web_search": ("query",), "read_file": ("path",), "write_file": ("path",),
    "bash": ("command",), "env_var": ("var_name",), "mcp_call": ("server", "tool"),
}  # fmt: skip
_OF_PROGRAMS = re.compile(r"\?([A-Za-z_][A-Za-z0-9_]*)")


def note(chain: Chain, problems: Problems) -> None:
    """Adds warnings and hints to the problems of a chain that has no errors."""
    names = _Names.of(chain)
    read: set[str] = {chain.output}
    for number, step in enumerate(chain.steps):
        around: Path = ("steps", number)
        for path, message in (*_unknown(step, names, read), *_odd(step)):
            problems.add((*around, *path), message, "warning", step=step.id)
    if any(_reads_all(step) for step in chain.steps):
        return
    for number, step in enumerate(chain.steps):
        if step.output_var not in read:
            message = f'no step reads the variable "{step.output_var}"'
            problems.add(("steps", number, "output_var"), message, "info", step=step.id)


@dataclass(frozen=True, slots=True)
class _Names:
    """What can be referred to: the inputs, and who writes each variable. `before`: whom each step waits for."""

    inputs: frozenset[str]
    writers: Mapping[str, frozenset[str]]
    before: Mapping[str, set[str]]

    @classmethod
    def of(cls, chain: Chain) -> "_Names":
        needs = dependencies(chain.steps)
        writers: dict[str, frozenset[str]] = {}
        for step in chain.steps:
            writers[step.output_var] = writers.get(step.output_var, frozenset()) | {step.id}
        return cls(
            frozenset(each.name for each in chain.inputs),
            writers,
            {step.id: ancestors(needs, step.id) for step in chain.steps},
        )

    def doubt(self, name: str, step: Step, own: Iterable[str]) -> str:
        """What is doubtful about a variable that a step reads; empty where nothing is."""
        if name in own or name in self.inputs or name.removeprefix("input.") in self.inputs:
            return ""
        if name not in self.writers:
            guess = nearest(name, [*self.writers, *self.inputs, *own])
            return f'nothing sets the variable "{name}"' + (f"; did you mean `{guess}`?" if guess else "")
        if self.writers[name] & (self.before[step.id] | {step.id}):
            return ""
        writer = min(self.writers[name])
        return f'step "{step.id}" does not wait for "{writer}", which sets "{name}": add it to depends_on'


@dataclass(slots=True)
class _Reader:
    """Goes through the fields of a step, and finds what they refer to. `own`: variables that only the step has."""

    step: Step
    own: set[str] = field(default_factory=set)

    def uses(self) -> Iterator[tuple[Path, str, bool]]:
        """Each place with the variable that it reads, and whether it says what stands there where there is none."""
        for place, tool in enumerate(self.step.pre_tools):
            yield from self._in(tool, ("pre_tools", place), self.own)
            self.own.add(tool.inject_as)
        if isinstance(self.step, spec.Loop):
            self.own |= set(LOOP_VARIABLES)
        if isinstance(self.step, spec.TransformStep) and self.step.operation == "map":
            self.own |= _IN_LINES
        for name in type(self.step).model_fields:
            if name not in NOT_TEXTS and name != "pre_tools":
                yield from self._in(getattr(self.step, name), (name,), self.own)
        yield from self._named()

    def _in(self, value: Any, path: Path, own: set[str]) -> Iterator[tuple[Path, str, bool]]:
        if isinstance(value, str):
            for found in template(value).references:
                yield path, _name(found, own), bool(found.fallback)
        elif isinstance(value, BaseModel):
            yield from self._in({name: getattr(value, name) for name in type(value).model_fields}, path, own)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key not in NOT_TEXTS:
                    yield from self._in(inner, (*path, key), own)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self._in(inner, (*path, index), own)

    def _named(self) -> Iterator[tuple[Path, str, bool]]:
        """The variables that fields name without braces."""
        for name in ("input_var", "items_var"):
            variable = getattr(self.step, name, "")
            if variable:
                yield (name,), variable, False
        for index, variable in enumerate(getattr(self.step, "inputs", ())):
            yield ("inputs", index), variable, False
        for variable in self.step.context_strategy:
            yield ("context_strategy", variable), variable, False


def _name(reference: Reference, own: set[str]) -> str:
    """The variable that a reference means: `input.x` is one, of others what stands behind the point is a member."""
    return reference.name if reference.first == "input" and "input" not in own else reference.first


def _unknown(step: Step, names: _Names, read: set[str]) -> Iterator[tuple[Path, str]]:
    """Doubts about the variables of a step, which are added to those that are `read`."""
    reader = _Reader(step)
    told: set[tuple[Path, str]] = set()
    for path, name, has_fallback in reader.uses():
        read.add(name)
        given = has_fallback or (name == "loop_result" and path == ("loop_until",))
        doubt = "" if given else names.doubt(name, step, reader.own)
        if doubt and (path, name) not in told:
            told.add((path, name))
            yield path, doubt
    if isinstance(step, spec.Oql):
        read |= set(_OF_PROGRAMS.findall(step.program))


def _reads_all(step: Step) -> bool:
    """Whether a step is given every variable."""
    if isinstance(step, spec.Subchain):
        return step.subchain_input_map is None
    if isinstance(step, spec.Webhook):
        return step.tells_variables
    return isinstance(step, spec.Oql) and "?input" in step.program


def _odd(step: Step) -> Iterator[tuple[Path, str]]:
    """Empty fields of pre-tools, and texts that can be no URL."""
    for place, tool in enumerate(step.pre_tools):
        for name in _NEEDED.get(tool.type, ()):
            if not getattr(tool, name).strip():
                yield ("pre_tools", place, name), f'Pre-tool {tool.type} ({tool.inject_as}) has no "{name}"'
        yield from _odd_url(tool, "url", ("pre_tools", place))
    yield from _odd_url(step, "webhook_url", ())
    yield from _odd_url(step, "browser_url", ())


def _odd_url(holder: Step | PreTool, name: str, around: Path) -> Iterator[tuple[Path, str]]:
    url = getattr(holder, name, "").strip()
    if url and not _may_be_url(url):
        yield (*around, name), f"expected a URL that begins with http:// or https://, found `{url[:80]}`"


def _may_be_url(text: str) -> bool:
    parts = template(text).parts
    if not isinstance(parts[0], str):
        return True
    try:
        found = urlsplit(text)
    except ValueError:
        return False
    if found.scheme.lower() not in ("http", "https") or " " in parts[0]:
        return False
    return bool(found.netloc)
