"""Long values, made shorter."""

MOST_CHARACTERS = 50_000
"""Of what was fetched or read."""


def cut(text: str) -> str:
    """A text of at most 50,000 characters, and a mark where there was more."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[truncated]"


def shortened(text: str, most: int = 200) -> str:
    """A text as one short line, for logs."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}..."
