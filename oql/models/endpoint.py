"""Where models are, as the operator has set it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")

ProtocolName = Literal["openai", "anthropic"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The service that is asked. `default`: the model where none is named; `names`: other names for models, by exact
    name or with `*` at the end; `seconds`: for one answer; `pause_s`: the first wait before it is asked again."""

    base_url: str
    protocol: ProtocolName = "openai"
    api_key: str = field(default="", repr=False)
    default: str = ""
    max_tokens: int = 8_192
    seconds: float = 120.0
    names: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.5

    def model(self, name: str) -> str:
        """What the service calls a model: by its exact name, else by the longest pattern that fits, else the same."""
        return named(self.names, name) or name


def named(known: Mapping[str, T], name: str) -> T | None:
    """What is known of a name: by the exact one, else by the longest pattern with `*` at its end that fits."""
    if name in known:
        return known[name]
    patterns = (each for each in known if each.endswith("*") and name.startswith(each[:-1]))
    longest = max(patterns, key=len, default=None)
    return None if longest is None else known[longest]


def names_in(text: str) -> dict[str, str]:
    """The names of a text such as `small=gpt-4.1-mini, claude-*=claude-sonnet-4-6`. Raises ValueError."""
    names: dict[str, str] = {}
    for entry in filter(None, (each.strip() for each in text.split(","))):
        name, equals, model = (each.strip() for each in entry.partition("="))
        if not (name and equals and model) or "*" in name[:-1]:
            raise ValueError(f"entries such as `small=model-name` or `claude-*=model-name`, not `{entry[:100]}`")
        names[name] = model
    return names
