"""What is wrong with the text of a chain: where, and what was expected."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from oql.errors import nearest
from oql.formats.yaml import Path, Place

IN_QUOTES = "a text that begins with a brace stands in quotes"
_EXPECTED = {
    "missing": "is required",
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "list_type": "expected a list",
    "dict_type": "expected an object of keys and values",
    "model_type": "expected an object of keys and values",
    "model_attributes_type": "expected an object of keys and values",
    "greater_than_equal": "expected at least {ge:g}",
    "less_than_equal": "expected at most {le:g}",
    "literal_error": "expected {expected}",
    "greater_than": "expected more than {gt:g}",
    "too_short": "expected at least {min_length}",
    "too_long": "expected at most {max_length}",
    "string_too_long": "expected at most {max_length} characters",
    "union_tag_not_found": "`type` is required",
    "union_tag_invalid": "`{tag}` is not a type; expected one of {expected_tags}",
}
_PATTERNS = {
    "^[A-Za-z0-9_-]+$": "expected letters, digits, `_` and `-`",
    "^[A-Za-z0-9_]+$": "expected letters, digits and `_`",
    "^(full|summarize|truncate:[0-9]{1,9})$": "expected `full`, `summarize` or `truncate:N`",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or looks so. `line` and `column` count from 1; 0 where the text has no such place."""

    path: str
    message: str
    level: Literal["error", "warning", "info"] = "error"
    line: int = 0
    column: int = 0
    step: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Problems(list[Problem]):
    """The problems of one text, whose `places` are known."""

    def __init__(self, places: Mapping[Path, Place]) -> None:
        super().__init__()
        self._places = places

    def place(self, path: Path) -> Place | None:
        """The line and column of what stands under a path; None where nothing does."""
        return self._places.get(path)

    def add(
        self, path: Path, message: str, level: Literal["error", "warning", "info"] = "error", step: str = ""
    ) -> None:
        """Adds a problem; its place is that of the path, or of what stands around it."""
        self.append(Problem(".".join(map(str, path)), message, level, *self._around(path), step=step))

    def state(
        self, path: Path, message: str, level: Literal["error", "warning", "info"] = "error", step: str = ""
    ) -> None:
        """Adds a problem that says by itself what it is about, so that it is told without its path."""
        self.append(Problem("", message, level, *self._around(path), step=step))

    def _around(self, path: Path) -> Place:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (0, 0))

    @property
    def errors(self) -> list[Problem]:
        """Those that keep the chain from running."""
        return [problem for problem in self if problem.level == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """Those that do not."""
        return [problem for problem in self if problem.level == "warning"]

    def add_fields(self, around: Path, error: ValidationError, tags: Iterable[str] = ()) -> None:
        """Adds what a model of `chains.spec` refuses. `tags` are words of its path that the text does not have."""
        hidden = set(tags)
        for entry in error.errors(include_url=False):
            inner = tuple(part for part in entry["loc"] if part not in hidden)
            self.add((*around, *inner), _wording(entry))


def _wording(entry: Any) -> str:
    kind, context = entry["type"], entry.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], str(entry["msg"]))
    if kind == "value_error":
        return str(context["error"])
    wording = _EXPECTED.get(kind)
    return wording.format(**context) + _hint(kind, entry["input"], context) if wording else str(entry["msg"])


def _hint(kind: str, given: Any, context: Mapping[str, Any]) -> str:
    if kind == "string_type" and isinstance(given, dict) and list(given.values()) == [None]:
        return f"; {IN_QUOTES}"
    if kind == "literal_error" and isinstance(given, str):
        guess = nearest(given, re.findall(r"'([^']*)'", context["expected"]))
        return f"; did you mean `{guess}`?" if guess else ""
    return ""


def told(kind: str, name: str, problems: Iterable[Problem]) -> str:
    """All problems as one text: `Invalid chain "x":` and a line for each; of pipelines lines that begin with it."""
    if kind == "pipeline":
        return "\n".join(f'Pipeline "{name}": {problem}' for problem in problems)
    return "\n".join([f'Invalid {kind} "{name}":', *(f"  {problem}" for problem in problems)])
