"""Plain Python: the bare limit of what is interpreted in it."""

from collections.abc import Callable
from typing import Any

from bench.rounds import Side, again

PYTHON = "plain Python"


def python(body: str, parts: int, **values: object) -> Side:
    """Runs the body of a plain Python function that takes the values."""
    names: dict[str, Any] = {}
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    exec(f"def work({', '.join(values)}):\n{indented}\n", names)
    work: Callable[..., object] = names["work"]
    return again(lambda: work(**values), parts)
