"""The language as text: its grammars, read as package data."""

from importlib import resources


def read(name: str) -> str:
    """The text of a grammar by its name without ending, such as `oql`."""
    return resources.files(__name__).joinpath(f"{name}.lark").read_text(encoding="utf-8")
