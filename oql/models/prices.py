"""What models cost, as the operator writes it: for a million tokens in, and a million out."""

from collections.abc import Mapping
from dataclasses import dataclass

from oql.models.endpoint import named

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens that a model reads, and of a million that it writes. In no currency."""

    read: float
    written: float

    def of(self, read: int, written: int) -> float:
        """What so many tokens cost."""
        return (read * self.read + written * self.written) / MILLION


def prices_in(text: str) -> dict[str, Price]:
    """The prices of a text such as `gpt-4.1-mini=0.4/1.6, claude-haiku-*=1/5`. Raises ValueError."""
    found: dict[str, Price] = {}
    for entry in filter(None, (each.strip() for each in text.split(","))):
        name, _, price = (each.strip() for each in entry.partition("="))
        read, _, written = price.partition("/")
        try:
            made = Price(float(read), float(written))
        except ValueError:
            made = Price(-1, -1)
        if not name or "*" in name[:-1] or not (0 <= made.read < float("inf") and 0 <= made.written < float("inf")):
            raise ValueError(f"entries such as `model-name=1/5` or `claude-*=3/15`, not `{entry[:100]}`")
        found[name] = made
    return found


def price_of(prices: Mapping[str, Price], model: str) -> Price | None:
    """The price of a model: by its exact name, else by the longest pattern that fits."""
    return named(prices, model)
