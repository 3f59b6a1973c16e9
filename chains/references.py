"""References to variables inside the texts of a chain: `{name}`, `{name.member}`, `{name|fallback}`.

A text is read once into a Template; braces that are no reference stay as they are. What is inserted is never read
again, so a value cannot smuggle a reference in.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from oql import json
from oql.errors import limit_reached

NAME = "[A-Za-z0-9_]+"
HYPHENED = "[A-Za-z0-9_-]+"
"""Names in pipelines, where they may hold hyphens."""
PATTERN = rf'\{{(?P<first>{NAME})(?:\.(?P<second>{NAME}))?(?:\|"?(?P<fallback>[^"}}\s]*)"?)?\}}'
"""How a reference is written."""
MOST_FILLED = 32 * 2**20
"""Characters of a text whose references are filled in."""
_REFERENCES = {name: re.compile(PATTERN.replace(NAME, name)) for name in (NAME, HYPHENED)}
_LONGEST_KEPT = 4_000


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference as it was `written`. `second` and `fallback` are empty where it has none."""

    written: str
    first: str
    second: str = ""
    fallback: str = ""

    @property
    def name(self) -> str:
        """The variable that is looked for first."""
        return f"{self.first}.{self.second}" if self.second else self.first


@dataclass(frozen=True, slots=True)
class Scope:
    """The variables of a chain at one moment, all of them texts.

    `omitted`: declared inputs that were not given; a reference to one is empty, and `warn` is told.
    """

    variables: Mapping[str, str]
    omitted: Collection[str] = ()
    warn: Callable[[str], None] = field(default=lambda _: None)

    def value(self, reference: Reference) -> str:
        """What a reference stands for; itself as it was written where it stands for nothing."""
        found = self._found(reference)
        if found is not None:
            return found
        if reference.fallback:
            return reference.fallback
        if reference.first in self.omitted or reference.name.removeprefix("input.") in self.omitted:
            self.warn(f'Input "{reference.name.removeprefix("input.")}" was not given')
            return ""
        return reference.written

    def _found(self, reference: Reference) -> str | None:
        whole = self.variables.get(reference.name)
        if whole is not None or not reference.second:
            return whole
        object_ = self.variables.get(reference.first)
        return object_ if object_ is None else _member(object_, reference.second, object_)


def _member(text: str, key: str, otherwise: str) -> str:
    """The member of a JSON object, as text; `otherwise` where the text is no object or has no such member."""
    if not text.lstrip().startswith("{"):
        return otherwise
    try:
        value = json.loads(text)
    except json.JsonError:
        return otherwise
    return text_of(value[key]) if isinstance(value, dict) and key in value else otherwise


def text_of(value: Any) -> str:
    """A JSON value as the text of a variable: texts as they are, all else as compact JSON."""
    return value if isinstance(value, str) else json.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Template:
    """A text in parts: plain text and references, in turns."""

    parts: tuple[str | Reference, ...]

    @property
    def references(self) -> list[Reference]:
        """Its references, in order."""
        return [part for part in self.parts if isinstance(part, Reference)]

    def fill(self, scope: Scope) -> str:
        """The text with what its references stand for. Raises OqlError (LimitExceeded), before it gets too long."""
        values: dict[Reference, str] = {}  # each is looked up once: that may mean reading JSON
        for reference in self.references:
            if reference not in values:
                values[reference] = scope.value(reference)
        return joined([part if isinstance(part, str) else values[part] for part in self.parts])


def joined(parts: list[str]) -> str:
    """The parts of a text whose references were filled in. Raises OqlError (LimitExceeded) where it is too long."""
    if sum(map(len, parts)) > MOST_FILLED:
        raise limit_reached("characters of a text with references", f"{MOST_FILLED:,}")
    return "".join(parts)


def filled(value: Any, fill: Callable[[str], str]) -> Any:
    """A value with every text in it as `fill` makes it; the keys of objects stay."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {str(key): filled(inner, fill) for key, inner in value.items()}
    return [filled(inner, fill) for inner in value] if isinstance(value, list) else value


def template(text: str, name: str = NAME) -> Template:
    """A text, read; short ones are kept for the next use. `name`: how names are written, NAME or HYPHENED."""
    return _kept(text, name) if len(text) <= _LONGEST_KEPT else _read(text, name)


def _read(text: str, name: str) -> Template:
    parts: list[str | Reference] = []
    end = 0
    for match in _REFERENCES[name].finditer(text):
        parts += [text[end : match.start()], _reference(match)]
        end = match.end()
    return Template(tuple(part for part in [*parts, text[end:]] if part != ""))


def _reference(match: re.Match[str]) -> Reference:
    """The reference that PATTERN has found."""
    return Reference(match[0], match["first"], match["second"] or "", match["fallback"] or "")


_kept = lru_cache(maxsize=1_024)(_read)
