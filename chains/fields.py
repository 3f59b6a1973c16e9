"""What the fields of a chain's text are made of."""

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from oql.messages import shorten
from oql.values import number


class Written(float):
    """A number, and how the text of the chain writes it."""

    text: str

    def __new__(cls, text: str) -> "Written":
        """The number that a text writes."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    @property
    def exact(self) -> int | float:
        """The number as JSON has it: a whole one as an integer, with all its digits, so 1000 for `1e3`."""
        found = number(self.text)
        return float(self) if found is None else found


def exact_numbers(value: Any) -> Any:
    """A value of a text with its numbers as JSON has them. Raises ValueError for one that is too large."""
    return with_numbers(value, _bounded)


def with_numbers(value: Any, convert: Callable[[Written], Any]) -> Any:
    """A value of a text with something else for each of its numbers."""
    if isinstance(value, dict):
        return {key: with_numbers(inner, convert) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_numbers(inner, convert) for inner in value]
    return convert(value) if isinstance(value, Written) else value


def _bounded(written: Written) -> int | float:
    if not math.isfinite(written):
        raise ValueError(f"the number {shorten(written.text)} is too large; written in quotes it is a text")
    return written.exact


def _as_written(value: Any) -> Any:
    if isinstance(value, Written):
        return value.text
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_written)]
"""A text; an unquoted number, `true` or `false` is taken as it is written."""
Texts = list[Text]
Whole = Annotated[int, Field(ge=0)]
Id = Annotated[Text, Field(pattern="^[A-Za-z0-9_-]+$", max_length=200)]


def _not_reserved(name: str) -> str:
    if name == "input" or name.startswith("__"):
        raise ValueError("this name is reserved")
    return name


Variable = Annotated[Text, Field(pattern="^[A-Za-z0-9_]+$", max_length=200), AfterValidator(_not_reserved)]


class Fields(BaseModel):
    """Fields of a chain's text. A key that is null is as good as absent; one that is not declared is left to checks."""

    model_config = ConfigDict(extra="ignore", frozen=True)
