"""What the fields of a chain's text are made of."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Written(float):
    """A number, and how the text of the chain writes it."""

    text: str

    def __new__(cls, text: str) -> "Written":
        """The number that a text writes."""
        made = super().__new__(cls, text)
        made.text = text
        return made


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
