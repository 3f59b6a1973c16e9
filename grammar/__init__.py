"""The language as text: its grammars, read as package data."""

from pathlib import Path


def read(name: str) -> str:
    """The text of a grammar by its name without ending, such as `oql`."""
    return Path(__file__).with_name(f"{name}.lark").read_text(encoding="utf-8")
